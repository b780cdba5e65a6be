import { argumentError } from '@subspace/core/internals';

/** Says what to do where a backend, or TensorFlow.js, lacks what the gradient of a layer needs. Other errors stay as they are. */
export function explained(error: unknown): unknown {
  const message = String((error as Error | undefined)?.message);
  const [, missing, backend] = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(message) ?? [];
  if (missing) {
    return argumentError(
      'layersNetwork',
      `the ${backend} backend has no kernel ${missing}, which the gradient of a layer needs; ${otherBackends}`,
    );
  }
  const [, kernel] = /gradient function not found for (\w+)/i.exec(message) ?? [];
  if (kernel) {
    return argumentError(
      'layersNetwork',
      `model needs the derivative of ${kernel}, which TensorFlow.js does not have; expected layers without it`,
    );
  }
  return error;
}

export const otherBackends =
  "use the cpu, native or webgpu backend: train with useBackend('cpu'), then useBackend('wasm') to sample without gradients and to predict, some 25 times faster";

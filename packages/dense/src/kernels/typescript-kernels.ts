import type { Kernels } from './kernels.ts';

/** The plain TypeScript twin of the compiled kernels. */
export function typescriptKernels(memory: Kernels['memory']): Kernels {
  throw new Error(`not there yet (${memory.buffer.byteLength})`);
}

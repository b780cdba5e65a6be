import type { Vector } from '@subspace/core';

/** Running moments of the gradient; plain data, so that it can be saved. */
export interface AdamState {
  readonly first: Vector;
  readonly second: Vector;
  steps: number;
}

const FIRST_DECAY = 0.9;
/** Shorter than usual: gradients of the first steps may be a thousand times those of the last. */
const SECOND_DECAY = 0.99;

export function adamState(size: number): AdamState {
  return { first: new Float64Array(size), second: new Float64Array(size), steps: 0 };
}

/** One step of Adam uphill, in place (Kingma & Ba, 2015, Algorithm 1). */
export function adamStep(parameters: Vector, gradient: Vector, rate: number, state: AdamState): void {
  const { first, second } = state;
  state.steps++;
  const firstBias = -Math.expm1(state.steps * Math.log(FIRST_DECAY));
  const secondBias = -Math.expm1(state.steps * Math.log(SECOND_DECAY));
  for (let i = 0; i < parameters.length; i++) {
    first[i] = FIRST_DECAY * first[i] + (1 - FIRST_DECAY) * gradient[i];
    second[i] = SECOND_DECAY * second[i] + (1 - SECOND_DECAY) * gradient[i] * gradient[i];
    parameters[i] += (rate * (first[i] / firstBias)) / (Math.sqrt(second[i] / secondBias) + 1e-8);
  }
}

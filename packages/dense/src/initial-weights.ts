import { type RandomSource, randomSource } from '@subspace/core';

/** PyTorch's default, uniform on ±1/√in; or He's, N(0, 2/in) with zero biases. */
export type Initialization = 'pytorch' | 'he';

/**
 * Initial weights, flat in PyTorch's order; v, where there is one, is 0.
 *
 * The numbers of `'pytorch'` are those that `@subspace/models` gives the same network for the same seed.
 *
 * @see He et al. (2015), Equation (10)
 */
export function initialWeights(
  sizes: readonly number[],
  size: number,
  initialization: Initialization,
  seed: number | string,
): Float32Array {
  const random = randomSource(seed).fork('initial weights');
  const weights = new Float32Array(size);
  let at = 0;
  for (let l = 1; l < sizes.length; l++) {
    const draw = initialization === 'he' ? he(sizes[l - 1], random) : uniform(sizes[l - 1], random);
    for (let i = 0; i < sizes[l - 1] * sizes[l]; i++) weights[at++] = draw();
    for (let i = 0; i < sizes[l]; i++) weights[at++] = initialization === 'he' ? 0 : draw();
  }
  return weights;
}

function uniform(inputs: number, random: RandomSource): () => number {
  const bound = 1 / Math.sqrt(inputs);
  return () => bound * (2 * random.uniform() - 1);
}

function he(inputs: number, random: RandomSource): () => number {
  const std = Math.sqrt(2 / inputs);
  return () => std * random.normal();
}

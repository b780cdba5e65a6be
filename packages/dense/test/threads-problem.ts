import {
  arraysDataset,
  type Dataset,
  gaussianLikelihood,
  type Likelihood,
  type Network,
  randomSource,
  type SubspaceLikelihood,
  subspace,
  type Vector,
} from '@subspace/core';

const random = randomSource('threads that wait');
const rows = 3000;
const inputs = Float32Array.from({ length: rows * 3 }, () => random.normal());
const basis = Array.from({ length: 4 }, () => Float32Array.from({ length: 3425 }, () => 0.1 * random.normal()));

/** Work enough for several threads: 10⁷ multiply-adds for each of five points. */
export const sizes: readonly number[] = [3, 64, 48, 1];
export const data: Dataset = arraysDataset({
  inputs: { data: inputs, shape: [rows, 3] },
  targets: { data: inputs.slice(0, rows), shape: [rows] },
});
export const likelihood: Likelihood = gaussianLikelihood({ variance: 0.1 });
export const points: readonly Vector[] = Array.from({ length: 5 }, () =>
  Float64Array.from({ length: 4 }, () => random.normal()),
);

export function likelihoodOf(network: Network): SubspaceLikelihood {
  const shift = network.readWeights() as Float32Array;
  return network.subspaceLikelihood(subspace({ layout: network.layout, shift, basis }), data, likelihood);
}

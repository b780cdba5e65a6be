import {
  arraysDataset,
  gaussianLikelihood,
  type Network,
  type Posterior,
  type SubspaceLikelihood,
  subspacePosterior,
  type WeightMap,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';

/** y = w·x + noise of this variance. */
export const x = [-1.2, -0.5, 0.1, 0.4, 0.9, 1.5];
export const y = [-1.0, -0.2, 0.3, 0.1, 1.3, 1.2];
export const variance = 0.4;
export const temperature = 2;

/**
 * The posterior of one weight w = exp(z), which is positive, and no bias, under z ~ N(0, 1): meant on z, or with `volume` per unit of w, where ∂w/∂z = exp(z).
 *
 * @param network of one input and one output
 */
export function positiveWeightPosterior(
  network: Network = denseNetwork({ sizes: [1, 1] }),
  volume = true,
): Posterior<SubspaceLikelihood> {
  const map: WeightMap = {
    layout: network.layout,
    dim: 1,
    weights(z, out = new Float32Array(2)) {
      out[0] = Math.exp(z[0]);
      out[1] = 0;
      return out;
    },
    pullback: (z, gradient) => Float64Array.of(gradient[0] * Math.exp(z[0])),
    ...(volume && { logVolume: (z) => ({ value: z[0], gradient: Float64Array.of(1) }) }),
  };
  const data = arraysDataset({
    inputs: { data: Float32Array.from(x), shape: [6, 1] },
    targets: { data: Float32Array.from(y), shape: [6, 1] },
  });
  return subspacePosterior(network, map, data, {
    ...{ likelihood: gaussianLikelihood({ variance }), priorStd: 1, temperature },
  });
}

import { argumentError } from '../argument.ts';
import type { Arrays } from '../data/dataset.ts';
import type { Network } from '../engine/network.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';
import { type PredictionOptions, predictMembers, requirePrediction } from './predict-members.ts';
import type { WeightSampler } from './weight-sampler.ts';

/** Moments of the Bayesian model average, per point (and per output, row major): Float64Array [N] or [N·M] each. */
export interface RegressionPrediction {
  readonly mean: Float64Array;
  /** Epistemic + aleatoric. */
  readonly variance: Float64Array;
  /** Of the members' means: what the data leave open about the function. */
  readonly epistemicVariance: Float64Array;
  /** Mean of the members' noise variances. */
  readonly aleatoricVariance: Float64Array;
  readonly members?: { readonly means: readonly Float64Array[]; readonly variances: readonly Float64Array[] };
}

export interface PredictRegressionOptions extends PredictionOptions {
  likelihood: Likelihood;
}

/**
 * The Bayesian model average of a regression network, streamed over weight samples: p(y | x) ≈ 1/S · Σₛ p(y | x, wₛ).
 *
 * mean = 1/S·Σ μₛ; epistemic variance = 1/S·Σ (μₛ − mean)²; aleatoric variance = 1/S·Σ vₛ. The noise is never tempered.
 *
 * @param inputs [N, …]
 * @throws on a likelihood that is not Gaussian, weights of another network, batch norm without the choice of `refresh`, or an output that is not finite
 * @see Izmailov et al. (2019), Equation (4); Lakshminarayanan et al. (2017) for the moments of the mixture
 */
export async function predictRegression(
  network: Network,
  sampler: WeightSampler,
  inputs: Arrays,
  options: PredictRegressionOptions,
): Promise<RegressionPrediction> {
  requirePrediction('predictRegression', network, options, ['likelihood']);
  const { likelihood, keepMembers = false } = options;
  const read = reader(likelihood);
  const means: Float64Array[] = [];
  const variances: Float64Array[] = [];
  let mean = new Float64Array(0);
  let squares = new Float64Array(0);
  let noise = new Float64Array(0);
  let count = 0;

  for await (const outputs of predictMembers('predictRegression', network, sampler, inputs, options)) {
    const member = read(outputs);
    const length = member.mean.length;
    if (count === 0)
      [mean, squares, noise] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
    count++;
    // Welford: no cancellation, so that a variance can't come out negative.
    for (let i = 0; i < length; i++) {
      if (!Number.isFinite(member.mean[i]) || !(member.variance[i] >= 0)) {
        const came = `mean ${member.mean[i]} and variance ${member.variance[i]}`;
        throw argumentError(
          'predictRegression',
          `sample ${count - 1} predicts ${came} at point ${i}, expected finite numbers`,
        );
      }
      const delta = member.mean[i] - mean[i];
      mean[i] += delta / count;
      squares[i] += delta * (member.mean[i] - mean[i]);
      noise[i] += (member.variance[i] - noise[i]) / count;
    }
    if (keepMembers) {
      means.push(member.mean);
      variances.push(member.variance);
    }
  }
  if (count === 0) throw argumentError('predictRegression', 'the sampler has no weights, expected at least one');
  const epistemicVariance = squares.map((sum) => sum / count);
  return {
    mean,
    variance: epistemicVariance.map((variance, i) => variance + noise[i]),
    epistemicVariance,
    aleatoricVariance: noise,
    ...(keepMembers && { members: { means, variances } }),
  };
}

/** How outputs are read as means and noise variances. */
function reader(likelihood: Likelihood): (outputs: Arrays) => { mean: Float64Array; variance: Float64Array } {
  switch (likelihood?.kind) {
    case 'gaussian': {
      const { variance } = likelihood;
      return ({ data }) => ({ mean: Float64Array.from(data), variance: new Float64Array(data.length).fill(variance) });
    }
    case 'heteroscedastic-gaussian':
      return ({ data, shape }) => {
        const rows = shape[0];
        const width = data.length / rows / 2;
        if (!Number.isInteger(width)) {
          throw argumentError(
            'predictRegression',
            `network has ${2 * width} outputs, expected means and as many variances`,
          );
        }
        const mean = new Float64Array(rows * width);
        const variance = new Float64Array(rows * width);
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < width; j++) {
            mean[i * width + j] = data[2 * i * width + j];
            variance[i * width + j] = data[(2 * i + 1) * width + j];
          }
        }
        return { mean, variance };
      };
    default:
      throw argumentError(
        'predictRegression',
        `likelihood is ${likelihood?.kind}, expected gaussian or heteroscedastic-gaussian`,
      );
  }
}

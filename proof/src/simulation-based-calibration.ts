import { gaussianDraw, type Posterior, randomSource, type Vector } from '@subspace/core';
import type { BayesianModel } from './logistic-regression.ts';

/** Draws kept per replicate, L. */
export const RANKED_DRAWS = 35;
/** Of the ranks 0 … L: they divide L + 1. */
export const BINS = 9;

/** Draws of the posterior of one simulated data set; nothing where the method says itself that it has failed. */
export type PosteriorDraws = (target: Posterior, seed: string) => Promise<readonly Vector[] | undefined>;

/** Ranks of the truth among the draws: `ranks[statistic][replicate]`. */
export interface CalibrationRanks {
  readonly statistics: readonly string[];
  readonly ranks: readonly (readonly number[])[];
  /** Correlation between neighbouring draws, averaged over replicates and coordinates: near 0 where they are nearly independent. */
  readonly neighbourCorrelation: number;
}

/**
 * Simulation-based calibration: z* ~ prior, y ~ p(y | z*), z₁ … z_L ~ p(z | y). The rank of f(z*) among f(z₁) … f(z_L) is then uniform on 0 … L, for every f; ranked are the
 * coordinates and the log likelihood of the simulated data, which finds a sampler that does not look at them.
 *
 * @see Talts, Betancourt, Simpson, Vehtari & Gelman (2018); Modrák, Moon, Kim, Bürkner, Huurre, Faltejsková, Gelman & Vehtari (2023)
 */
export async function calibrationRanks(
  model: BayesianModel,
  draw: PosteriorDraws,
  options: { readonly replicates: number; readonly seed: number },
): Promise<CalibrationRanks> {
  const dim = model.prior.mean.length;
  const ranks: number[][] = Array.from({ length: dim + 1 }, () => []);
  let correlation = 0;
  // Which data a method withdraws from is for the data to say: given them, the ranks of the others are uniform all the same.
  for (let replicate = 0; ranks[0].length < options.replicates; replicate++) {
    if (replicate === 5 * options.replicates) throw new Error('the method has withdrawn from four data sets in five');
    const label = `${options.seed} replicate ${replicate}`;
    const random = randomSource(label);
    const truth = gaussianDraw(model.prior, random);
    const target = model.posterior(model.simulate(truth, random));
    const draws = await draw(target, label);
    if (!draws) continue;
    const logLikelihoods = (await target.logLikelihood.values([truth, ...draws])) as Float64Array;
    ranks[dim].push(logLikelihoods.slice(1).filter((value) => value < logLikelihoods[0]).length);
    for (let k = 0; k < dim; k++) {
      ranks[k].push(draws.filter((z) => z[k] < truth[k]).length);
      correlation += neighbourCorrelation(draws.map((z) => z[k])) / dim;
    }
  }
  const statistics = [...Array.from({ length: dim }, (_, k) => `z${k}`), 'log likelihood'];
  return { statistics, ranks, neighbourCorrelation: correlation / options.replicates };
}

/** The probability of ranks as uneven as these, or more so, where they are uniform: Pearson's χ² over `BINS` equal bins. */
export function uniformityPValue(ranks: readonly number[]): number {
  const counts = new Array<number>(BINS).fill(0);
  for (const rank of ranks) counts[Math.floor((rank * BINS) / (RANKED_DRAWS + 1))]++;
  const expected = ranks.length / BINS;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return chiSquareSurvival(statistic, BINS - 1);
}

/** P(χ² > x) for an even number of degrees of freedom: e^(−x/2)·Σ (x/2)^k/k!. */
export function chiSquareSurvival(x: number, degrees: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < degrees / 2; k++) {
    term *= x / 2 / k;
    sum += term;
  }
  return Math.exp(-x / 2) * sum;
}

/** Lag-one correlation of a short series, its bias of −1/n taken off. */
function neighbourCorrelation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let [products, squares] = [0, 0];
  values.forEach((value, i) => {
    squares += (value - mean) ** 2;
    if (i > 0) products += (value - mean) * (values[i - 1] - mean);
  });
  return products / squares + 1 / values.length;
}

import { logSumExp, normalCdf } from '@subspace/core/internals';
import type { PredictedTargets } from './model.ts';

/** Log likelihoods and errors of predictions, each the mean over the targets. In the units of what it is given. */
export interface RegressionScores {
  /** −log N(y | mean, variance): of a Gaussian with the prediction's moments, as in the paper. */
  readonly nll: number;
  /** −log of the average of the members' densities; NaN without members. */
  readonly mixtureNll: number;
  readonly rmse: number;
  readonly mae: number;
  /** Shares of targets within the central intervals of the Gaussian. */
  readonly coverage50: number;
  readonly coverage90: number;
  readonly coverage95: number;
  /** Continuous ranked probability score of the Gaussian. */
  readonly crps: number;
}

const LOG_2PI = Math.log(2 * Math.PI);
/** Quantiles of the standard normal at ½ + coverage/2. */
const QUANTILES = { coverage50: 0.6744897501960817, coverage90: 1.6448536269514722, coverage95: 1.959963984540054 };

export function regressionScores(prediction: PredictedTargets, targets: ArrayLike<number>): RegressionScores {
  const { mean, variance, members } = prediction;
  const average = (score: (i: number) => number) => {
    let sum = 0;
    for (let i = 0; i < targets.length; i++) sum += score(i);
    return sum / targets.length;
  };
  const error = (i: number) => targets[i] - mean[i];
  const within = (quantile: number) =>
    average((i) => (Math.abs(error(i)) <= quantile * Math.sqrt(variance[i]) ? 1 : 0));
  return {
    nll: average((i) => gaussianNll(error(i), variance[i])),
    mixtureNll: members ? average((i) => mixtureNll(members, targets[i], i)) : Number.NaN,
    rmse: Math.sqrt(average((i) => error(i) * error(i))),
    mae: average((i) => Math.abs(error(i))),
    coverage50: within(QUANTILES.coverage50),
    coverage90: within(QUANTILES.coverage90),
    coverage95: within(QUANTILES.coverage95),
    crps: average((i) => gaussianCrps(error(i), Math.sqrt(variance[i]))),
  };
}

export function gaussianNll(error: number, variance: number): number {
  return 0.5 * (LOG_2PI + Math.log(variance) + (error * error) / variance);
}

function mixtureNll({ means, variances }: NonNullable<PredictedTargets['members']>, target: number, i: number): number {
  const logs = Float64Array.from(means, (mean, s) => -gaussianNll(target - mean[i], variances[s][i]));
  return Math.log(logs.length) - logSumExp(logs);
}

/** σ·(z·(2Φ(z) − 1) + 2φ(z) − 1/√π), Gneiting and Raftery (2007), Equation (21). */
function gaussianCrps(error: number, std: number): number {
  const z = error / std;
  const density = Math.exp(-0.5 * (z * z + LOG_2PI));
  return std * (z * (2 * normalCdf(z) - 1) + 2 * density - 1 / Math.sqrt(Math.PI));
}

/** Scores of class probabilities, each the mean over the rows. */
export interface ClassificationScores {
  /** −log p(label). */
  readonly nll: number;
  readonly accuracy: number;
  /** Σ over classes of (p − [label])². */
  readonly brier: number;
  /** Expected calibration error, by 15 bins of equal width. */
  readonly ece: number;
}

const BINS = 15;

export function classificationScores(
  probabilities: ArrayLike<number>,
  classes: number,
  labels: ArrayLike<number>,
): ClassificationScores {
  const bins = Array.from({ length: BINS }, () => ({ confidence: 0, correct: 0 }));
  let [nll, correct, brier] = [0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    const at = (k: number) => probabilities[row * classes + k];
    const best = mostLikely(at, classes);
    const isRight = best === labels[row];
    nll -= Math.log(at(labels[row]));
    correct += isRight ? 1 : 0;
    for (let k = 0; k < classes; k++) {
      const off = at(k) - (k === labels[row] ? 1 : 0);
      brier += off * off;
    }
    // (lo, hi], as everybody has it.
    const bin = bins[Math.min(BINS - 1, Math.max(0, Math.ceil(at(best) * BINS) - 1))];
    bin.confidence += at(best);
    bin.correct += isRight ? 1 : 0;
  }
  const off = bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.correct), 0);
  const rows = labels.length;
  return { nll: nll / rows, accuracy: correct / rows, brier: brier / rows, ece: off / rows };
}

/** The first of the classes with the largest probability. */
function mostLikely(at: (k: number) => number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (at(k) > at(best)) best = k;
  return best;
}

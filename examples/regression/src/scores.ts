import type { RegressionPrediction } from '@subspace/core';
import { gaussianNll, intervalCoverage } from '@subspace/metrics';

/** A prediction and what was measured there. */
export interface Scored {
  readonly prediction: RegressionPrediction;
  readonly targets: ArrayLike<number>;
}

export interface ScoreInputs {
  readonly grid: Float64Array;
  readonly onGrid: RegressionPrediction;
  readonly trainX: ArrayLike<number>;
  readonly train: Scored;
  readonly test?: { readonly atData: Scored; readonly away: Scored };
}

/** Negative log likelihoods in nats per point; coverage of the 95 % interval; widths are means of √epistemic variance, without noise. */
export interface Scores {
  readonly trainNll: number;
  readonly nllAtData?: number;
  readonly nllAway?: number;
  readonly coverageAtData?: number;
  readonly coverageAway?: number;
  readonly widthAtData: number;
  /** Width between the clusters ÷ width at the data; undefined where the method has no width, or the data no gaps. */
  readonly ratioBetween?: number;
  /** Width outside of the data's range ÷ width at the data. */
  readonly ratioOutside?: number;
}

/** A grid point is at the data if a training input is within this share of their range. */
const NEAR = 0.02;

export function score(inputs: ScoreInputs): Scores {
  const { grid, onGrid, trainX, train, test } = inputs;
  const sorted = Float64Array.from(trainX).sort();
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  const reach = NEAR * (high - low);
  const isNear = (x: number) => sorted.some((at) => Math.abs(at - x) <= reach);

  const widths = { near: [] as number[], between: [] as number[], outside: [] as number[] };
  grid.forEach((x, i) => {
    const place = isNear(x) ? 'near' : x > low && x < high ? 'between' : 'outside';
    widths[place].push(Math.sqrt(onGrid.epistemicVariance[i]));
  });
  const widthAtData = mean(widths.near);
  const ratio = (values: number[]) => (widthAtData > 0 && values.length > 0 ? mean(values) / widthAtData : undefined);
  const nll = ({ prediction, targets }: Scored) => gaussianNll(prediction, targets);
  const coverage = ({ prediction, targets }: Scored) => intervalCoverage(prediction, targets);
  return {
    trainNll: nll(train),
    nllAtData: test && nll(test.atData),
    nllAway: test && nll(test.away),
    coverageAtData: test && coverage(test.atData),
    coverageAway: test && coverage(test.away),
    widthAtData,
    ratioBetween: ratio(widths.between),
    ratioOutside: ratio(widths.outside),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import type { RegressionPrediction } from '@subspace/core';
import { gaussianNll, intervalCoverage } from '@subspace/metrics';
import { type Place, placesOf } from './places.ts';

/** A prediction and what was measured there. */
export interface Scored {
  readonly prediction: RegressionPrediction;
  readonly targets: ArrayLike<number>;
}

/** With its places. */
export interface Placed extends Scored {
  readonly x: ArrayLike<number>;
}

export interface ScoreInputs {
  readonly grid: Float64Array;
  readonly onGrid: RegressionPrediction;
  readonly trainX: ArrayLike<number>;
  readonly train: Scored;
  readonly test?: { readonly atData: Placed; readonly away: Placed };
}

/** Negative log likelihoods in nats per point; coverage of the 95 % interval; widths are means of √epistemic variance, without noise. */
export interface Scores {
  readonly trainNll: number;
  readonly nllAtData?: number;
  readonly nllBetween?: number;
  readonly nllOutside?: number;
  readonly coverageAtData?: number;
  readonly coverageBetween?: number;
  readonly coverageOutside?: number;
  readonly widthAtData: number;
  /** Of all that is not at the data. */
  readonly widthAway: number;
  /** Width between the clusters ÷ width at the data; undefined where the method has no width, or the data no gaps. */
  readonly ratioBetween?: number;
  /** Width outside of the data's range ÷ width at the data. */
  readonly ratioOutside?: number;
}

export function score(inputs: ScoreInputs): Scores {
  const { grid, onGrid, trainX, train, test } = inputs;
  const sorted = Float64Array.from(trainX).sort();
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  const place = placesOf(trainX);
  const widths: Record<Place, number[]> = { 'at data': [], between: [], outside: [] };
  grid.forEach((x, i) => {
    widths[place(x)].push(Math.sqrt(onGrid.epistemicVariance[i]));
  });
  const widthAtData = mean(widths['at data']);
  const ratio = (values: number[]) => (widthAtData > 0 && values.length > 0 ? mean(values) / widthAtData : undefined);
  const between = (placed: Placed) => where(placed, (x) => x > low && x < high);
  const outside = (placed: Placed) => where(placed, (x) => !(x > low && x < high));
  const nll = ({ prediction, targets }: Scored) => gaussianNll(prediction, targets);
  const coverage = ({ prediction, targets }: Scored) => intervalCoverage(prediction, targets);
  return {
    trainNll: nll(train),
    nllAtData: test && nll(test.atData),
    nllBetween: test && nll(between(test.away)),
    nllOutside: test && nll(outside(test.away)),
    coverageAtData: test && coverage(test.atData),
    coverageBetween: test && coverage(between(test.away)),
    coverageOutside: test && coverage(outside(test.away)),
    widthAtData,
    widthAway: mean([...widths.between, ...widths.outside]),
    ratioBetween: ratio(widths.between),
    ratioOutside: ratio(widths.outside),
  };
}

/** The points that lie where they are wanted. */
function where({ x, prediction, targets }: Placed, wanted: (x: number) => boolean): Scored {
  const rows = Array.from(x, (_, i) => i).filter((i) => wanted(x[i]));
  const of = (values: ArrayLike<number>) => Float64Array.from(rows, (i) => values[i]);
  const { mean, variance, epistemicVariance, aleatoricVariance } = prediction;
  return {
    prediction: {
      mean: of(mean),
      variance: of(variance),
      epistemicVariance: of(epistemicVariance),
      aleatoricVariance: of(aleatoricVariance),
    },
    targets: of(targets),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import type { Arrays, RegressionPrediction } from '@subspace/core';
import type { Problem } from './problem.ts';
import { type Scores, score } from './scores.ts';
import { inUnits } from './units.ts';

/** A row of the table: plain data. */
export interface MethodResult {
  readonly name: string;
  /** On the study's grid, in y's units; a few members to draw. */
  readonly prediction: RegressionPrediction;
  readonly scores: Scores;
  /** What the method takes beyond training: inference and predicting. */
  readonly seconds: number;
  /** Of the log density, with or without gradient. */
  readonly evaluations?: number;
  /** Of chains: the worst coordinate's. */
  readonly sampling?: { readonly rHat: number; readonly essBulk: number };
  /** Of an approximation: Pareto k̂ of its importance ratios. */
  readonly paretoK?: number;
}

/** One pass over all points of interest, for the network: the grid, the training points, and the test points. */
export function everywhere(problem: Problem, grid: Float64Array): Arrays {
  return problem.inputs(places(problem, grid).flatMap((x) => Array.from(x)));
}

/** A row of the table from a prediction `everywhere`, which is in the network's units. */
export function methodResult(
  { problem, grid }: { readonly problem: Problem; readonly grid: Float64Array },
  standardised: RegressionPrediction,
  facts: Omit<MethodResult, 'prediction' | 'scores'>,
): MethodResult {
  const whole = inUnits(problem.outputUnits, standardised);
  const lengths = places(problem, grid).map(({ length }) => length);
  const part = (i: number) => {
    const start = lengths.slice(0, i).reduce((sum, length) => sum + length, 0);
    return slice(whole, start, start + lengths[i]);
  };
  const { train, test } = problem;
  const prediction = part(0);
  return {
    ...facts,
    prediction,
    scores: score({
      grid,
      onGrid: prediction,
      trainX: train.x,
      train: { prediction: part(1), targets: train.y },
      ...(test && {
        test: {
          atData: { x: test.atData.x, prediction: part(2), targets: test.atData.y },
          away: { x: test.away.x, prediction: part(3), targets: test.away.y },
        },
      }),
    }),
  };
}

function places({ train, test }: Problem, grid: Float64Array): readonly ArrayLike<number>[] {
  return [grid, train.x, ...(test ? [test.atData.x, test.away.x] : [])];
}

function slice(prediction: RegressionPrediction, start: number, end: number): RegressionPrediction {
  const { mean, variance, epistemicVariance, aleatoricVariance, members } = prediction;
  const cut = (values: Float64Array) => values.slice(start, end);
  return {
    mean: cut(mean),
    variance: cut(variance),
    epistemicVariance: cut(epistemicVariance),
    aleatoricVariance: cut(aleatoricVariance),
    ...(members && { members: { means: members.means.map(cut), variances: members.variances.map(cut) } }),
  };
}

import type { Arrays, Dataset } from '../data/dataset.ts';
import { type Likelihood, readsLogits } from '../likelihood/likelihood.ts';

/** One thing about the data of a `fit` that makes training hard: nothing wrong, but something to know where the loss does not go down. */
export interface FitFinding {
  readonly code: 'inputs-scale' | 'targets-scale';
  /** What was found, with the numbers. */
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
}

/** Networks start from weights for values of about one: beyond this mean or standard deviation, training takes luck. */
const LARGE = 50;

/** Columns of inputs, and targets that are numbers, whose mean or standard deviation is beyond 50; of data in memory. */
export function fitFindings(data: Dataset, likelihood: Likelihood): readonly FitFinding[] {
  if (!data.arrays) return [];
  const { inputs, targets } = data.arrays;
  return [...scaleFinding('inputs', inputs), ...(readsLogits(likelihood) ? [] : scaleFinding('targets', targets))];
}

function scaleFinding(name: 'inputs' | 'targets', { data, shape }: Arrays): readonly FitFinding[] {
  const rows = shape[0];
  const columns = data.length / rows;
  const mean = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) mean[i % columns] += data[i] / rows;
  const squares = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) {
    const off = data[i] - mean[i % columns];
    squares[i % columns] += (off * off) / rows;
  }
  const large = Array.from(mean.keys()).filter((c) => Math.abs(mean[c]) > LARGE || squares[c] > LARGE * LARGE);
  if (large.length === 0) return [];
  const c = large.reduce((a, b) =>
    Math.max(Math.abs(mean[a]), Math.sqrt(squares[a])) >= Math.max(Math.abs(mean[b]), Math.sqrt(squares[b])) ? a : b,
  );
  const which = columns === 1 ? name : `${large.length} of ${columns} columns of ${name}, most of all column ${c},`;
  const verb = columns === 1 || large.length > 1 ? 'have' : 'has';
  return [
    {
      code: `${name}-scale`,
      problem: `${which} ${verb} mean ${mean[c].toPrecision(3)} and standard deviation ${Math.sqrt(squares[c]).toPrecision(3)}.`,
      advice:
        name === 'inputs'
          ? 'Standardise them (`standardize` of @subspace/datasets): the first weights are made for values of about one.'
          : 'Standardise them (`standardize` of @subspace/datasets), and invert predictions: the first outputs, and noise variances, are of about one.',
    },
  ];
}

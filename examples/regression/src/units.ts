import type { RegressionPrediction } from '@subspace/core';
import { extent } from './extent.ts';

/** Standardised values: (value − mean)/unit. */
export interface Units {
  readonly mean: number;
  readonly unit: number;
  to(value: number): number;
}

/** Values as they are. */
export const identity: Units = units(0, 1);

/** How wide values are to become. */
interface Width {
  readonly std: number;
  /** None is to be farther from 0 than this: then the standard deviation is smaller. */
  readonly most: number;
}

/** Units in which the values have mean 0 and the width; equal ones are all 0. */
export function unitsOf(values: ArrayLike<number>, width: Width): Units {
  const [low, high] = extent(values);
  if (low === high) return units(low, 1);
  const all = Float64Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  return units(mean, Math.max(Math.sqrt(variance) / width.std, Math.max(high - mean, mean - low) / width.most));
}

function units(mean: number, unit: number): Units {
  return { mean, unit, to: (value) => (value - mean) / unit };
}

/** A prediction of standardised values, in the units of before. */
export function inUnits({ mean, unit }: Units, prediction: RegressionPrediction): RegressionPrediction {
  const value = (values: Float64Array) => values.map((v) => mean + unit * v);
  const variance = (values: Float64Array) => values.map((v) => unit * unit * v);
  const { members } = prediction;
  return {
    mean: value(prediction.mean),
    variance: variance(prediction.variance),
    epistemicVariance: variance(prediction.epistemicVariance),
    aleatoricVariance: variance(prediction.aleatoricVariance),
    ...(members && { members: { means: members.means.map(value), variances: members.variances.map(variance) } }),
  };
}

import type { WeightScores } from './weight-scores.ts';

/** A score along a path. */
export interface Measured {
  /** At each point. */
  readonly values: Float64Array;
  readonly minimum: number;
  readonly maximum: number;
  /** Mean of the values. */
  readonly average: number;
  /** ∫ value ds / length, by trapezoids between the points: the mean along the path's length, as the reference calls its integral. */
  readonly integral: number;
}

/** Scores along a path through weight space. */
export interface Profile {
  /** Length from the first point to each, by chords. */
  readonly distances: Float64Array;
  readonly loss: Measured;
  readonly nll: Measured;
  readonly error: Measured;
  readonly accuracy: Measured;
}

export function profile(distances: Float64Array, scores: readonly WeightScores[]): Profile {
  const of = (name: keyof WeightScores) =>
    measured(
      distances,
      Float64Array.from(scores, (at) => at[name]),
    );
  return { distances, loss: of('loss'), nll: of('nll'), error: of('error'), accuracy: of('accuracy') };
}

function measured(distances: Float64Array, values: Float64Array): Measured {
  const last = values.length - 1;
  let area = 0;
  for (let i = 0; i < last; i++) area += 0.5 * (values[i] + values[i + 1]) * (distances[i + 1] - distances[i]);
  return {
    values,
    minimum: values.reduce((a, b) => Math.min(a, b)),
    maximum: values.reduce((a, b) => Math.max(a, b)),
    average: values.reduce((a, b) => a + b) / values.length,
    integral: area / distances[last],
  };
}

import {
  type DifferentiableLogDensity,
  type LogDensity,
  type MaybePromise,
  requireLength,
  type Vector,
  whenReady,
} from '@subspace/core';

/** A log likelihood that never computes a value twice, within one stage. */
export interface RememberedLikelihood<L extends LogDensity> {
  readonly likelihood: L;
  /** The value at a point, if it was asked for or told. */
  recall(point: Vector): number | undefined;
  evaluations(): number;
  /** How many of them were NaN. */
  nonFinite(): number;
}

/**
 * The likelihood as the moves of a stage see it: they start where a value is known, and end where one was computed, so that neither costs anything.
 * Gradients are not remembered, their values are.
 *
 * @param points where `values` are known already
 */
export function rememberedLikelihood<L extends LogDensity>(
  source: L,
  points: readonly Vector[],
  values: Float64Array,
): RememberedLikelihood<L> {
  const known = new Map<string, number>();
  const key = (point: Vector) => point.join();
  let evaluations = 0;
  let nonFinite = 0;
  points.forEach((point, i) => {
    known.set(key(point), values[i]);
  });
  const note = (point: Vector, value: number): void => {
    evaluations++;
    if (Number.isNaN(value)) nonFinite++;
    known.set(key(point), value);
  };

  const remembering: LogDensity & Partial<DifferentiableLogDensity> = {
    ...source,
    values(asked): MaybePromise<Float64Array> {
      const fresh = asked.filter((point) => !known.has(key(point)));
      const answers = fresh.length > 0 ? source.values(fresh) : new Float64Array(0);
      return whenReady(answers, (found) => {
        requireLength('sequentialMonteCarlo', 'values of the log likelihood', found, fresh.length);
        fresh.forEach((point, i) => {
          note(point, found[i]);
        });
        return Float64Array.from(asked, (point) => known.get(key(point))!);
      });
    },
  };
  const { valuesAndGradients } = source as Partial<DifferentiableLogDensity>;
  if (valuesAndGradients) {
    remembering.valuesAndGradients = (asked) =>
      whenReady((source as unknown as DifferentiableLogDensity).valuesAndGradients(asked), (found) => {
        requireLength('sequentialMonteCarlo', 'gradients of the log likelihood', found, asked.length);
        asked.forEach((point, i) => {
          note(point, found[i].value);
        });
        return found;
      });
  }
  return {
    likelihood: remembering as unknown as L,
    recall: (point) => known.get(key(point)),
    evaluations: () => evaluations,
    nonFinite: () => nonFinite,
  };
}

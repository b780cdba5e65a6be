import type { DifferentiableLogDensity, LogDensity, MaybePromise, Vector } from '@subspace/core';
import { askGradients, askValues, whenReady } from '@subspace/core/internals';
import { WHERE } from './smc-plan.ts';

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
  // By a number that two points hardly ever share; where they do, the later one is remembered.
  const known = new Map<number, { readonly point: Vector; readonly value: number }>();
  const recall = (point: Vector): number | undefined => {
    const entry = known.get(fingerprint(point));
    return entry?.point.every((x, k) => x === point[k]) ? entry.value : undefined;
  };
  let evaluations = 0;
  let nonFinite = 0;
  const note = (point: Vector, value: number): void => {
    evaluations++;
    if (Number.isNaN(value)) nonFinite++;
    known.set(fingerprint(point), { point: point.slice(), value });
  };
  points.forEach((point, i) => {
    known.set(fingerprint(point), { point, value: values[i] });
  });

  const remembering: LogDensity & Partial<DifferentiableLogDensity> = {
    ...source,
    values(asked): MaybePromise<Float64Array> {
      const answers = Float64Array.from(asked, (point) => recall(point) ?? Number.NaN);
      // A remembered NaN is asked for again: that is rarer than −∞, and costs an evaluation at worst.
      const fresh = [...answers.keys()].filter((i) => Number.isNaN(answers[i]));
      if (fresh.length === 0) return answers;
      return whenReady(
        askValues(
          WHERE,
          source,
          fresh.map((i) => asked[i]),
        ),
        (found) => {
          fresh.forEach((i, j) => {
            answers[i] = found[j];
            note(asked[i], found[j]);
          });
          return answers;
        },
      );
    },
  };
  const differentiable = source as LogDensity & Partial<DifferentiableLogDensity>;
  if (differentiable.valuesAndGradients) {
    remembering.valuesAndGradients = (asked) =>
      whenReady(askGradients(WHERE, differentiable as DifferentiableLogDensity, asked), (found) => {
        asked.forEach((point, i) => {
          note(point, found[i].value);
        });
        return found;
      });
  }
  return {
    likelihood: remembering as unknown as L,
    recall,
    evaluations: () => evaluations,
    nonFinite: () => nonFinite,
  };
}

/** A sum with irrational coefficients. */
function fingerprint(point: Vector): number {
  let sum = 0;
  for (let k = 0; k < point.length; k++) sum = sum * Math.SQRT2 + point[k];
  return sum;
}

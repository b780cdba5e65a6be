import { argumentError, requireCount, requireLength } from '../argument.ts';
import type { MaybePromise } from './maybe-promise.ts';

/** Coordinates in the subspace, length K, or any small vector. */
export type Vector = Float64Array;

/** A log density and its gradient at a point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Vector;
}

/** `values(points)[i]` depends on `points[i]` only, bit for bit, whatever else is in the batch. */
export interface LogDensity {
  readonly dim: number;
  /** The engine and the build of its kernels, if values depend on them. Named in checkpoints. */
  readonly engine?: string;
  /**
   * What the density is made of, as plain data: parts by name, large arrays by a checksum. A checkpoint is refused to another one, naming the part that
   * differs. Where it is absent or gives undefined, values at a few points tell densities apart.
   */
  identity?(): MaybePromise<object | undefined>;
  values(points: readonly Vector[]): MaybePromise<Float64Array>;
}

export interface DifferentiableLogDensity extends LogDensity {
  valuesAndGradients(points: readonly Vector[]): MaybePromise<readonly Evaluation[]>;
}

export interface CurvedLogDensity extends DifferentiableLogDensity {
  /** Generalised Gauss–Newton matrix of the negative log density, [K, K] row major, positive semi-definite. */
  gaussNewton(point: Vector): MaybePromise<Float64Array>;
}

/** A log likelihood that is a sum over the rows of a data set. */
export interface DataLogDensity extends LogDensity {
  /** N, the number of rows of the data. */
  readonly rows: number;
  /** N/|rows| · Σ over rows: unbiased for the value and its gradient. */
  minibatch(points: readonly Vector[], rows: Int32Array): MaybePromise<readonly Evaluation[]>;
  /** log p of each row [N], for PSIS-LOO and WAIC. */
  pointwise(point: Vector): MaybePromise<Float64Array>;
}

/** Whoever creates disposes. (Not the global `Disposable`, which needs lib esnext in the user's project.) */
export interface Disposable {
  dispose(): void;
}

/**
 * A log density from a plain function.
 *
 * @param dim the number of coordinates K
 * @param f from z [K] to log p(z), or to log p(z) and its gradient [K]; constants do not matter to samplers
 * @throws if `dim` is no positive integer, a point or gradient has not K entries, or `f` returns no number
 * @example
 * ```ts
 * import { logDensity } from '@subspace/core';
 *
 * const standardNormal = logDensity(2, (z) => ({ value: -0.5 * (z[0] ** 2 + z[1] ** 2), gradient: z.map((x) => -x) }));
 * standardNormal.valuesAndGradients([Float64Array.of(1, 2)]); // [{ value: -2.5, gradient: [-1, -2] }]
 * ```
 */
export function logDensity(dim: number, f: (z: Vector) => Evaluation): DifferentiableLogDensity;
export function logDensity(dim: number, f: (z: Vector) => number): LogDensity;
export function logDensity(dim: number, f: (z: Vector) => number | Evaluation): LogDensity | DifferentiableLogDensity {
  requireCount('logDensity', 'dim', dim);
  const evaluate = (point: Vector): number | Evaluation => {
    requireLength('logDensity', 'point', point, dim);
    return f(point);
  };
  return {
    dim,
    values: (points) => {
      const values = new Float64Array(points.length);
      for (let i = 0; i < points.length; i++) {
        const answer = evaluate(points[i]);
        const value = typeof answer === 'number' ? answer : answer?.value;
        if (typeof value !== 'number')
          throw argumentError('logDensity', `f returned ${String(answer)}, expected a number`);
        values[i] = value;
      }
      return values;
    },
    valuesAndGradients: (points: readonly Vector[]) =>
      points.map((point) => {
        const answer = evaluate(point);
        if (typeof answer === 'number' || answer?.gradient === undefined) {
          throw argumentError('logDensity', 'f returned no gradient, expected { value, gradient }');
        }
        requireLength('logDensity', 'gradient', answer.gradient, dim);
        return answer;
      }),
  };
}

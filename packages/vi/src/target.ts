import {
  type CancelSignal,
  type DifferentiableLogDensity,
  type Evaluation,
  type Gaussian,
  gaussianPrecision,
  type LogDensity,
  type MaybePromise,
  type Vector,
} from '@subspace/core';
import {
  abortError,
  argumentError,
  askGradients,
  askValues,
  type Breath,
  breath,
  isFloat64Array,
  isPromise,
  requireCount,
  requireFinite,
  requireGaussian,
  requireLength,
  requireOptions,
} from '@subspace/core/internals';

/** What an approximation uses of its target: any differentiable `Posterior` will do, and so will a log density without a prior. */
export interface ApproximationTarget extends DifferentiableLogDensity {
  /** Where approximations start, and on what scale; without one, at 0 with scale 1. */
  readonly prior?: Gaussian;
  readonly temperature?: number;
  /** N, the number of rows of the data. */
  readonly rows?: number;
  /** [K, K] row major; see `CurvedLogDensity`. */
  gaussNewton?(point: Vector): MaybePromise<Float64Array>;
  /** Unbiased values and gradients from some rows of the data. */
  minibatch?(points: readonly Vector[], rows: Int32Array): MaybePromise<readonly Evaluation[]>;
}

/** Throws unless the target has a dimension and gradients, and its prior fits. */
export function requireTarget(where: string, target: ApproximationTarget): void {
  requireOptions(where, 'posterior', target);
  requireCount(where, 'posterior.dim', target.dim);
  if (typeof target.valuesAndGradients !== 'function') {
    throw argumentError(where, 'posterior has no valuesAndGradients, expected a differentiable log density');
  }
  if (target.prior) requirePrior(where, target.prior, target.dim);
}

/** Throws unless the prior fits, and its precisions are numbers that float64 can hold. */
function requirePrior(where: string, prior: Gaussian, dim: number): void {
  requireGaussian(where, 'posterior.prior', prior, dim);
  const precision = gaussianPrecision(prior);
  for (let k = 0; k < dim; k++) {
    const value = precision[k * dim + k];
    if (value > 0 && value < Infinity) continue;
    throw argumentError(
      where,
      `posterior.prior has a precision of ${value} in coordinate ${k}, expected a finite number greater than 0: standard deviations from 1e-150 to 1e150`,
    );
  }
}

/** Throws unless `value` is a Float64Array of finite numbers, one for each coordinate. */
export function requirePosition(where: string, name: string, value: unknown, dim: number): asserts value is Vector {
  if (!isFloat64Array(value)) {
    const kind = Object(value) === value ? Object.prototype.toString.call(value).slice(8, -1) : String(value);
    throw argumentError(where, `${name} is ${kind}, expected a Float64Array of length ${dim}`);
  }
  requireLength(where, name, value as Vector, dim);
  requireFinite(where, name, value as Vector);
}

/** Mean and Cholesky factor of the prior; N(0, I) where there is none. */
export function priorOf({ prior, dim }: ApproximationTarget): Gaussian {
  if (prior) return prior;
  const cholesky = new Float64Array(dim * dim);
  for (let k = 0; k < dim; k++) cholesky[k * dim + k] = 1;
  return { mean: new Float64Array(dim), cholesky };
}

/** Evaluations of a target that let the event loop have its turns. */
export interface Evaluator {
  /**
   * NaN stays NaN.
   *
   * @param onBatch called with the number of points that are done
   */
  values(points: readonly Vector[], onBatch?: (done: number) => void): Promise<readonly number[]>;
  gradients(points: readonly Vector[], rows?: Int32Array): Promise<readonly Evaluation[]>;
  /** Points evaluated so far. */
  count(): number;
  /** A turn for the event loop where one is due, to be awaited between pieces of work that ask for no evaluations. */
  breathe(): Promise<void>;
}

/** At most so many points in one asynchronous evaluation: it can't be cancelled before it ends. */
const LARGEST_BATCH = 256;

/**
 * Evaluates points in slices that take about as long as the event loop may wait for.
 *
 * @throws when cancelled, an error with `code: 'ABORTED'`
 */
export function evaluator(where: string, target: LogDensity | ApproximationTarget, signal?: CancelSignal): Evaluator {
  const pause: Breath = breath();
  // As in core's pool of chains: a slice of a synchronous target should not hold the thread longer than a single slow evaluation does.
  let limit = 1;
  let count = 0;

  async function ask<A>(
    points: readonly Vector[],
    answer: (slice: readonly Vector[]) => MaybePromise<ArrayLike<A>>,
    onBatch?: (done: number) => void,
  ) {
    const answers: A[] = [];
    while (answers.length < points.length) {
      if (signal?.aborted) throw abortError(where, signal, {});
      const slice = points.slice(answers.length, answers.length + limit);
      const before = performance.now();
      const asked = answer(slice);
      if (isPromise(asked)) limit = LARGEST_BATCH;
      else {
        const milliseconds = (performance.now() - before) / slice.length;
        limit = Math.min(LARGEST_BATCH, Math.max(1, Math.floor(5 / milliseconds)));
      }
      const answered = isPromise(asked) ? await asked : asked;
      for (let i = 0; i < slice.length; i++) answers.push(answered[i]);
      count += slice.length;
      onBatch?.(answers.length);
      if (pause.due()) await pause.rest();
    }
    return answers;
  }

  return {
    values: (points, onBatch) => ask(points, (slice) => askValues(where, target, slice), onBatch),
    gradients(points, rows) {
      const source = target as ApproximationTarget;
      const asked = rows
        ? { valuesAndGradients: (slice: readonly Vector[]) => source.minibatch!(slice, rows) }
        : source;
      return ask(points, (slice) => askGradients(where, asked, slice));
    },
    count: () => count,
    async breathe() {
      if (pause.due()) await pause.rest();
      if (signal?.aborted) throw abortError(where, signal, {});
    },
  };
}

import type { Gaussian, Vector } from '@subspace/core';
import { argumentError, cholesky, requireCount, requirePositive } from '@subspace/core/internals';
import { positiveCurvature } from './curvature.ts';
import { dot, minus, type Point, quasiNewtonDirection, type StepPair, weakWolfeStep } from './quasi-newton.ts';
import { type ApproximationTarget, type Evaluator, priorOf, requirePosition } from './target.ts';

export interface AscentOptions {
  /** Where the ascent starts, a Float64Array [K]; the prior's mean by default. */
  readonly initial?: Vector;
  /** Default 200. */
  readonly maxIterations?: number;
  /** Stop where another step promises less than this, in nats. Default 1e-4: the noise of a network in float32. */
  readonly tolerance?: number;
  /** Called after each iteration. */
  readonly onProgress?: (progress: AscentProgress) => void;
}

/** An ascent under way. How much time is left can't be known: it ends where it converges, mostly long before the last iteration allowed. */
export interface AscentProgress {
  /** Iterations done. */
  readonly iteration: number;
  /** `maxIterations`. */
  readonly of: number;
  /** Of the highest point so far, in nats. */
  readonly logDensity: number;
}

/** The highest point that an ascent has reached. */
export interface MapEstimate {
  /** z [K]. */
  readonly position: Vector;
  /** log p(z), tempered and with the prior, in nats. */
  readonly logDensity: number;
  /** ∇ log p(z) [K]. */
  readonly gradient: Vector;
  /**
   * Whether another step promises less than the tolerance; false where no step up was found, or the iterations ran out, as they do where the density has
   * no maximum. The top may be a kink of a ReLU network: the gradient is then not zero.
   */
  readonly converged: boolean;
  readonly iterations: number;
  /** Gradients evaluated. */
  readonly evaluations: number;
}

/** Pairs of steps and gradient differences that are kept; as many as subspaces have coordinates. */
const MEMORY = 20;
/** The ascent has stalled after so many steps in a row that gained less than the tolerance. */
const STALLED = 5;

/**
 * Climbs to a local maximum by L-BFGS, from one start.
 *
 * @param visit called with each place on the way, the start first, and with the Gaussian whose covariance is the curvature at the start
 */
export async function ascend(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  { initial, maxIterations = 200, tolerance = 1e-4, onProgress }: AscentOptions,
  visit: (place: Point, metric: Gaussian) => void = () => {},
): Promise<MapEstimate> {
  const { dim } = target;
  requireCount(where, 'maxIterations', maxIterations);
  requirePositive(where, 'tolerance', tolerance);
  if (initial !== undefined) requirePosition(where, 'initial', initial, dim);
  const start = Float64Array.from(initial ?? priorOf(target).mean);
  const pointAt = async (z: Vector): Promise<Point> => {
    const [{ value, gradient }] = await evaluate.gradients([z]);
    const finite = Number.isFinite(value) && gradient.every(Number.isFinite);
    return { z, f: finite ? -value : Infinity, gradient: gradient.map((g) => -g) };
  };
  const before = evaluate.count();
  let current = await pointAt(start);
  if (current.f === Infinity) {
    throw argumentError(where, `the log density or its gradient is not finite at the start [${start.join(', ')}]`);
  }
  // A Gaussian whose covariance is the curvature: its precision is the inverse that shapes directions.
  const curvature = await positiveCurvature(where, target, evaluate, start);
  const metric: Gaussian = { mean: new Float64Array(dim), cholesky: cholesky(curvature, dim)! };
  visit(current, metric);
  const memory: StepPair[] = [];
  let iterations = 0;
  let converged = false;
  let stalls = 0;
  while (iterations < maxIterations && stalls < STALLED) {
    const direction = quasiNewtonDirection(current.gradient, memory, metric);
    const slope = dot(direction, current.gradient);
    // A quadratic would gain half of the slope.
    converged = slope <= 0 && -slope / 2 < tolerance;
    if (converged) break;
    const next = slope < 0 ? await weakWolfeStep(pointAt, current, direction, slope, tolerance) : undefined;
    if (!next) {
      // Rounding, or a kink: forget what led here and try the plain metric once.
      if (memory.length === 0) break;
      memory.length = 0;
      continue;
    }
    const s = minus(next.z, current.z);
    const y = minus(next.gradient, current.gradient);
    if (dot(s, y) > 0) memory.push({ s, y });
    if (memory.length > MEMORY) memory.shift();
    stalls = current.f - next.f < tolerance ? stalls + 1 : 0;
    current = next;
    visit(current, metric);
    iterations++;
    onProgress?.({ iteration: iterations, of: maxIterations, logDensity: -current.f });
  }
  return {
    position: current.z,
    logDensity: -current.f,
    gradient: current.gradient.map((g) => -g),
    converged,
    iterations,
    evaluations: evaluate.count() - before,
  };
}

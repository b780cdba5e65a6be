import { gaussianPrecision, type Vector } from '@subspace/core';
import { argumentError, cholesky } from '@subspace/core/internals';
import { type ApproximationTarget, type Evaluator, priorOf } from './target.ts';

/** Which matrix stands for the curvature of −log p. */
export type Curvature = 'gauss-newton' | 'hessian';

/**
 * Hessian of −log p at a point by central differences of its gradient, symmetrised, [K, K] row major.
 *
 * @param step in units of each coordinate's width there. The gradient of a ReLU network jumps at every kink: a step must be wide enough to average
 * over them, and a short one measures the piece between two of them
 */
export async function hessianByDifferences(
  target: ApproximationTarget,
  evaluate: Evaluator,
  point: Vector,
  step: number,
): Promise<Float64Array> {
  const widths = await coordinateWidths(target, evaluate, point);
  return differences(
    evaluate,
    point,
    widths.map((width) => step * width),
  );
}

/**
 * A positive definite stand-in for the curvature, whatever the target can do: Gauss–Newton where it has it, else the Hessian by differences, made
 * positive definite by as much of its own diagonal as that takes.
 */
export async function positiveCurvature(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  point: Vector,
): Promise<Float64Array> {
  const { dim } = target;
  const matrix = (await target.gaussNewton?.(point)) ?? (await hessianByDifferences(target, evaluate, point, 0.1));
  const floor = gaussianPrecision(priorOf(target));
  const size = (k: number) => Math.max(Math.abs(matrix[k * dim + k]), floor[k * dim + k]);
  for (let damping = 0; damping < 1e6; damping = damping === 0 ? 1e-3 : 4 * damping) {
    const damped = matrix.slice();
    for (let k = 0; k < dim; k++) damped[k * dim + k] += damping * size(k);
    if (cholesky(damped, dim)) return damped;
  }
  if (cholesky(floor, dim)) return floor;
  throw argumentError(where, 'the precision of the prior is not positive definite, expected one that float64 can hold');
}

/** Gauss–Newton matrix of −log p; an error that says what to do where the target has none. */
export async function gaussNewtonMatrix(
  where: string,
  target: ApproximationTarget,
  point: Vector,
): Promise<Float64Array> {
  if (!target.gaussNewton) {
    throw argumentError(where, "posterior has no gaussNewton, expected one that has, or curvature: 'hessian'");
  }
  return target.gaussNewton(point);
}

/** Conditional standard deviations: 1/√ of the diagonal of Gauss–Newton, or of second differences in two rounds, at most the prior's. */
async function coordinateWidths(target: ApproximationTarget, evaluate: Evaluator, point: Vector): Promise<Vector> {
  const { dim } = target;
  const prior = gaussianPrecision(priorOf(target));
  const widest = Float64Array.from({ length: dim }, (_, k) => 1 / Math.sqrt(prior[k * dim + k]));
  const widthsOf = (matrix: Float64Array) =>
    widest.map((most, k) => {
      const curvature = Math.abs(matrix[k * dim + k]);
      return curvature < Infinity ? Math.min(most, 1 / Math.sqrt(curvature)) : most;
    });
  if (target.gaussNewton) return widthsOf(await target.gaussNewton(point));
  let widths = widest.map((width) => 1e-2 * width);
  for (let round = 0; round < 2; round++) {
    widths = widthsOf(
      await differences(
        evaluate,
        point,
        widths.map((width) => 0.1 * width),
      ),
    );
  }
  return widths;
}

async function differences(evaluate: Evaluator, point: Vector, steps: Vector): Promise<Float64Array> {
  const dim = point.length;
  const moved = (k: number, by: number) => point.map((z, i) => (i === k ? z + by : z));
  const points = Array.from(steps, (step, k) => [moved(k, step), moved(k, -step)]).flat();
  const answers = await evaluate.gradients(points);
  const matrix = new Float64Array(dim * dim);
  for (let row = 0; row < dim; row++) {
    const [up, down] = [answers[2 * row].gradient, answers[2 * row + 1].gradient];
    for (let column = 0; column < dim; column++) {
      const second = (down[column] - up[column]) / (2 * steps[row]);
      matrix[row * dim + column] += second / 2;
      matrix[column * dim + row] += second / 2;
    }
  }
  return matrix;
}

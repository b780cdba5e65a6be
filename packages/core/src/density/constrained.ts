import { argumentError, requireCount, requireKnownOptions, requireLength, requireOptions, show } from '../argument.ts';
import { askGradients, askValues } from './ask-target.ts';
import type { CoordinateSampler } from './coordinate-sampler.ts';
import { halfLineTransform } from './half-line-transform.ts';
import { intervalTransform } from './interval-transform.ts';
import type { DifferentiableLogDensity, Disposable, Evaluation, LogDensity, Vector } from './log-density.ts';
import { whenReady } from './maybe-promise.ts';
import { orderedTransform } from './ordered-transform.ts';
import { realTransform } from './real-transform.ts';
import { simplexTransform } from './simplex-transform.ts';
import type { Transform } from './transform.ts';

/** What a parameter may be. `size` is how many numbers it has; default 1. */
export type Parameter =
  /** Any numbers. */
  | { readonly kind: 'real'; readonly size?: number }
  /** Numbers above 0. */
  | { readonly kind: 'positive'; readonly size?: number }
  /** Numbers between two bounds, or above or below one. */
  | { readonly kind: 'interval'; readonly lower?: number; readonly upper?: number; readonly size?: number }
  /** Ascending numbers. */
  | { readonly kind: 'ordered'; readonly size: number }
  /** Numbers above 0 that sum to 1. */
  | { readonly kind: 'simplex'; readonly size: number };

/** The way from free coordinates z to constrained parameters x, and back. */
export interface Constraints {
  /** Of the numbers of x: `'scale'`, and `'weights[0]'`, `'weights[1]'` where a parameter has several. What `summary` and `diagnose` take. */
  readonly names: readonly string[];
  /** x(z). */
  constrain(z: Vector): Vector;
  /** z(x). @throws where x doesn't hold to a constraint, or lies on its edge */
  unconstrain(x: ArrayLike<number>): Vector;
  /** Draws of z as draws of x: of `sample` with all that they have to tell, of an approximation what it can draw. */
  constrainDraws<D extends CoordinateSampler & { readonly positions: readonly unknown[] }>(draws: D): D;
  constrainDraws(draws: CoordinateSampler): CoordinateSampler;
}

/**
 * A density of parameters that are positive, bounded, ordered or shares of a whole, as one of free coordinates z, any real numbers, that every sampler and approximation takes:
 * log p(x(z)) + log |det ∂x/∂z|.
 *
 * The transforms are Stan's: exp for positive numbers and those beyond a bound, the logistic function for intervals, exp of differences for ordered ones, and stick breaking for
 * simplices, whose density is one of all shares but the last. z = 0 is x = 1 for positive numbers, the middle of an interval, and equal shares.
 *
 * @param density of x [all numbers of the parameters, in their order], with its gradient with respect to x, or without
 * @param parameters by name, in the order of x
 * @returns a density of z, with the way back to x: draws are of z, `constrainDraws` makes them draws of x
 * @throws if the parameters have another number of numbers than the density, or on a parameter that isn't one
 * @see Stan Reference Manual, "Constraint transforms"
 * @example
 * ```ts
 * import { constrained, logDensity } from '@subspace/core';
 *
 * // A gamma density x²·exp(−x) of a positive number.
 * const gamma = logDensity(1, ([x]) => ({ value: 2 * Math.log(x) - x, gradient: Float64Array.of(2 / x - 1) }));
 * const target = constrained(gamma, { rate: { kind: 'positive' } });
 * target.constrain(Float64Array.of(0)); // [1]
 * target.unconstrain([Math.E]); // [1]
 * target.values([Float64Array.of(0)]); // [−1]: log p(1) = −1, and ∂x/∂z = 1
 * target.names; // ['rate']
 * ```
 */
export function constrained(
  density: DifferentiableLogDensity,
  parameters: Readonly<Record<string, Parameter>>,
): DifferentiableLogDensity & Disposable & Constraints;
export function constrained(
  density: LogDensity,
  parameters: Readonly<Record<string, Parameter>>,
): LogDensity & Disposable & Constraints;
export function constrained(
  density: LogDensity & Partial<DifferentiableLogDensity>,
  parameters: Readonly<Record<string, Parameter>>,
): LogDensity & Partial<DifferentiableLogDensity> & Disposable & Constraints {
  requireOptions(WHERE, 'density', density);
  requireOptions(WHERE, 'parameters', parameters);
  const pieces: Piece[] = [];
  let [size, dim] = [0, 0];
  for (const [name, parameter] of Object.entries(parameters)) {
    // Objects have such names first, wherever they were written.
    if (/^\d+$/.test(name)) throw argumentError(WHERE, `a parameter is called ${name}, expected a name with a letter`);
    const transform = transformOf(name, parameter);
    pieces.push({ name, transform, x: size, z: dim });
    size += transform.size;
    dim += transform.free;
  }
  if (size !== density.dim) {
    throw argumentError(WHERE, `parameters have ${size} numbers, expected ${density.dim} as the density`);
  }

  const constrainWithJacobian = (z: Vector): { x: Vector; logJacobian: number } => {
    requireLength(WHERE, 'z', z, dim);
    const x = new Float64Array(size);
    let logJacobian = 0;
    for (const piece of pieces) logJacobian += piece.transform.constrain(ofZ(piece, z), ofX(piece, x));
    return { x, logJacobian };
  };
  const constrain = (z: Vector): Vector => constrainWithJacobian(z).x;

  const target = {
    dim,
    ...(density.engine !== undefined && { engine: density.engine }),
    identity: () => whenReady(density.identity?.(), (parts) => parts && { ...parts, parameters }),
    values(points: readonly Vector[]) {
      const there = points.map(constrainWithJacobian);
      return whenReady(
        askValues(
          WHERE,
          density,
          there.map(({ x }) => x),
        ),
        (values) => Float64Array.from(there, ({ logJacobian }, i) => values[i] + logJacobian),
      );
    },
    ...(density.valuesAndGradients && {
      valuesAndGradients(points: readonly Vector[]) {
        const there = points.map(constrainWithJacobian);
        const answers = askGradients(
          WHERE,
          density as DifferentiableLogDensity,
          there.map(({ x }) => x),
        );
        return whenReady(answers, (evaluations) =>
          there.map(({ x, logJacobian }, i): Evaluation => {
            const gradient = new Float64Array(dim);
            for (const piece of pieces) {
              const [z, own] = [ofZ(piece, points[i]), ofX(piece, x)];
              piece.transform.pullBack(z, own, ofX(piece, evaluations[i].gradient), ofZ(piece, gradient));
            }
            return { value: evaluations[i].value + logJacobian, gradient };
          }),
        );
      },
    }),
    dispose: () => (density as Partial<Disposable>).dispose?.(),
  };
  return {
    ...target,
    names: pieces.flatMap(({ name, transform }) =>
      transform.size === 1 ? [name] : Array.from({ length: transform.size }, (_, i) => `${name}[${i}]`),
    ),
    constrain,
    unconstrain(given) {
      requireLength(WHERE, 'x', given, size);
      const x = Float64Array.from(given);
      const z = new Float64Array(dim);
      for (const piece of pieces) {
        const [own, to] = [ofX(piece, x), ofZ(piece, z)];
        piece.transform.unconstrain(own, to);
        if (!to.every(Number.isFinite)) {
          throw argumentError(WHERE, `${piece.name} is ${own.join(', ')}, expected ${piece.transform.constraint}`);
        }
      }
      return z;
    },
    constrainDraws<D extends CoordinateSampler>(draws: D) {
      requireOptions(WHERE, 'draws', draws);
      requireLength(WHERE, 'a draw', { length: draws.dim }, dim);
      const { positions } = draws as { readonly positions?: Positions };
      const sample: D['sample'] = (random, count) => draws.sample(random, count).map(constrain);
      if (!positions) return { dim: size, ...(draws.size !== undefined && { size: draws.size }), sample };
      const mapped = (part: Positions): Positions =>
        part.map((one) => (ArrayBuffer.isView(one) ? constrain(one) : mapped(one)));
      return { ...draws, dim: size, positions: mapped(positions), sample };
    },
  } as LogDensity & Partial<DifferentiableLogDensity> & Disposable & Constraints;
}

const WHERE = 'constrained';

/** Vectors, by chain or not. */
type Positions = readonly (Vector | Positions)[];

/** A parameter, and where its numbers begin in x and in z. */
interface Piece {
  readonly name: string;
  readonly transform: Transform;
  readonly x: number;
  readonly z: number;
}

function ofX({ transform, x: begin }: Piece, x: Vector): Vector {
  return x.subarray(begin, begin + transform.size);
}

function ofZ({ transform, z: begin }: Piece, z: Vector): Vector {
  return z.subarray(begin, begin + transform.free);
}

function transformOf(name: string, parameter: Parameter): Transform {
  requireOptions(WHERE, name, parameter);
  const bounds = parameter.kind === 'interval' ? ['lower', 'upper'] : [];
  requireKnownOptions(WHERE, parameter, ['kind', 'size', ...bounds]);
  const { size = 1 } = parameter;
  requireCount(WHERE, `${name}.size`, size, parameter.kind === 'ordered' || parameter.kind === 'simplex' ? 2 : 1);
  switch (parameter.kind) {
    case 'real':
      return realTransform(size);
    case 'positive':
      return halfLineTransform(size, 0, 'above');
    case 'interval': {
      const { lower = -Infinity, upper = Infinity } = parameter;
      if (!(lower < upper) || (lower === -Infinity && upper === Infinity)) {
        throw argumentError(
          WHERE,
          `${name} is from ${lower} to ${upper}, expected lower below upper, one of them finite`,
        );
      }
      if (upper === Infinity) return halfLineTransform(size, lower, 'above');
      if (lower === -Infinity) return halfLineTransform(size, upper, 'below');
      return intervalTransform(size, lower, upper);
    }
    case 'ordered':
      return orderedTransform(size);
    case 'simplex':
      return simplexTransform(size);
    default: {
      const { kind } = parameter as { readonly kind: unknown };
      throw argumentError(
        WHERE,
        `${name}.kind is ${show(kind)}, expected real, positive, interval, ordered or simplex`,
      );
    }
  }
}

import { argumentError, requireCount, requireLength, requireOptions, show } from '../argument.ts';
import type { Evaluation, Vector } from '../density/log-density.ts';
import type { WeightLayout } from './layout.ts';
import { subspace as checkedSubspace, type Subspace, toWeights } from './subspace.ts';

/** Coordinates in a subspace as a smooth function of a map's. */
export interface WithinSubspace {
  readonly subspace: Subspace;
  /** x(z), as many as the subspace has directions. */
  coordinates(z: Vector): Vector;
  /** ∂x/∂z, [directions, dim] row major. */
  jacobian(z: Vector): Float64Array;
}

/**
 * A smooth map z ↦ w(z) into weight space, of all z: a tunnel round a curve, a surface. The affine `Subspace` is the special case that engines have kernels for.
 *
 * A map does the same at every call: it is a value, not a thing that changes.
 */
export interface WeightMap {
  readonly layout: WeightLayout;
  /** K, the number of coordinates. */
  readonly dim: number;
  /** w(z) [D], into `out` or a new array. */
  weights(z: Vector, out?: Float32Array): Float32Array;
  /** (∂w/∂z)ᵀ·gradient [K], for the gradient [D] of a scalar in the weights. */
  pullback(z: Vector, gradient: Float32Array): Vector;
  /**
   * log of the volume that ∂w/∂z has at z, up to a constant, with its gradient: where the prior is meant on the image, per volume of weights, and not on z. It
   * belongs to the prior: `subspacePosterior` says how.
   */
  logVolume?(z: Vector): Evaluation;
  /** Of a map into a subspace of few directions, w(z) = ŵ + x(z)ᵀP: what an engine has for the subspace then serves the map. */
  readonly within?: WithinSubspace;
  /** Plain data from which whoever made the map can make it again; `savePosterior` keeps them. */
  readonly parts?: { readonly kind: string } & Readonly<Record<string, unknown>>;
}

/**
 * An affine subspace as a map, without the engines' kernels for it: to make other maps of.
 *
 * @example
 * ```ts
 * import { affineMap, subspace, type WeightMap, weightLayout } from '@subspace/core';
 *
 * const layout = weightLayout([{ name: 'w', shape: [2] }]);
 * const line = affineMap(subspace({ layout, shift: Float32Array.of(1, 1), basis: [Float32Array.of(1, 0)] }));
 * // The half of the line where its coordinate is positive.
 * const half: WeightMap = {
 *   layout,
 *   dim: 1,
 *   weights: (z, out) => line.weights(z.map(Math.exp), out),
 *   pullback: (z, gradient) => line.pullback(z.map(Math.exp), gradient).map((g, k) => g * Math.exp(z[k])),
 * };
 * half.weights(Float64Array.of(0)); // Float32Array [2, 1]
 * half.pullback(Float64Array.of(0), Float32Array.of(3, 4)); // [3]
 * ```
 */
export function affineMap(subspace: Subspace): WeightMap {
  const { layout, basis } = checkedSubspace(subspace);
  return {
    layout,
    dim: basis.length,
    weights: (z, out) => toWeights(subspace, z, out),
    pullback: (_z, gradient) => {
      requireLength('affineMap', 'gradient', gradient, layout.size);
      return products(basis, gradient);
    },
  };
}

/**
 * A curved part of an affine subspace: w(z) = ŵ + x(z)ᵀP. Engines evaluate it by their kernels for the subspace, at the price of its number of directions.
 *
 * @param subspace that holds the image
 * @param map `dim` coordinates z, x(z) and ∂x/∂z; `logVolume` and `parts` as a `WeightMap` has them
 * @throws on a subspace that is none, or lengths that don't fit
 * @example
 * ```ts
 * import { mapWithin, subspace, weightLayout } from '@subspace/core';
 *
 * const layout = weightLayout([{ name: 'w', shape: [3] }]);
 * const plane = subspace({ layout, shift: new Float32Array(3), basis: [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)] });
 * // A circle in the plane.
 * const circle = mapWithin(plane, {
 *   dim: 1,
 *   coordinates: ([angle]) => Float64Array.of(Math.cos(angle), Math.sin(angle)),
 *   jacobian: ([angle]) => Float64Array.of(-Math.sin(angle), Math.cos(angle)),
 * });
 * circle.weights(Float64Array.of(0)); // Float32Array [1, 0, 0]
 * circle.pullback(Float64Array.of(0), Float32Array.of(5, 6, 7)); // [6]
 * ```
 */
export function mapWithin(
  subspace: Subspace,
  map: Omit<WithinSubspace, 'subspace'> & Pick<WeightMap, 'dim' | 'logVolume' | 'parts'>,
): WeightMap {
  const { layout, basis } = checkedSubspace(subspace);
  requireOptions('mapWithin', 'map', map);
  const { dim, coordinates, jacobian, logVolume, parts } = map;
  requireCount('mapWithin', 'dim', dim);
  const within: WithinSubspace = {
    subspace,
    coordinates(z) {
      requireLength('mapWithin', 'z', z, dim);
      const x = coordinates(z);
      requireLength('mapWithin', 'coordinates(z)', x, basis.length);
      return x;
    },
    jacobian(z) {
      requireLength('mapWithin', 'z', z, dim);
      const matrix = jacobian(z);
      requireLength('mapWithin', 'jacobian(z)', matrix, basis.length * dim);
      return matrix;
    },
  };
  return {
    layout,
    dim,
    within,
    weights: (z, out) => toWeights(subspace, within.coordinates(z), out),
    pullback(z, gradient) {
      requireLength('mapWithin', 'gradient', gradient, layout.size);
      return transposeTimes(within.jacobian(z), products(basis, gradient), dim);
    },
    ...(logVolume && { logVolume }),
    ...(parts && { parts }),
  };
}

/** Matrixᵀ·vector, for a matrix [vector's length, dim] row major. */
export function transposeTimes(matrix: Float64Array, vector: Vector, dim: number): Vector {
  const product = new Float64Array(dim);
  for (let i = 0; i < vector.length; i++) {
    for (let k = 0; k < dim; k++) product[k] += matrix[i * dim + k] * vector[i];
  }
  return product;
}

/** Whether it is an affine subspace, and no other map. */
export function isSubspace(subspace: Subspace | WeightMap): subspace is Subspace {
  return 'basis' in subspace;
}

/** How many coordinates there are. */
export function dimOf(subspace: Subspace | WeightMap): number {
  return isSubspace(subspace) ? subspace.basis.length : subspace.dim;
}

/** The weights at z. */
export function weightsOf(subspace: Subspace | WeightMap, z: Vector, out?: Float32Array): Float32Array {
  return isSubspace(subspace) ? toWeights(subspace, z, out) : subspace.weights(z, out);
}

/** Throws unless `map` has what a map needs, and its weights and pullbacks have their lengths. */
export function requireWeightMap(where: string, name: string, map: WeightMap): void {
  requireOptions(where, name, map);
  for (const method of ['weights', 'pullback'] as const) {
    if (typeof map[method] === 'function') continue;
    throw argumentError(where, `${name}.${method} is ${show(map[method])}, expected a function of a subspace or map`);
  }
  requireOptions(where, `${name}.layout`, map.layout);
  requireCount(where, `${name}.dim`, map.dim);
  const origin = new Float64Array(map.dim);
  requireLength(where, `${name}.weights(0)`, map.weights(origin), map.layout.size);
  requireLength(where, `${name}.pullback(0, 0)`, map.pullback(origin, new Float32Array(map.layout.size)), map.dim);
}

/** ⟨row, gradient⟩ of each row, summed in float64. */
function products(rows: readonly Float32Array[], gradient: Float32Array): Vector {
  return Float64Array.from(rows, (row) => {
    // Four sums at once: one would wait for each addition.
    let [a, b, c, d] = [0, 0, 0, 0];
    let i = 0;
    for (; i + 4 <= row.length; i += 4) {
      a += row[i] * gradient[i];
      b += row[i + 1] * gradient[i + 1];
      c += row[i + 2] * gradient[i + 2];
      d += row[i + 3] * gradient[i + 3];
    }
    for (; i < row.length; i++) a += row[i] * gradient[i];
    return a + b + (c + d);
  });
}

import { argumentError, requireLength } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Evaluation, Vector } from '../density/log-density.ts';
import { eachInOrder, type MaybePromise, mapInOrder, whenReady } from '../density/maybe-promise.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';
import { mapIdentity } from '../weights/map-identity.ts';
import { transposeTimes, type WeightMap, type WithinSubspace } from '../weights/weight-map.ts';
import { gaussNewton } from './gauss-newton.ts';
import type { Network, SubspaceLikelihood, SubspaceLikelihoodOptions } from './network.ts';
import { subspaceIdentity } from './subspace-identity.ts';
import { networkWeightLikelihood } from './weight-likelihood.ts';

/**
 * log p(D | w(z)) of any network along any map: by the engine's likelihood of the subspace that holds the map, where it says one, and through the network's own port for
 * values and gradients at given weights where not.
 *
 * @param where the public function, for errors
 */
export function mapLikelihood(
  where: string,
  network: Network,
  map: WeightMap,
  data: Dataset,
  likelihood: Likelihood,
  options: SubspaceLikelihoodOptions,
): SubspaceLikelihood {
  if (!map.within) return throughWeights(where, network, map, data, likelihood, options);
  const within = network.subspaceLikelihood(map.within.subspace, data, likelihood, options);
  return throughSubspace(where, map, map.within, within);
}

/** By the chain rule, from a likelihood of x to one of z. */
function throughSubspace(
  where: string,
  map: WeightMap,
  { coordinates, jacobian }: WithinSubspace,
  of: SubspaceLikelihood,
): SubspaceLikelihood {
  const { dim } = map;
  const there = (points: readonly Vector[]) => {
    requirePoints(where, points, dim);
    return points.map(coordinates);
  };
  const pulledBack = (points: readonly Vector[], evaluations: readonly Evaluation[]) =>
    evaluations.map(({ value, gradient }, i) => ({
      value,
      gradient: transposeTimes(jacobian(points[i]), gradient, dim),
    }));
  return {
    ...(of.engine !== undefined && { engine: of.engine }),
    identity: () => whenReady(of.identity?.(), (parts) => parts && { ...parts, map: mapIdentity(map) }),
    dim,
    rows: of.rows,
    values: (points) => of.values(there(points)),
    valuesAndGradients: (points) =>
      whenReady(of.valuesAndGradients(there(points)), (evaluations) => pulledBack(points, evaluations)),
    minibatch: (points, rows) =>
      whenReady(of.minibatch(there(points), rows), (evaluations) => pulledBack(points, evaluations)),
    pointwise: (point) => of.pointwise(there([point])[0]),
    gaussNewton: (point) =>
      whenReady(of.gaussNewton(there([point])[0]), (matrix) => congruent(jacobian(point), matrix, dim)),
    dispose: () => of.dispose(),
  };
}

/** Jᵀ·matrix·J, for J [directions, dim]. */
function congruent(j: Float64Array, matrix: Float64Array, dim: number): Float64Array {
  const directions = j.length / dim;
  const product = new Float64Array(dim * dim);
  for (let a = 0; a < directions; a++) {
    // Jᵀ · (row a of the matrix)ᵀ, and with it the outer product with row a of J.
    const row = transposeTimes(j, matrix.subarray(a * directions, (a + 1) * directions), dim);
    for (let k = 0; k < dim; k++) {
      for (let l = 0; l < dim; l++) product[k * dim + l] += j[a * dim + k] * row[l];
    }
  }
  return product;
}

/** By weights and pullbacks, one point after another. */
function throughWeights(
  where: string,
  network: Network,
  map: WeightMap,
  data: Dataset,
  likelihood: Likelihood,
  options: SubspaceLikelihoodOptions,
): SubspaceLikelihood {
  const { dim } = map;
  if (network.refreshStatistics) {
    throw argumentError(
      where,
      'the network has batch norm, whose statistics belong to the weights: expected a subspace, or a map that says the one it lies `within`',
    );
  }
  // What an engine has of its own is for likelihoods that it knows.
  const own = likelihood.kind === 'custom' ? undefined : network.weightLikelihood?.(data, likelihood, options);
  const at = own ?? networkWeightLikelihood(where, network, data, likelihood, options);
  const evaluations = (points: readonly Vector[], rows?: Int32Array): ReturnType<SubspaceLikelihood['minibatch']> => {
    requirePoints(where, points, dim);
    const factor = rows ? data.size / rows.length : 1;
    return mapInOrder(points, (z) =>
      ifFinite(
        map.weights(z),
        (weights) =>
          whenReady(at.valueAndGradient(weights, rows), ({ value, gradient }) => ({
            value: factor * value,
            gradient: map.pullback(z, gradient).map((g) => factor * g),
          })),
        () => ({ value: Number.NaN, gradient: new Float64Array(dim).fill(Number.NaN) }),
      ),
    );
  };
  return {
    ...(network.engine !== undefined && { engine: network.engine }),
    identity: () => subspaceIdentity({ network, subspace: map, data, likelihood }),
    dim,
    rows: data.size,
    values(points) {
      requirePoints(where, points, dim);
      const values = new Float64Array(points.length);
      const done = eachInOrder(points, (z, i) =>
        whenReady(
          ifFinite(map.weights(z), at.value, () => Number.NaN),
          (value) => {
            values[i] = value;
          },
        ),
      );
      return whenReady(done, () => values);
    },
    valuesAndGradients: (points) => evaluations(points),
    minibatch(points, rows) {
      if (rows.length === 0) throw argumentError('minibatch', 'rows is empty, expected at least one');
      return evaluations(points, rows);
    },
    pointwise(point) {
      requirePoints(where, [point], dim);
      return ifFinite(map.weights(point), at.pointwise, () => new Float64Array(data.size).fill(Number.NaN));
    },
    gaussNewton(point) {
      requirePoints(where, [point], dim);
      return gaussNewton(network, map, data, likelihood, point);
    },
    dispose: () => at.dispose(),
  };
}

/** What `f` says of weights, or what stands for it where the map goes beyond what single precision holds: samplers take NaN for −∞, and count it. */
function ifFinite<A>(
  weights: Float32Array,
  f: (weights: Float32Array) => MaybePromise<A>,
  otherwise: () => A,
): MaybePromise<A> {
  // Zero times anything finite is zero; one NaN makes the sum NaN.
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += 0 * weights[i];
  return sum === 0 ? f(weights) : otherwise();
}

function requirePoints(where: string, points: readonly Vector[], dim: number): void {
  points.forEach((point, i) => {
    requireLength(where, points.length === 1 ? 'point' : `points[${i}]`, point, dim);
  });
}

import { type Subspace, subspace, type WeightLayout } from '@subspace/core';
import {
  argumentError,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireList,
  show,
} from '@subspace/core/internals';
import { chosenWeights, type Layers } from './chosen-weights.ts';

/** Which weights: one of the two. */
export interface SubsetSubspaceOptions {
  /** `'last'`, or names of layers or tensors. */
  readonly layers?: Layers;
  /** Places in the flat vector of weights, each once. */
  readonly indices?: ArrayLike<number>;
}

/** Numbers of a basis: 1 GiB. */
const MOST = 2 ** 28;

/**
 * The subspace of some weights, each a coordinate of its own, with all others held: the last layer, or the weights of the largest variance under a Laplace approximation (a subnetwork).
 *
 * A coordinate is the weight less its shift, in the weight's own unit.
 *
 * @param shift ŵ [D]; kept, not copied
 * @throws on neither or both of `layers` and `indices`, an unknown layer, an index that is none or appears twice, or a basis beyond 2²⁸ numbers
 * @see Daxberger et al. (2021), "Bayesian deep learning via subnetwork inference"; Kristiadi et al. (2020) for the last layer
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 * import { subsetSubspace } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [2, 5, 1], seed: 1 });
 * const shift = await network.readWeights();
 * subsetSubspace(network.layout, shift, { layers: 'last' }).basis.length; // 6: five weights and a bias
 * subsetSubspace(network.layout, shift, { indices: [0, 7] }).basis.length; // 2
 * ```
 */
export function subsetSubspace(layout: WeightLayout, shift: Float32Array, options: SubsetSubspaceOptions): Subspace {
  const where = 'subsetSubspace';
  requireKnownOptions(where, options, ['layers', 'indices']);
  requireLength(where, 'shift', shift, layout.size);
  requireFinite(where, 'shift', shift);
  const { layers, indices } = options;
  if ((layers === undefined) === (indices === undefined)) {
    throw argumentError(where, `options have ${layers ? 'both' : 'neither'}, expected either layers or indices`);
  }
  const places = indices ? requireIndices(where, indices, layout.size) : placesOf(where, layout, layers!);
  if (places.length * layout.size > MOST) {
    throw argumentError(
      where,
      `there are ${places.length} weights of ${layout.size}, a basis of ${places.length * layout.size} numbers, expected at most ${MOST}`,
    );
  }
  const basis = places.map((place) => {
    const row = new Float32Array(layout.size);
    row[place] = 1;
    return row;
  });
  return subspace({ layout, shift, basis });
}

function placesOf(where: string, layout: WeightLayout, layers: Layers): number[] {
  const { tensors } = chosenWeights(where, layout, layers);
  return tensors.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i));
}

function requireIndices(where: string, indices: ArrayLike<number>, size: number): number[] {
  requireList(where, 'indices', indices);
  const places = Array.from(indices);
  places.forEach((place, i) => {
    if (!Number.isInteger(place) || place < 0 || place >= size) {
      throw argumentError(where, `indices[${i}] is ${show(place)}, expected an integer from 0 to ${size - 1}`);
    }
  });
  if (new Set(places).size < places.length) throw argumentError(where, 'indices has one twice, expected each once');
  return places;
}

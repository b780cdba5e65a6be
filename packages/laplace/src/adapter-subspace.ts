import { type RandomSource, randomSource, type Subspace, subspace, type WeightLayout } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireSeed,
  show,
} from '@subspace/core/internals';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { type ChosenTensor, chosenWeights, type Layers } from './chosen-weights.ts';
import { norm } from './vectors.ts';

export interface AdapterSubspaceOptions {
  /** Directions of each weight matrix: K = rank · matrices. */
  readonly rank: number;
  /** `'last'`, or names of layers or tensors; default all that have a weight matrix. */
  readonly layers?: Layers;
  /** U and V: `'singular'` (default), the first singular vectors of W; `'random'`, drawn and of length 1. */
  readonly directions?: 'singular' | 'random';
  /** Of random directions. Default 1. */
  readonly seed?: number | string;
}

/**
 * The subspace of low-rank adapters: in each layer W + U·diag(z)·Vᵀ, with U and V fixed, so that it is affine in z.
 *
 * Every row has length 1: a step of z moves one weight matrix by a matrix of rank 1 and Frobenius norm 1. Along W's own singular vectors, z changes its singular values.
 *
 * @param shift ŵ [D]; kept, not copied
 * @throws on an unknown layer, layers without a matrix [out, in], or a rank beyond the smaller side of one
 * @see Hu et al. (2022), "LoRA"; Bałazy et al. (2024), "LoRA-XS", for singular vectors that are held
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 * import { adapterSubspace } from '@subspace/laplace';
 *
 * const network = denseNetwork({ sizes: [4, 10, 10, 2], seed: 1 });
 * const subspace = adapterSubspace(network.layout, await network.readWeights(), { rank: 2 });
 * subspace.basis.length; // 6: two for each of three layers
 * ```
 */
export function adapterSubspace(layout: WeightLayout, shift: Float32Array, options: AdapterSubspaceOptions): Subspace {
  const where = 'adapterSubspace';
  requireKnownOptions(where, options, ['rank', 'layers', 'directions', 'seed']);
  requireLength(where, 'shift', shift, layout.size);
  requireFinite(where, 'shift', shift);
  const { rank, layers, directions = 'singular', seed = 1 } = options;
  requireCount(where, 'rank', rank);
  requireSeed(where, seed);
  if (directions !== 'singular' && directions !== 'random') {
    throw argumentError(where, `directions is ${show(directions)}, expected 'singular' or 'random'`);
  }
  const matrices = chosenWeights(where, layout, layers).tensors.filter(({ shape }) => shape.length === 2);
  if (matrices.length === 0) throw argumentError(where, 'layers have no weight matrix, expected at least one');
  const random = randomSource(seed);
  const basis = matrices.flatMap((matrix) => {
    const [p, q] = matrix.shape;
    if (rank > Math.min(p, q)) {
      throw argumentError(where, `rank is ${rank}, expected at most ${Math.min(p, q)} for ${matrix.name} [${p}, ${q}]`);
    }
    const pairs =
      directions === 'singular'
        ? singularPairs(shift, matrix, rank)
        : randomPairs(random.fork(matrix.name), matrix, rank);
    return pairs.map(([left, right]) => {
      const row = new Float32Array(layout.size);
      for (let i = 0; i < p; i++) for (let j = 0; j < q; j++) row[matrix.offset + i * q + j] = left[i] * right[j];
      return row;
    });
  });
  return subspace({ layout, shift, basis });
}

type Pair = readonly [left: ArrayLike<number>, right: ArrayLike<number>];

function singularPairs(shift: Float32Array, { offset, length, shape: [p, q] }: ChosenTensor, rank: number): Pair[] {
  const matrix = Matrix.from1DArray(p, q, shift.subarray(offset, offset + length));
  const { leftSingularVectors, rightSingularVectors } = new SingularValueDecomposition(matrix, { autoTranspose: true });
  return Array.from({ length: rank }, (_, k) => [leftSingularVectors.getColumn(k), rightSingularVectors.getColumn(k)]);
}

function randomPairs(random: RandomSource, { shape: [p, q] }: ChosenTensor, rank: number): Pair[] {
  const drawn = (length: number) => {
    const v = Float64Array.from({ length }, () => random.normal());
    const by = norm(v);
    return v.map((x) => x / by);
  };
  return Array.from({ length: rank }, () => [drawn(p), drawn(q)]);
}

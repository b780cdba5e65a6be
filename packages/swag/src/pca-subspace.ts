import { argumentError, requireCount, requireKnownOptions, type Subspace, subspace } from '@subspace/core';
import type { WeightMoments } from './swag-moments.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

export interface PcaSubspaceOptions {
  /** K, the number of directions. */
  readonly rank: number;
}

/**
 * The subspace of the principal components of a training run, through its mean.
 *
 * With the M deviations as rows, A/√(M − 1) = U·diag(s)·Vᵀ; the shift is the mean of the snapshots and the basis the first K rows of
 * diag(s)·Vᵀ, so that z ~ N(0, I) has the covariance of the deviations within the subspace. Each row's entry of largest magnitude is positive.
 *
 * Computed as Uᵀ·A/√(M − 1) from the eigenvectors U of the M × M Gram matrix, in float64: two passes over the deviations, and no matrix larger than
 * they are. (The original code uses a randomised SVD without a seed, which is up to 4e-5 off.)
 *
 * @param moments of at least two snapshots
 * @param options `rank` K: at most the number of directions that the deviations span. M deviations from the running mean span fewer than M
 * while the first one, which is zero, is still among them. A direction counts if it is larger than the rounding of float32 weights.
 * @returns shift [D] and K rows [D], the caller's to keep
 * @throws if the rank is below 1 or above the number of directions
 * @see Izmailov et al. (2019), Section 3.2
 * @example
 * ```ts
 * import { weightLayout } from '@subspace/core';
 * import { pcaSubspace, swagMoments } from '@subspace/swag';
 *
 * const moments = swagMoments(weightLayout([{ name: 'w', shape: [3] }]), { rank: 3 });
 * for (const w of [[0, 0, 0], [2, 0, 0], [4, 3, 0]]) moments.collect(Float32Array.from(w));
 * const subspace = pcaSubspace(moments, { rank: 2 });
 * subspace.shift; // Float32Array [2, 1, 0]
 * subspace.basis.length; // 2 rows, the longer first
 * ```
 */
export function pcaSubspace(moments: WeightMoments, options: PcaSubspaceOptions): Subspace {
  requireKnownOptions('pcaSubspace', options, ['rank']);
  const { rank } = options;
  requireCount('pcaSubspace', 'rank', rank);
  const { layout, collected } = moments;
  if (collected < 2) {
    throw argumentError('pcaSubspace', `moments have ${collected} snapshots, expected at least 2`);
  }
  const deviations = moments.deviations();
  const shift = moments.mean();
  const { values, vectors } = symmetricEigen(gramMatrix(deviations), deviations.length);
  const scale = 1 / Math.sqrt(Math.max(1, deviations.length - 1));
  const singularValues = values.map((value) => scale * Math.sqrt(Math.max(0, value)));
  const floor = roundingFloor(singularValues[0], shift);
  const directions = singularValues.filter((s) => s > floor).length;
  if (rank > directions) {
    throw argumentError(
      'pcaSubspace',
      `rank is ${rank}, expected at most ${directions}: the ${deviations.length} deviations of ${collected} snapshots span no more directions`,
    );
  }
  return subspace({ layout, shift, basis: vectors.slice(0, rank).map((u) => basisRow(deviations, u, scale)) });
}

/**
 * Below this a singular value is rounding: of the eigenvalues (their square roots are good to about √ε of the largest), or of the snapshots, whose
 * float32 rounding of half a unit in the last place makes directions as long as 2⁻²⁴·‖mean‖.
 */
function roundingFloor(largest: number, shift: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < shift.length; i++) squares += shift[i] ** 2;
  return Math.max(2 ** -22 * largest, 2 ** -24 * Math.sqrt(squares));
}

/** All inner products of the rows, [M, M] row major, in float64. The rows are read in blocks that stay in the cache. */
function gramMatrix(rows: readonly Float32Array[]): Float64Array {
  const count = rows.length;
  const size = rows[0].length;
  const gram = new Float64Array(count * count);
  const block = 1024;
  for (let start = 0; start < size; start += block) {
    const end = Math.min(start + block, size);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) gram[i * count + j] += partialDot(rows[i], rows[j], start, end);
    }
  }
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) gram[j * count + i] = gram[i * count + j];
  }
  return gram;
}

/** Four running sums, so that one addition need not wait for the last. */
function partialDot(a: Float32Array, b: Float32Array, start: number, end: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = start;
  for (; i + 4 <= end; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < end; i++) s0 += a[i] * b[i];
  return s0 + s1 + (s2 + s3);
}

/** scale·uᵀ·rows, positive at its entry of largest magnitude; summed in float64 and rounded once. */
function basisRow(rows: readonly Float32Array[], u: Float64Array, scale: number): Float32Array {
  const size = rows[0].length;
  const row = new Float32Array(size);
  const block = 2048;
  const sums = new Float64Array(Math.min(block, size));
  let extreme = 0;
  for (let start = 0; start < size; start += block) {
    const length = Math.min(block, size - start);
    sums.fill(0);
    for (let m = 0; m < rows.length; m++) {
      const deviation = rows[m];
      const factor = scale * u[m];
      for (let i = 0; i < length; i++) sums[i] += factor * deviation[start + i];
    }
    for (let i = 0; i < length; i++) {
      row[start + i] = sums[i];
      if (Math.abs(sums[i]) > Math.abs(extreme)) extreme = sums[i];
    }
  }
  if (extreme < 0) for (let i = 0; i < size; i++) row[i] = -row[i];
  return row;
}

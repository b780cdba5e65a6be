import { type Subspace, subspace } from '@subspace/core';
import { argumentError, requireCount, requireKnownOptions } from '@subspace/core/internals';
import { minkaRank, originalRank } from './minka-rank.ts';
import { principalRows } from './principal-rows.ts';
import type { WeightMoments } from './swag-moments.ts';

export interface PcaSubspaceOptions {
  /**
   * K, the number of directions. `'mle'`: the number of largest evidence under probabilistic PCA (Minka's), where the M deviations are the samples
   * and the D weights their features. `{ upTo }`: so many, or as many as there are.
   */
  readonly rank: number | 'mle' | { readonly upTo: number };
  /**
   * With `'mle'`: the evidence as the original code has it, with the roles of samples and features exchanged and a correction for the number of
   * parameters. It passes over directions several times as strong as the noise, and may find none. Default false.
   */
  readonly paperCompat?: boolean;
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
 * @param options `rank` K: a number, at most the number of directions that the deviations span. M deviations from the running mean span fewer than M
 * while the first one, which is zero, is still among them. A direction counts if it is larger than the rounding of float32 weights.
 * Or `'mle'`: the rank of largest evidence, in which the deviations are N = M samples of d = D features (all but M eigenvalues are zero), at most one
 * less than there are directions, because the last one is taken for noise.
 * @returns shift [D] and K rows [D], the caller's to keep
 * @throws if the rank is below 1 or above the number of directions; with `'mle'` if the deviations span fewer than two directions, or none of them
 * stands out of the noise (the original code goes on with rank 0)
 * @see Izmailov et al. (2019), Section 3.2; Minka (2000), "Automatic choice of dimensionality for PCA"
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
  requireKnownOptions('pcaSubspace', options, ['rank', 'paperCompat']);
  const { rank, paperCompat = false } = options;
  requireRank(rank, paperCompat);
  const { layout, collected } = moments;
  if (collected < 2) {
    throw argumentError('pcaSubspace', `moments have ${collected} snapshots, expected at least 2`);
  }
  const deviations = moments.deviations();
  const shift = moments.mean();
  const { singularValues, directions, rows } = principalRows(
    deviations,
    1 / Math.sqrt(Math.max(1, deviations.length - 1)),
    shift,
  );
  const spanned = `the ${deviations.length} deviations of ${collected} snapshots span no more directions`;
  // The running mean follows a slow trajectory: deviations from it are nearly one direction.
  const cure =
    directions === deviations.length
      ? 'Collect more snapshots, into `swagMoments` of a larger rank'
      : "Collect snapshots further apart (`collect.every`), or `deviationsFrom: 'final-mean'`";
  if (directions === 0) {
    throw argumentError(
      'pcaSubspace',
      `moments have no direction, expected at least 1: the weights of ${collected} snapshots are the same but for rounding. ${cure}`,
    );
  }
  if (rank === 'mle') {
    if (directions < 2) {
      throw argumentError(
        'pcaSubspace',
        `rank is 'mle', expected a number of at most ${directions}: ${spanned}. ${cure}`,
      );
    }
    const eigenvalues = singularValues.slice(0, directions).map((s) => s * s);
    const choose = paperCompat ? originalRank : minkaRank;
    const best = choose(eigenvalues, deviations.length, layout.size);
    if (best === 0) {
      throw argumentError(
        'pcaSubspace',
        `rank is 'mle', expected a number of at most ${directions}: no direction stands out of the noise`,
      );
    }
    return subspace({ layout, shift, basis: rows(best) });
  }
  const wanted = typeof rank === 'number' ? rank : Math.min(rank.upTo, directions);
  if (wanted > directions) {
    throw argumentError('pcaSubspace', `rank is ${wanted}, expected at most ${directions}: ${spanned}. ${cure}`);
  }
  return subspace({ layout, shift, basis: rows(wanted) });
}

function requireRank(rank: PcaSubspaceOptions['rank'], paperCompat: boolean): void {
  if (typeof paperCompat !== 'boolean') {
    throw argumentError('pcaSubspace', `paperCompat is ${paperCompat}, expected true or false`);
  }
  if (rank === 'mle') return;
  if (typeof rank === 'string') throw argumentError('pcaSubspace', `rank is '${rank}', expected a number or 'mle'`);
  if (typeof rank === 'object' && rank !== null) {
    requireKnownOptions('pcaSubspace rank', rank, ['upTo']);
    requireCount('pcaSubspace', 'rank.upTo', rank.upTo);
  } else requireCount('pcaSubspace', 'rank', rank);
  if (paperCompat) {
    throw argumentError('pcaSubspace', `paperCompat is true with rank ${rank}, expected it with rank 'mle' only`);
  }
}

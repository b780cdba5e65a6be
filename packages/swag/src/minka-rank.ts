import { logGamma } from './log-gamma.ts';

/**
 * Minka's choice of the number of principal components: the rank of the largest evidence, from 0 to one less than there are eigenvalues.
 *
 * @param eigenvalues of the covariance, those that are not zero, descending
 * @param samples N, the vectors that the covariance is of
 * @param features d, their length: all other eigenvalues are zero
 */
export function minkaRank(eigenvalues: Float64Array, samples: number, features: number): number {
  return bestRank(eigenvalues, (rank) => minkaLogEvidence(eigenvalues, rank, samples, features));
}

/**
 * The original code's choice: samples and features change places, and ½(D·k − k(k+1)/2)·ln M is taken off the evidence of rank k.
 *
 * @param rows M
 * @param size D
 */
export function originalRank(eigenvalues: Float64Array, rows: number, size: number): number {
  return bestRank(eigenvalues, (rank) => originalLogEvidence(eigenvalues, rank, rows, size));
}

export function originalLogEvidence(eigenvalues: Float64Array, rank: number, rows: number, size: number): number {
  const correction = 0.5 * (size * rank - (rank * (rank + 1)) / 2) * Math.log(rows);
  return minkaLogEvidence(eigenvalues, rank, size, eigenvalues.length) - correction;
}

/**
 * Laplace's approximation of the log evidence log p(data | k) of k principal components, up to what does not depend on k:
 *
 * log p(U) − N/2·Σᵢ≤ₖ ln λᵢ − N(d − k)/2·ln v + (m + k + 1)/2·ln 2π − ½ ln |A| − k/2·ln N, where v is the mean of the d − k other eigenvalues,
 * m = dk − k(k + 1)/2, log p(U) = −k ln 2 + Σᵢ≤ₖ (ln Γ((d − i + 1)/2) − (d − i + 1)/2·ln π), and
 * |A| = Πᵢ≤ₖ Πᵢ<ⱼ≤d (1/λ̂ⱼ − 1/λᵢ)(λᵢ − λⱼ)N with λ̂ⱼ = λⱼ up to k and v above.
 *
 * @see Minka (2000), "Automatic choice of dimensionality for PCA"
 */
export function minkaLogEvidence(eigenvalues: Float64Array, rank: number, samples: number, features: number): number {
  const count = eigenvalues.length;
  let tail = 0;
  for (let j = rank; j < count; j++) tail += eigenvalues[j];
  const noise = tail / (features - rank);
  let evidence = -0.5 * samples * (features - rank) * Math.log(noise);
  for (let i = 0; i < rank; i++) {
    const degrees = (features - i) / 2;
    evidence += logGamma(degrees) - degrees * Math.log(Math.PI) - Math.LN2 - 0.5 * samples * Math.log(eigenvalues[i]);
    let logCurvature = 0;
    for (let j = i + 1; j < count; j++) {
      const other = j < rank ? eigenvalues[j] : noise;
      logCurvature += Math.log((eigenvalues[i] - eigenvalues[j]) * (1 / other - 1 / eigenvalues[i]) * samples);
    }
    // All eigenvalues that are zero have the same factor.
    if (features > count) logCurvature += (features - count) * Math.log((eigenvalues[i] / noise - 1) * samples);
    evidence -= 0.5 * logCurvature;
  }
  const parameters = features * rank - (rank * (rank + 1)) / 2;
  return evidence + 0.5 * (parameters + rank + 1) * Math.log(2 * Math.PI) - 0.5 * rank * Math.log(samples);
}

/** Equal eigenvalues have no finite evidence between them (the approximation has no peak there): such ranks are passed over. */
function bestRank(eigenvalues: Float64Array, logEvidence: (rank: number) => number): number {
  let best = 0;
  let highest = -Infinity;
  for (let rank = 0; rank < eigenvalues.length; rank++) {
    const evidence = logEvidence(rank);
    if (Number.isFinite(evidence) && evidence > highest) {
      best = rank;
      highest = evidence;
    }
  }
  return best;
}

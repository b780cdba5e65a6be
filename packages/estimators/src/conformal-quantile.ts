/**
 * The score that a new, exchangeable row's does not exceed with probability `coverage` at least: the ⌈(n + 1)·coverage⌉-th smallest of n; ∞ where n is too small for that.
 *
 * @see Vovk, Gammerman & Shafer (2005); Angelopoulos & Bates (2023), "Conformal Prediction: A Gentle Introduction", Section 1
 */
export function conformalQuantile(scores: Float64Array, coverage: number): number {
  const sorted = scores.slice().sort();
  // A touch less, for the rounding of (n + 1)·coverage.
  const rank = Math.max(1, Math.ceil((scores.length + 1) * coverage - 1e-9));
  return rank > scores.length ? Infinity : sorted[rank - 1];
}

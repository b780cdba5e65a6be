import { normalCdf, normalQuantile } from '@subspace/core/internals';

const MOST_STEPS = 100;
/** Of the narrowest member's standard deviation. */
const TOLERANCE = 1e-9;

/**
 * Quantile of a mixture of normals with equal weights: the y where 1/S·Σ Φ((y − μₛ)/σₛ) is `probability`, by Newton steps that stay between the smallest and the largest of the members' quantiles.
 *
 * @param means μₛ [S]
 * @param variances σₛ² [S], at least 0
 * @param probability between 0 and 1, both excluded
 */
export function mixtureQuantile(means: Float64Array, variances: Float64Array, probability: number): number {
  const z = normalQuantile(probability);
  const stds = variances.map(Math.sqrt);
  const quantiles = means.map((mean, s) => mean + z * stds[s]);
  let low = Math.min(...quantiles);
  let high = Math.max(...quantiles);
  const accuracy = TOLERANCE * Math.max(Math.min(...stds), 1e-6 * (high - low));
  let y = quantiles.reduce((sum, q) => sum + q, 0) / means.length;
  for (let step = 0; step < MOST_STEPS && high - low > accuracy; step++) {
    let excess = -probability;
    let density = 0;
    for (let s = 0; s < means.length; s++) {
      const scaled = (y - means[s]) / stds[s];
      // A member without noise is a step at its mean.
      excess += (stds[s] > 0 ? normalCdf(scaled) : y >= means[s] ? 1 : 0) / means.length;
      if (stds[s] > 0) density += Math.exp(-0.5 * scaled * scaled) / (stds[s] * means.length);
    }
    if (excess > 0) high = y;
    else low = y;
    const newton = y - (excess * Math.sqrt(2 * Math.PI)) / density;
    const next = newton > low && newton < high ? newton : 0.5 * (low + high);
    if (Math.abs(next - y) <= accuracy) return next;
    y = next;
  }
  return y;
}

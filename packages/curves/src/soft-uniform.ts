import { normalCdf, normalQuantile } from '@subspace/core/internals';

/** Beyond this z the probability is not to be told from 0, and s goes on straight. */
const FAR = 30;

/**
 * A change of variables: for z ~ N(0, 1), s(z) is uniform on [0, length], with half a Gaussian of standard deviation `softness` at either end. The density is as high at the ends as
 * between them, and has no kink.
 *
 * @returns s and ds/dz
 */
export function softUniform(length: number, softness: number): (z: number) => { s: number; slope: number } {
  // Of the density 1 on [0, length], and exp(−(s/softness)²/2) before and after.
  const tails = Math.sqrt(2 * Math.PI) * softness;
  const mass = length + tails;
  const below = (z: number) => {
    const u = mass * normalCdf(z);
    const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
    if (u >= tails / 2) return { s: u - tails / 2, slope: mass * density };
    const x = normalQuantile(u / tails);
    return { s: softness * x, slope: mass * density * Math.exp(0.5 * x * x) };
  };
  const end = below(-FAR);
  const left = (z: number) => (z < -FAR ? { s: end.s + (z + FAR) * end.slope, slope: end.slope } : below(z));
  return (z) => {
    if (z <= 0) return left(z);
    const { s, slope } = left(-z);
    return { s: length - s, slope };
  };
}

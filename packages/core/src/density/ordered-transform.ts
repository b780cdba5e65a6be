import type { Transform } from './transform.ts';

/** Ascending numbers: x₀ = z₀, xₖ = xₖ₋₁ + exp(zₖ). */
export function orderedTransform(size: number): Transform {
  return {
    size,
    free: size,
    constraint: 'ascending numbers',
    constrain(z, x) {
      let logJacobian = 0;
      x[0] = z[0];
      for (let k = 1; k < size; k++) {
        x[k] = x[k - 1] + Math.exp(z[k]);
        logJacobian += z[k];
      }
      return logJacobian;
    },
    unconstrain(x, z) {
      z[0] = x[0];
      for (let k = 1; k < size; k++) z[k] = Math.log(x[k] - x[k - 1]);
    },
    pullBack(z, _x, gradient, out) {
      // zₖ moves xₖ and all that come after it.
      let above = 0;
      for (let k = size - 1; k > 0; k--) {
        above += gradient[k];
        out[k] = Math.exp(z[k]) * above + 1;
      }
      out[0] = above + gradient[0];
    },
  };
}

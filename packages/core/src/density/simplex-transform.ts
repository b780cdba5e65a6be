import type { Transform } from './transform.ts';

/** How far from 1 a sum may be. */
const ROUNDING = 1e-6;

/**
 * Numbers above 0 that sum to 1, by breaking a stick: xₖ = rₖ·sₖ with the rest rₖ = 1 − x₀ − … − xₖ₋₁ and the share sₖ = 1 / (1 + exp(−zₖ + log(K − 1 − k))),
 * so that z = 0 is the centre.
 */
export function simplexTransform(size: number): Transform {
  const free = size - 1;
  return {
    size,
    free,
    constraint: 'numbers above 0 that sum to 1',
    constrain(z, x) {
      let logJacobian = 0;
      let logRest = 0;
      for (let k = 0; k < free; k++) {
        const { logShare, logOthers } = shares(z[k] - Math.log(free - k));
        x[k] = Math.exp(logRest + logShare);
        logJacobian += logRest + logShare + logOthers;
        logRest += logOthers;
      }
      x[free] = Math.exp(logRest);
      return logJacobian;
    },
    unconstrain(x, z) {
      let after = x[free];
      for (let k = free - 1; k >= 0; k--) {
        z[k] = Math.log(x[k]) - Math.log(after) + Math.log(free - k);
        after += x[k];
      }
      if (!(Math.abs(after - 1) <= ROUNDING)) z[0] = Number.NaN;
    },
    pullBack(z, x, gradient, out) {
      // What the rest rₖ₊₁, if it grew by a factor, would add: the derivative with respect to log rₖ₊₁.
      let ofRest = gradient[free] * x[free];
      for (let k = free - 1; k >= 0; k--) {
        const { logShare, logOthers } = shares(z[k] - Math.log(free - k));
        const [share, others] = [Math.exp(logShare), Math.exp(logOthers)];
        out[k] = others * x[k] * gradient[k] - share * ofRest + others - share;
        ofRest += gradient[k] * x[k] + 1;
      }
    },
  };
}

/** log s and log(1 − s) of s = 1 / (1 + exp(−t)). */
function shares(t: number): { readonly logShare: number; readonly logOthers: number } {
  const rest = Math.log1p(Math.exp(-Math.abs(t)));
  return { logShare: Math.min(t, 0) - rest, logOthers: Math.min(-t, 0) - rest };
}

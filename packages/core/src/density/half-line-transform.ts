import type { Transform } from './transform.ts';

/** Numbers on one side of a bound: x = bound + exp(z), or bound − exp(z). */
export function halfLineTransform(size: number, bound: number, side: 'above' | 'below'): Transform {
  const sign = side === 'above' ? 1 : -1;
  return {
    size,
    free: size,
    constraint: `numbers ${side} ${bound}`,
    constrain(z, x) {
      let logJacobian = 0;
      for (let i = 0; i < size; i++) {
        x[i] = bound + sign * Math.exp(z[i]);
        logJacobian += z[i];
      }
      return logJacobian;
    },
    unconstrain(x, z) {
      for (let i = 0; i < size; i++) z[i] = Math.log(sign * (x[i] - bound));
    },
    pullBack(z, _x, gradient, out) {
      for (let i = 0; i < size; i++) out[i] = sign * Math.exp(z[i]) * gradient[i] + 1;
    },
  };
}

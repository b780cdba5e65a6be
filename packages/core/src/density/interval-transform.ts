import type { Transform } from './transform.ts';

/** Numbers between two bounds: x = lower + (upper − lower) / (1 + exp(−z)). */
export function intervalTransform(size: number, lower: number, upper: number): Transform {
  const width = upper - lower;
  return {
    size,
    free: size,
    constraint: `numbers between ${lower} and ${upper}`,
    constrain(z, x) {
      let logJacobian = size * Math.log(width);
      for (let i = 0; i < size; i++) {
        // From the nearer bound, so that the distance to it keeps its digits.
        const small = Math.exp(-Math.abs(z[i]));
        const distance = width * (small / (1 + small));
        x[i] = z[i] < 0 ? lower + distance : upper - distance;
        logJacobian -= Math.abs(z[i]) + 2 * Math.log1p(small);
      }
      return logJacobian;
    },
    unconstrain(x, z) {
      for (let i = 0; i < size; i++) z[i] = Math.log(x[i] - lower) - Math.log(upper - x[i]);
    },
    pullBack(z, _x, gradient, out) {
      for (let i = 0; i < size; i++) {
        const small = Math.exp(-Math.abs(z[i]));
        out[i] = ((width * small) / ((1 + small) * (1 + small))) * gradient[i] - Math.tanh(z[i] / 2);
      }
    },
  };
}

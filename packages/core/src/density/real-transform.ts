import type { Transform } from './transform.ts';

/** Any numbers: x = z. */
export function realTransform(size: number): Transform {
  return {
    size,
    free: size,
    constraint: 'finite numbers',
    constrain(z, x) {
      x.set(z);
      return 0;
    },
    unconstrain: (x, z) => z.set(x),
    pullBack: (_z, _x, gradient, out) => out.set(gradient),
  };
}

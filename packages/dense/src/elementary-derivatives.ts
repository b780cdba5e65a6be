import { normalCdf } from '@subspace/core/internals';
import type { Activation } from './network-structure.ts';

/** Of each activation: value, first and second derivative, in float64. */
export const activationDerivatives: Readonly<Record<Activation, (x: number) => readonly [number, number, number]>> = {
  identity: (x) => [x, 1, 0],
  relu: (x) => (x > 0 ? [x, 1, 0] : [0, 0, 0]),
  tanh(x) {
    const y = Math.tanh(x);
    return [y, 1 - y * y, -2 * y * (1 - y * y)];
  },
  silu(x) {
    const s = sigmoid(x);
    const t = s * (1 - s);
    return [x * s, s + x * t, t * (2 + x * (1 - 2 * s))];
  },
  gelu(x) {
    const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
    const p = normalCdf(x);
    return [x * p, p + x * density, density * (2 - x * x)];
  },
};

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

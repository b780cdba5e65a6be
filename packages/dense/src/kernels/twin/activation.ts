import { normalCdf } from '@subspace/core/internals';
import { sigmoid } from './elementary.ts';
import type { Net } from './structures.ts';

/** ReLU's derivative is read off its activations, the identity's is 1; the others' are kept. */
export function hasSlopes({ activation }: Net): boolean {
  return activation !== 'identity' && activation !== 'relu';
}

/** n sums h → activations, in place; their derivatives into `slope`, where there is one. ReLU keeps NaN. */
export function activate(f: Float32Array, { activation }: Net, n: number, h: number, slope: number): void {
  switch (activation) {
    case 'relu':
      for (let i = h; i < h + n; i++) if (f[i] < 0) f[i] = 0;
      break;
    case 'tanh':
      for (let i = 0; i < n; i++) {
        const y = Math.tanh(f[h + i]);
        f[h + i] = y;
        if (slope) f[slope + i] = 1 - y * y;
      }
      break;
    case 'silu':
      for (let i = 0; i < n; i++) {
        const x = f[h + i];
        const p = sigmoid(x);
        f[h + i] = x * p;
        if (slope) f[slope + i] = p * (1 + x * sigmoid(-x));
      }
      break;
    case 'gelu':
      for (let i = 0; i < n; i++) {
        const x = f[h + i];
        const p = normalCdf(x);
        f[h + i] = x * p;
        if (slope) f[slope + i] = p + x * Math.exp(-0.5 * x * x) * 0.3989422804014327;
      }
      break;
  }
}

/** Derivatives d by n activations → by the sums under them, in place. */
export function timesSlope(f: Float32Array, net: Net, n: number, d: number, activations: number, slope: number): void {
  if (net.activation === 'relu') {
    for (let i = 0; i < n; i++) if (!(f[activations + i] > 0)) f[d + i] = 0;
  } else if (hasSlopes(net)) {
    for (let i = 0; i < n; i++) f[d + i] *= f[slope + i];
  }
}

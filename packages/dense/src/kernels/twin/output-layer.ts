import { addProduct, dot } from './product.ts';
import type { Net, Scratch } from './structures.ts';

/** The last layer: weights [out, in] in rows of `ld`, outputs in planes. */

/** o[n, r] = Σₖ h[r, k]·w[n, k] + bias[n]; with `bias` 0, adds the sums to what is in o. */
export function outputs(
  f: Float32Array,
  { last, outputs, planeStride }: Net,
  rows: number,
  h: number,
  w: number,
  bias: number,
  o: number,
): void {
  for (let n = 0; n < outputs; n++) {
    const plane = o + n * planeStride;
    for (let r = 0; r < rows; r++) {
      const sum = dot(f, last.ld, h + r * last.ld, w + n * last.ld);
      f[plane + r] = sum + (bias ? f[bias + n] : f[plane + r]);
    }
  }
}

/** d[r, k] = Σₙ dO[n, r]·w[n, k]. */
export function inputDerivatives(
  f: Float32Array,
  { last: { ld }, outputs, planeStride }: Net,
  { dO }: Scratch,
  rows: number,
  w: number,
  d: number,
): void {
  f.fill(0, d, d + rows * ld);
  addProduct(f, rows, ld, outputs, dO, 1, planeStride, w, 8, ld, d, 8, ld);
}

/** g[n, k] += Σᵣ dO[n, r]·h[r, k]; bias[n] += Σᵣ dO[n, r]. */
export function addOutputGradients(
  f: Float32Array,
  { last: { ld }, outputs, planeStride }: Net,
  { dO }: Scratch,
  rows: number,
  h: number,
  g: number,
  bias: number,
): void {
  addProduct(f, outputs, ld, rows, dO, planeStride, 1, h, 8, ld, g, 8, ld);
  for (let n = 0; n < outputs; n++) {
    let sum = f[bias + n];
    for (let r = 0, p = dO + n * planeStride; r < rows; r++, p++) sum += f[p];
    f[bias + n] = sum;
  }
}

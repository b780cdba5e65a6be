/**
 * A first layer whose sums are linear in z: X·W(z) = X·W₀ + Σₖ zₖ·X·Bₖ. Of each four sums there are dim + 1 quadruples in a row, that of the shift first.
 */

/** n sums at z, into out. */
export function linearSums(f: Float32Array, n: number, dim: number, linear: number, z: number, out: number): void {
  for (let i = 0, q = linear; i < n; i += 4) {
    let s0 = f[q];
    let s1 = f[q + 1];
    let s2 = f[q + 2];
    let s3 = f[q + 3];
    q += 4;
    for (let k = 0; k < dim; k++, q += 4) {
      const x = f[z + k];
      s0 += x * f[q];
      s1 += x * f[q + 1];
      s2 += x * f[q + 2];
      s3 += x * f[q + 3];
    }
    f[out + i] = s0;
    f[out + i + 1] = s1;
    f[out + i + 2] = s2;
    f[out + i + 3] = s3;
  }
}

/** gradient[k] += Σ d·(sums of basis row k), n sums. */
export function addLinearGradient(
  f: Float32Array,
  doubles: Float64Array,
  n: number,
  dim: number,
  linear: number,
  d: number,
  gradient: number,
): void {
  const step = 4 * (dim + 1);
  for (let k = 0; k < dim; k++) {
    let sum = 0;
    for (let i = 0, q = linear + 4 * (k + 1); i < n; i += 4, q += step) {
      sum += f[d + i] * f[q] + f[d + i + 1] * f[q + 1] + f[d + i + 2] * f[q + 2] + f[d + i + 3] * f[q + 3];
    }
    doubles[gradient + k] += sum;
  }
}

/** n sums of the shift (k = 0) or of basis row k − 1 to where they belong in `linear`. */
export function placeLinear(f: Float32Array, n: number, dim: number, k: number, sums: number, linear: number): void {
  for (let i = 0, q = linear + 4 * k; i < n; i += 4, q += 4 * (dim + 1)) f.copyWithin(q, sums + i, sums + i + 4);
}

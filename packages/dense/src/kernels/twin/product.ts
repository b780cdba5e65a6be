/**
 * Products of matrices in memory `f`. A matrix is given by where it starts (its name in lower case), and how far apart its elements are.
 */

/**
 * C += A·B, A [rows, inner], B [inner, columns], sums in double precision.
 *
 * The columns of B and C come in panels of 8 next to each other (the number of columns is rounded up): `bPanel` and `cPanel` are from panel to panel.
 * A tile of 2 rows by 4 columns is what V8 keeps in registers.
 */
export function addProduct(
  f: Float32Array,
  rows: number,
  columns: number,
  inner: number,
  a: number,
  aRow: number,
  aInner: number,
  b: number,
  bPanel: number,
  bInner: number,
  c: number,
  cPanel: number,
  cRow: number,
): void {
  for (let panel = 0; 8 * panel < columns; panel++) {
    for (let i = 0; i < rows; i += 2) {
      // An odd last row is its own second row.
      const second = i + 1 < rows ? 1 : 0;
      for (let h = 0; h < 8; h += 4) {
        const u = c + panel * cPanel + i * cRow + h;
        const v = u + second * cRow;
        let u0 = f[u];
        let u1 = f[u + 1];
        let u2 = f[u + 2];
        let u3 = f[u + 3];
        let v0 = f[v];
        let v1 = f[v + 1];
        let v2 = f[v + 2];
        let v3 = f[v + 3];
        let p = a + i * aRow;
        let q = p + second * aRow;
        let r = b + panel * bPanel + h;
        for (let k = 0; k < inner; k++) {
          const x = f[p];
          const y = f[q];
          const b0 = f[r];
          const b1 = f[r + 1];
          const b2 = f[r + 2];
          const b3 = f[r + 3];
          u0 += x * b0;
          v0 += y * b0;
          u1 += x * b1;
          v1 += y * b1;
          u2 += x * b2;
          v2 += y * b2;
          u3 += x * b3;
          v3 += y * b3;
          p += aInner;
          q += aInner;
          r += bInner;
        }
        f[u] = u0;
        f[u + 1] = u1;
        f[u + 2] = u2;
        f[u + 3] = u3;
        f[v] = v0;
        f[v + 1] = v1;
        f[v + 2] = v2;
        f[v + 3] = v3;
      }
    }
  }
}

/** C[rows, columns] += A[rows, inner]·W, W in panels that are `stride` apart. */
export function multiply(
  f: Float32Array,
  rows: number,
  columns: number,
  inner: number,
  a: number,
  lda: number,
  w: number,
  stride: number,
  c: number,
  ldc: number,
): void {
  addProduct(f, rows, columns, inner, a, lda, 1, w, stride, 8, c, 8, ldc);
}

/** G[inputs, columns] in panels += Aᵀ·D, A [rows, inputs], D [rows, columns]. */
export function multiplyTransposed(
  f: Float32Array,
  inputs: number,
  columns: number,
  rows: number,
  a: number,
  lda: number,
  d: number,
  ldd: number,
  g: number,
): void {
  addProduct(f, inputs, columns, rows, a, 1, lda, d, 8, ldd, g, 8 * inputs, 8);
}

/** out[n] = base + Σₖ z[k]·rows[k], n a multiple of 8, rows `stride` apart; base may be out. */
export function combine(
  f: Float32Array,
  n: number,
  dim: number,
  base: number,
  rows: number,
  stride: number,
  z: number,
  out: number,
): void {
  if (base !== out) f.copyWithin(out, base, base + n);
  addProduct(f, 1, n, dim, z, 0, 1, rows, 8, stride, out, 8, 0);
}

/** Σ a·b of n numbers. */
export function dot(f: Float32Array, n: number, a: number, b: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += f[a + i] * f[b + i];
    s1 += f[a + i + 1] * f[b + i + 1];
    s2 += f[a + i + 2] * f[b + i + 2];
    s3 += f[a + i + 3] * f[b + i + 3];
  }
  for (; i < n; i++) s0 += f[a + i] * f[b + i];
  return s0 + s1 + (s2 + s3);
}

/** C[row] = bias for every row of `length` numbers. */
export function fillRows(f: Float32Array, rows: number, length: number, bias: number, c: number): void {
  for (let r = 0; r < rows; r++) f.copyWithin(c + r * length, bias, bias + length);
}

/** out[columns] += column sums of D[rows, columns]. */
export function addColumnSums(
  f: Float32Array,
  rows: number,
  columns: number,
  d: number,
  ldd: number,
  out: number,
): void {
  for (let j = 0; j < columns; j++) {
    let sum = f[out + j];
    for (let r = 0, p = d + j; r < rows; r++, p += ldd) sum += f[p];
    f[out + j] = sum;
  }
}

/** W[inputs, columns] in panels → Wᵀ[columns, inputs] in panels of 8·(columns padded to 8), padded with zeros. */
export function transpose(f: Float32Array, inputs: number, columns: number, w: number, t: number): void {
  const padded = (columns + 7) & ~7;
  const end = (inputs + 7) & ~7;
  for (let n = 0; n < padded; n++) {
    const column = w + (n >> 3) * inputs * 8 + (n & 7);
    for (let k = 0; k < end; k++) {
      f[t + ((k >> 3) * padded + n) * 8 + (k & 7)] = k < inputs ? f[column + 8 * k] : 0;
    }
  }
}

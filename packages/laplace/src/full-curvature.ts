import { cholesky } from '@subspace/core/internals';
import type { Curvature } from './curvature.ts';
import type { FactorRows } from './jacobian-rows.ts';
import { dot, norm } from './vectors.ts';

/** The whole Gauss–Newton matrix [d, d]: for small networks. */
export async function fullCurvature(size: number, rows: AsyncIterable<FactorRows>): Promise<Curvature> {
  const matrix = new Float64Array(size * size);
  for await (const { count, outputs, factor } of rows) addSquare(matrix, factor, count * outputs, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j];
  }
  return {
    size,
    posterior(priorPrecision) {
      const precision = matrix.slice();
      for (let i = 0; i < size; i++) precision[i * size + i] += priorPrecision;
      const L = cholesky(precision, size);
      if (!L) return undefined;
      let logDeterminant = 0;
      for (let i = 0; i < size; i++) logDeterminant += 2 * Math.log(L[i * size + i]);
      const covarianceTimes = (v: Float64Array) => backward(L, forward(L, v, size), size);
      return {
        logDeterminant,
        covarianceTimes,
        precisionTimes: (v) => Float64Array.from(v, (_, i) => dot(precision.subarray(i * size, (i + 1) * size), v)),
        variance(j) {
          const length = norm(forward(L, j, size));
          return length * length;
        },
        marginalVariances: () =>
          Float64Array.from({ length: size }, (_, i) => {
            const axis = new Float64Array(size);
            axis[i] = 1;
            const length = norm(forward(L, axis, size, i));
            return length * length;
          }),
        draw: (random) =>
          backward(
            L,
            Float64Array.from({ length: size }, () => random.normal()),
            size,
          ),
      };
    },
  };
}

/** The lower triangle of matrix += XᵀX, for X [count, size] row major. */
function addSquare(matrix: Float64Array, X: Float64Array, count: number, size: number): void {
  // By columns, which then lie in one piece; columns of zeros make tiles of two by four whole.
  const columns = Array.from({ length: (size + 3) & ~3 }, (_, i) => {
    const column = new Float64Array(count);
    if (i < size) for (let row = 0; row < count; row++) column[row] = X[row * size + i];
    return column;
  });
  const add = (i: number, j: number, value: number) => {
    if (i < size && j < size) matrix[i * size + j] += value;
  };
  for (let i = 0; i < size; i += 2) {
    const [a, b] = [columns[i], columns[i + 1]];
    for (let j = 0; j <= i + 1; j += 4) {
      const [c, d, e, f] = [columns[j], columns[j + 1], columns[j + 2], columns[j + 3]];
      let [ac, ad, ae, af] = [0, 0, 0, 0];
      let [bc, bd, be, bf] = [0, 0, 0, 0];
      for (let row = 0; row < count; row++) {
        const x = a[row];
        const y = b[row];
        ac += x * c[row];
        ad += x * d[row];
        ae += x * e[row];
        af += x * f[row];
        bc += y * c[row];
        bd += y * d[row];
        be += y * e[row];
        bf += y * f[row];
      }
      add(i, j, ac);
      add(i, j + 1, ad);
      add(i, j + 2, ae);
      add(i, j + 3, af);
      add(i + 1, j, bc);
      add(i + 1, j + 1, bd);
      add(i + 1, j + 2, be);
      add(i + 1, j + 3, bf);
    }
  }
}

/** L⁻¹·v, for v that is 0 before `from`. */
function forward(L: Float64Array, v: Float64Array, size: number, from = 0): Float64Array {
  const solved = new Float64Array(size);
  for (let row = from; row < size; row++) {
    const before = dot(solved.subarray(from, row), L.subarray(row * size + from, row * size + row));
    solved[row] = (v[row] - before) / L[row * size + row];
  }
  return solved;
}

/** L⁻ᵀ·v. */
function backward(L: Float64Array, v: Float64Array, size: number): Float64Array {
  const solved = v.slice();
  for (let row = size - 1; row >= 0; row--) {
    const value = solved[row] / L[row * size + row];
    solved[row] = value;
    for (let i = 0, at = row * size; i < row; i++, at++) solved[i] -= value * L[at];
  }
  return solved;
}

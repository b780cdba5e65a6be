/**
 * The matrix product C·A, summed in float64 and rounded once: row k is Σₘ coefficients[k][m]·rows[m].
 *
 * @param coefficients C [K, M], as K rows
 * @param rows A [M, D], as M rows
 * @param into where the K rows go; may be rows of A, all of which are read block by block before the block is written
 * @returns `into`
 */
export function combineRows(
  coefficients: readonly Float64Array[],
  rows: readonly Float32Array[],
  into: readonly Float32Array[],
): readonly Float32Array[] {
  const size = rows[0].length;
  const block = Math.min(2048, size);
  const sums = coefficients.map(() => new Float64Array(block));
  for (let start = 0; start < size; start += block) {
    const length = Math.min(block, size - start);
    for (let k = 0; k < sums.length; k++) accumulate(coefficients[k], rows, start, length, sums[k]);
    for (let k = 0; k < sums.length; k++) into[k].set(sums[k].subarray(0, length), start);
  }
  return into;
}

/** Changes the sign of the row if its entry of largest magnitude is negative: an eigenvector leaves it open. */
export function fixSign(row: Float32Array): void {
  let extreme = 0;
  for (let i = 0; i < row.length; i++) if (Math.abs(row[i]) > Math.abs(extreme)) extreme = row[i];
  if (extreme < 0) for (let i = 0; i < row.length; i++) row[i] = -row[i];
}

function accumulate(
  factors: Float64Array,
  rows: readonly Float32Array[],
  start: number,
  length: number,
  sum: Float64Array,
): void {
  sum.fill(0);
  let m = 0;
  // Four rows a turn, so that the sum is read and written once for all four.
  for (; m + 4 <= rows.length; m += 4) {
    const a: Float32Array = rows[m];
    const b: Float32Array = rows[m + 1];
    const c: Float32Array = rows[m + 2];
    const d: Float32Array = rows[m + 3];
    const fa = factors[m];
    const fb = factors[m + 1];
    const fc = factors[m + 2];
    const fd = factors[m + 3];
    for (let i = 0, j = start; i < length; i++, j++) sum[i] += fa * a[j] + fb * b[j] + fc * c[j] + fd * d[j];
  }
  for (; m < rows.length; m++) {
    const factor = factors[m];
    const row: Float32Array = rows[m];
    for (let i = 0, j = start; i < length; i++, j++) sum[i] += factor * row[j];
  }
}

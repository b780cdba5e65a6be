/**
 * Adds to products[at + m] the inner product of a block of weights with the same block of row m, for the first `count` rows, in float64.
 *
 * Four rows a turn: their sums are independent, so that no addition waits for another, and the vector is read once for all four.
 *
 * @param vector [length]
 * @param start where the block begins in the rows
 */
export function addRowProducts(
  vector: Float64Array,
  rows: readonly Float32Array[],
  count: number,
  start: number,
  length: number,
  products: Float64Array,
  at: number,
): void {
  let m = 0;
  for (; m + 4 <= count; m += 4) {
    const a: Float32Array = rows[m];
    const b: Float32Array = rows[m + 1];
    const c: Float32Array = rows[m + 2];
    const d: Float32Array = rows[m + 3];
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    for (let i = 0, j = start; i < length; i++, j++) {
      const x = vector[i];
      sumA += x * a[j];
      sumB += x * b[j];
      sumC += x * c[j];
      sumD += x * d[j];
    }
    products[at + m] += sumA;
    products[at + m + 1] += sumB;
    products[at + m + 2] += sumC;
    products[at + m + 3] += sumD;
  }
  for (; m < count; m++) {
    const row: Float32Array = rows[m];
    let sum = 0;
    for (let i = 0, j = start; i < length; i++, j++) sum += vector[i] * row[j];
    products[at + m] += sum;
  }
}

import { addRowProducts } from './row-products.ts';

/**
 * All inner products of rows, G = A·diag(1/variance)·Aᵀ, in float64: [M, M] row major.
 *
 * @param rows M rows A, of the same length
 * @param variance one for each entry of a row; all 1 by default
 */
export function gramMatrix(rows: readonly Float32Array[], variance?: Float32Array): Float64Array {
  const count = rows.length;
  const gram = new Float64Array(count * count);
  const size = count === 0 ? 0 : rows[0].length;
  // A block of all rows stays in the cache while each is multiplied with each.
  const block = Math.min(1024, size);
  const scaled = new Float64Array(block);
  const precision = new Float64Array(block).fill(1);
  for (let start = 0; start < size; start += block) {
    const length = Math.min(block, size - start);
    if (variance) for (let j = 0; j < length; j++) precision[j] = 1 / variance[start + j];
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      for (let j = 0; j < length; j++) scaled[j] = precision[j] * row[start + j];
      // Up to the diagonal and to a multiple of four rows, which go at once: what lies above the diagonal is overwritten below.
      addRowProducts(scaled, rows, Math.min(count, (i + 4) & ~3), start, length, gram, i * count);
    }
  }
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) gram[j * count + i] = gram[i * count + j];
  }
  return gram;
}

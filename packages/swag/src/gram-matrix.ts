/**
 * All inner products of rows, G = A·diag(1/variance)·Aᵀ, in float64: [M, M] row major.
 *
 * @param rows M rows A, of the same length
 * @param variance one for each entry of a row; all 1 by default
 */
export function gramMatrix(rows: readonly Float32Array[], variance?: Float32Array): Float64Array {
  const count = rows.length;
  const size = count === 0 ? 0 : rows[0].length;
  // Tiles are two rows by four: rows of zeros make them whole. A block of all rows stays in the cache while each is multiplied with each.
  const padded = (count + 3) & ~3;
  const products = new Float64Array(padded * padded);
  const block = Math.min(1024, size);
  const packed = Array.from({ length: padded }, () => new Float64Array(block));
  const precisionRoot = new Float64Array(block).fill(1);
  for (let start = 0; start < size; start += block) {
    const length = Math.min(block, size - start);
    if (variance) for (let j = 0; j < length; j++) precisionRoot[j] = 1 / Math.sqrt(variance[start + j]);
    for (let m = 0; m < count; m++) scaleBlock(rows[m], start, length, precisionRoot, packed[m]);
    for (let i = 0; i < padded; i += 2) {
      for (let other = 0; other <= i; other += 4) addTile(packed, i, other, length, products, padded);
    }
  }
  return Float64Array.from({ length: count * count }, (_, at) => {
    const [i, j] = [Math.floor(at / count), at % count];
    return products[Math.max(i, j) * padded + Math.min(i, j)];
  });
}

function scaleBlock(row: Float32Array, start: number, length: number, factors: Float64Array, into: Float64Array): void {
  for (let j = 0; j < length; j++) into[j] = factors[j] * row[start + j];
}

/** Adds the products of two rows with four: eight sums that do not wait for each other, and six loads for them. */
function addTile(
  rows: readonly Float64Array[],
  i: number,
  j: number,
  length: number,
  products: Float64Array,
  stride: number,
): void {
  const a = rows[i];
  const b = rows[i + 1];
  const c = rows[j];
  const d = rows[j + 1];
  const e = rows[j + 2];
  const f = rows[j + 3];
  let ac = 0;
  let ad = 0;
  let ae = 0;
  let af = 0;
  let bc = 0;
  let bd = 0;
  let be = 0;
  let bf = 0;
  for (let k = 0; k < length; k++) {
    const x = a[k];
    const y = b[k];
    ac += x * c[k];
    ad += x * d[k];
    ae += x * e[k];
    af += x * f[k];
    bc += y * c[k];
    bd += y * d[k];
    be += y * e[k];
    bf += y * f[k];
  }
  const first = i * stride + j;
  products[first] += ac;
  products[first + 1] += ad;
  products[first + 2] += ae;
  products[first + 3] += af;
  const second = first + stride;
  products[second] += bc;
  products[second + 1] += bd;
  products[second + 2] += be;
  products[second + 3] += bf;
}

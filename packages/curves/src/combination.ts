/** Weights at a time whose sums are in the first-level cache. */
const BLOCK = 2048;

/** Σₖ coefficients[k]·vectors[k] in one pass, summed in float64 and rounded once. */
export function combination(
  vectors: readonly Float32Array[],
  coefficients: ArrayLike<number>,
  out: Float32Array,
): Float32Array {
  const sums = new Float64Array(Math.min(BLOCK, out.length));
  for (let start = 0; start < out.length; start += BLOCK) {
    const length = Math.min(BLOCK, out.length - start);
    sums.fill(0);
    vectors.forEach((vector, k) => {
      const c = coefficients[k];
      if (c === 0) return;
      for (let i = 0; i < length; i++) sums[i] += c * vector[start + i];
    });
    for (let i = 0; i < length; i++) out[start + i] = sums[i];
  }
  return out;
}

/** Inner products of the differences of neighbours, [n, n] row major: lengths along a curve need no more of its D weights. */
export function differenceProducts(points: readonly Float32Array[]): Float64Array {
  const n = points.length - 1;
  const products = new Float64Array(n * n);
  const differences = new Float64Array(n);
  for (let i = 0; i < points[0].length; i++) {
    for (let j = 0; j < n; j++) differences[j] = points[j + 1][i] - points[j][i];
    for (let j = 0; j < n; j++) {
      for (let k = 0; k <= j; k++) products[j * n + k] += differences[j] * differences[k];
    }
  }
  for (let j = 0; j < n; j++) for (let k = 0; k < j; k++) products[k * n + j] = products[j * n + k];
  return products;
}

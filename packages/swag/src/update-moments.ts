/**
 * Welford's recurrences for the n-th snapshot w, in one pass: mean ← mean + (w − mean)/n, squares ← squares + (w − mean before)·(w − mean after),
 * row ← w − mean after. A weight that never moves adds exactly zero to its squares.
 *
 * Four weights a turn, all read before any is written: compiled so, the loop runs near the speed of the memory, one weight a turn at half of it.
 *
 * @param row where the deviation goes
 */
export function updateMoments(
  weights: Float32Array,
  n: number,
  mean: Float64Array,
  squares: Float64Array,
  row: Float32Array,
): void {
  const part = 1 / n;
  let i = 0;
  for (; i + 4 <= weights.length; i += 4) {
    const w0 = weights[i];
    const w1 = weights[i + 1];
    const w2 = weights[i + 2];
    const w3 = weights[i + 3];
    const m0 = mean[i];
    const m1 = mean[i + 1];
    const m2 = mean[i + 2];
    const m3 = mean[i + 3];
    const before0 = w0 - m0;
    const before1 = w1 - m1;
    const before2 = w2 - m2;
    const before3 = w3 - m3;
    const n0 = m0 + before0 * part;
    const n1 = m1 + before1 * part;
    const n2 = m2 + before2 * part;
    const n3 = m3 + before3 * part;
    const after0 = w0 - n0;
    const after1 = w1 - n1;
    const after2 = w2 - n2;
    const after3 = w3 - n3;
    mean[i] = n0;
    mean[i + 1] = n1;
    mean[i + 2] = n2;
    mean[i + 3] = n3;
    squares[i] += before0 * after0;
    squares[i + 1] += before1 * after1;
    squares[i + 2] += before2 * after2;
    squares[i + 3] += before3 * after3;
    row[i] = after0;
    row[i + 1] = after1;
    row[i + 2] = after2;
    row[i + 3] = after3;
  }
  for (; i < weights.length; i++) {
    const before = weights[i] - mean[i];
    mean[i] += before * part;
    row[i] = weights[i] - mean[i];
    squares[i] += before * (weights[i] - mean[i]);
  }
}

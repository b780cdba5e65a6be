/** More sweeps than any small symmetric matrix needs. */
const SWEEPS = 60;

/** The projection of points onto the `count` directions in which they vary most, about their mean. */
export function principalComponents(
  points: readonly Float64Array[],
  count: number,
): (point: Float64Array) => Float64Array {
  const d = points[0].length;
  const mean = new Float64Array(d);
  for (const point of points) for (let k = 0; k < d; k++) mean[k] += point[k] / points.length;
  const covariance = Array.from({ length: d }, () => new Float64Array(d));
  for (const point of points) {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k < d; k++) covariance[j][k] += ((point[j] - mean[j]) * (point[k] - mean[k])) / points.length;
    }
  }
  const { values, vectors } = eigenvectors(covariance);
  const largest = [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, count);
  return (point) =>
    Float64Array.from(largest, (column) => point.reduce((sum, x, k) => sum + (x - mean[k]) * vectors[k][column], 0));
}

/** Of a symmetric matrix, which is overwritten, by cyclic Jacobi rotations; vectors are the columns. */
function eigenvectors(a: readonly Float64Array[]): { values: Float64Array; vectors: readonly Float64Array[] } {
  const d = a.length;
  const vectors = Array.from({ length: d }, (_, j) => Float64Array.from({ length: d }, (_, k) => (j === k ? 1 : 0)));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < d; p++) {
      for (let q = p + 1; q < d; q++) {
        if (a[p][q] === 0) continue;
        off += Math.abs(a[p][q]);
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        for (const rows of [a, vectors]) rotateColumns(rows, p, q, c, t * c);
        rotateRows(a, p, q, c, t * c);
      }
    }
    if (off < 1e-14) break;
  }
  return { values: Float64Array.from(a, (row, k) => row[k]), vectors };
}

function rotateColumns(rows: readonly Float64Array[], p: number, q: number, c: number, s: number): void {
  for (const row of rows) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
}

function rotateRows(a: readonly Float64Array[], p: number, q: number, c: number, s: number): void {
  for (let k = 0; k < a.length; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
}

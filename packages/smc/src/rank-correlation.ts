/** Spearman's correlation of ranks, in [−1, 1]; ties are ranked in order, −∞ is the lowest. 1 where there are fewer than two values. */
export function rankCorrelation(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  const [first, second] = [ranks(a), ranks(b)];
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (first[i] - second[i]) * (first[i] - second[i]);
  return n < 2 ? 1 : 1 - (6 * squares) / (n * (n * n - 1));
}

function ranks(values: Float64Array): Float64Array {
  const order = Array.from(values.keys()).sort((i, j) =>
    values[i] < values[j] ? -1 : values[i] > values[j] ? 1 : i - j,
  );
  const rank = new Float64Array(values.length);
  order.forEach((index, place) => {
    rank[index] = place;
  });
  return rank;
}

/** Classes of a row of probabilities [C], the most probable first; of equal ones the first. */
export function byProbability(row: Float64Array): readonly number[] {
  return Array.from(row.keys()).sort((a, b) => row[b] - row[a] || a - b);
}

/** The fewest classes whose probabilities sum to `coverage`, the most probable first. */
export function smallestSet(row: Float64Array, coverage: number): readonly number[] {
  const order = byProbability(row);
  let sum = 0;
  let count = 0;
  while (count < order.length && sum < coverage) sum += row[order[count++]];
  return order.slice(0, count);
}

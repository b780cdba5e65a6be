/** −Σ p·log p of a row of probabilities [N, C], in nats; NaN where one of them is. */
export function rowEntropy(
  { classes, probabilities }: { readonly classes: number; readonly probabilities: ArrayLike<number> },
  row: number,
): number {
  let sum = 0;
  for (let i = row * classes; i < (row + 1) * classes; i++) {
    if (probabilities[i] !== 0) sum -= probabilities[i] * Math.log(probabilities[i]);
  }
  return sum;
}

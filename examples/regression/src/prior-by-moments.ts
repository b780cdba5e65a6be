/**
 * σ of the prior N(0, σ²·I) over all weights of a ReLU network under which its outputs are, in the mean over the training inputs, as large as the targets: E f(x)² = y².
 *
 * E of a sum over n inputs h with weights N(0, σ²) and its bias is σ²·(E|h|² + 1), and E relu(a)² is half of E a², layer by layer: exact, without a draw, and without a fit.
 *
 * @param sizes units of all layers, inputs first, one output
 * @param inputs [N, sizes[0]] row major
 */
export function priorStdByMoments(
  sizes: readonly number[],
  inputs: ArrayLike<number>,
  targets: ArrayLike<number>,
): number {
  const wanted = meanSquare(targets);
  const hidden = sizes.slice(1, -1);
  const outputs = (std: number) =>
    hidden.reduce(
      (square, units) => std * std * ((units * square) / 2 + 1),
      std * std * (sizes[0] * meanSquare(inputs) + 1),
    );
  let [low, high] = [1e-6, 1e3];
  for (let i = 0; i < 100; i++) {
    const middle = Math.sqrt(low * high);
    if (outputs(middle) < wanted) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

function meanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum / values.length;
}

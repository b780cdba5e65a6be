/** ln Γ(x) for x > 0, by Stirling's series above 10 and the recurrence Γ(x + 1) = x·Γ(x) below; relative error about 1e-15. */
export function logGamma(x: number): number {
  let product = 1;
  let y = x;
  for (; y < 10; y++) product *= y;
  const inverse = 1 / y;
  const square = inverse * inverse;
  // Bernoulli numbers B₂ₙ/(2n(2n − 1)), n = 1 … 6.
  const series =
    1 / 12 -
    square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - (square * 691) / 360360))));
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + inverse * series - Math.log(product);
}

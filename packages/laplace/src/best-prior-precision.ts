/**
 * The λ of the greatest evidence. It is λ = γ / ‖w‖², γ ≤ d the number of weights that the data determine: so it is searched for below d / ‖w‖², over eight powers of ten, on a lattice and
 * then by golden section.
 *
 * @param squares ‖w‖² of the chosen weights; `size` d
 */
export function bestPriorPrecision(
  size: number,
  squares: number,
  logEvidence: (priorPrecision: number) => number,
): number {
  const most = Math.log(size / squares);
  const at = (position: number) => logEvidence(Math.exp(position));
  const lattice = Array.from({ length: 9 }, (_, k) => most - k * Math.LN10);
  const values = lattice.map(at);
  const best = values.reduce((b, value, k) => (value > values[b] ? k : b), 0);
  let low = lattice[Math.min(8, best + 1)];
  let high = lattice[Math.max(0, best - 1)];
  const golden = (Math.sqrt(5) - 1) / 2;
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [ofLeft, ofRight] = [at(left), at(right)];
  while (high - low > 1e-3) {
    if (ofLeft < ofRight) {
      [low, left, ofLeft] = [left, right, ofRight];
      right = low + golden * (high - low);
      ofRight = at(right);
    } else {
      [high, right, ofRight] = [right, left, ofLeft];
      left = high - golden * (high - low);
      ofLeft = at(left);
    }
  }
  return Math.exp(0.5 * (low + high));
}

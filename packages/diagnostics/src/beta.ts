/**
 * Quantile of the beta distribution: the x with Iₓ(a, b) = probability, by bisection to the last bit.
 *
 * @param probability in (0, 1)
 * @param a at least 1
 * @param b at least 1
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (betaCdf(middle, a, b) < probability) low = middle;
    else high = middle;
  }
}

/** The regularised incomplete beta function Iₓ(a, b), for x in (0, 1), by Lentz's method. @see DLMF 8.17.22 for the continued fraction */
function betaCdf(x: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - betaCdf(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; ; m++) {
    for (const coefficient of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / (1 + coefficient * d);
      c = 1 + coefficient / c;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15 || m > 100_000) return front * fraction;
  }
}

/** log Γ(x) for x ≥ 1, by Lanczos' approximation with g = 7 and nine terms: to about 15 digits. */
function logGamma(x: number): number {
  let sum = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i] / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

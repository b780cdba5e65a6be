/** log(1 + eˣ). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1/(1 + e⁻ˣ). */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/**
 * Φ(x), the normal distribution function, to about 15 digits.
 *
 * @param density e^(−x²/2)
 * @see West (2005), Better approximations to cumulative normal functions (Hart's algorithm 5666)
 */
export function normalDistribution(x: number, density: number): number {
  const a = Math.abs(x);
  let tail: number;
  if (a < 7.07106781186547) {
    let p = 0.0352624965998911;
    p = p * a + 0.700383064443688;
    p = p * a + 6.37396220353165;
    p = p * a + 33.912866078383;
    p = p * a + 112.079291497871;
    p = p * a + 221.213596169931;
    p = p * a + 220.206867912376;
    let q = 0.0883883476483184;
    q = q * a + 1.75566716318264;
    q = q * a + 16.064177579207;
    q = q * a + 86.7807322029461;
    q = q * a + 296.564248779674;
    q = q * a + 637.333633378831;
    q = q * a + 793.826512519948;
    q = q * a + 440.413735824752;
    tail = (density * p) / q;
  } else {
    tail = density / (a + 1 / (a + 2 / (a + 3 / (a + 4 / (a + 0.65))))) / 2.506628274631;
  }
  return x < 0 ? tail : 1 - tail;
}

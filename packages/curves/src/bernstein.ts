/** Bernstein polynomials of degree n at t, n + 1 values: C(n, k)·tᵏ·(1 − t)ⁿ⁻ᵏ, by de Casteljau's recursion. */
export function bernstein(degree: number, t: number): Float64Array {
  const values = new Float64Array(degree + 1);
  values[0] = 1;
  for (let n = 1; n <= degree; n++) {
    for (let k = n; k > 0; k--) values[k] = (1 - t) * values[k] + t * values[k - 1];
    values[0] *= 1 - t;
  }
  return values;
}

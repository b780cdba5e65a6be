import { type DifferentiableLogDensity, logDensity, type RandomSource } from '@subspace/core';

/** y₁ … y_T of yₜ = μ + φ·yₜ₋₁ + θ·εₜ₋₁ + εₜ, εₜ ~ N(0, σ²), with μ = 0, φ = 0.95, θ = 0.2, σ = 0.2. */
export function arma11Series(length: number, random: RandomSource): Float64Array {
  let [before, error] = [0, 0];
  return Float64Array.from({ length }, () => {
    const next = 0.2 * random.normal();
    before = 0.95 * before + 0.2 * error + next;
    error = next;
    return before;
  });
}

/**
 * The posterior of an ARMA(1, 1) process over (μ, φ, θ, log σ), up to a constant: μ ~ N(0, 10²), φ, θ ~ N(0, 2²), σ half-Cauchy of scale 2.5. Where |θ| > 1 the
 * errors are a recursion that explodes: of 200 values, log densities are down to −10¹²⁰.
 *
 * @see posteriordb, `arma-arma11`
 */
export function arma11(y: Float64Array): DifferentiableLogDensity {
  return logDensity(4, ([mu, phi, theta, logStd]) => {
    const precision = Math.exp(-2 * logStd);
    const tail = Math.exp(2 * logStd) / 2.5 ** 2;
    let value = -0.5 * ((mu / 10) ** 2 + (phi / 2) ** 2 + (theta / 2) ** 2) - Math.log1p(tail) + logStd;
    const gradient = Float64Array.of(-mu / 100, -phi / 4, -theta / 4, 1 - (2 * tail) / (1 + tail));
    // ε₀ = 0 and y₀ = μ; the errors and their derivatives by μ, φ and θ.
    let error = 0;
    const slopes = new Float64Array(3);
    for (let t = 0; t < y.length; t++) {
      const before = t === 0 ? mu : y[t - 1];
      slopes[0] = -1 - (t === 0 ? phi : 0) - theta * slopes[0];
      slopes[1] = -before - theta * slopes[1];
      slopes[2] = -error - theta * slopes[2];
      error = y[t] - mu - phi * before - theta * error;
      const pull = error * precision;
      value -= 0.5 * error * pull + logStd;
      for (let k = 0; k < 3; k++) gradient[k] -= pull * slopes[k];
      gradient[3] += error * pull - 1;
    }
    return { value, gradient };
  });
}

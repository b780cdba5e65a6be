import { logDensity } from '@subspace/core';

const EFFECTS = [28, 8, -3, 7, -1, 1, 18, 12];
const ERRORS = [15, 10, 16, 11, 9, 11, 10, 18];

/**
 * The eight schools, centred: θⱼ ~ N(μ, τ²), μ ~ N(0, 5²), τ half-Cauchy of scale 5, over (θ, μ, log τ), up to a constant. The density has no maximum: it rises
 * without end as τ → 0 and θⱼ → μ.
 *
 * @see Gelman et al. (2013), "Bayesian Data Analysis", Section 5.5
 */
export const eightSchools = logDensity(10, (z) => {
  const [mu, logTau] = [z[8], z[9]];
  const tau = Math.exp(logTau);
  const tail = (tau / 5) ** 2;
  const gradient = new Float64Array(10);
  let value = -0.5 * (mu / 5) ** 2 - Math.log1p(tail) + logTau;
  gradient[8] = -mu / 25;
  gradient[9] = 1 - (2 * tail) / (1 + tail);
  for (let j = 0; j < 8; j++) {
    const off = (z[j] - mu) / tau;
    const error = (EFFECTS[j] - z[j]) / ERRORS[j];
    value -= 0.5 * off ** 2 + logTau + 0.5 * error ** 2;
    gradient[j] = error / ERRORS[j] - off / tau;
    gradient[8] += off / tau;
    gradient[9] += off ** 2 - 1;
  }
  return { value, gradient };
});

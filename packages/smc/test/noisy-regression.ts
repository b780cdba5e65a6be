import { type DifferentiableLogDensity, logDensity, type Posterior, posterior, randomSource } from '@subspace/core';
import { cholesky, logSumExp } from '@subspace/core/internals';

/**
 * Linear regression with unknown noise: coefficients w ~ N(0, 10²·I) and log σ ~ N(0, noiseStd²), both in units of their prior. Given σ all is Gaussian,
 * so that one integral over log σ is left of the evidence: exact to 1e-9 by the trapezoidal rule.
 */
function noisyRegression(
  rows: readonly Float64Array[],
  targets: readonly number[],
  noiseStd: number,
): { target: Posterior<DifferentiableLogDensity>; evidence: number } {
  const [K, N] = [rows[0].length, rows.length];
  const gram = Float64Array.from({ length: K * K }, (_, i) =>
    rows.reduce((sum, x) => sum + 100 * x[Math.floor(i / K)] * x[i % K], 0),
  );
  const moments = Float64Array.from({ length: K }, (_, k) =>
    rows.reduce((sum, x, n) => sum + 10 * x[k] * targets[n], 0),
  );
  const square = targets.reduce((sum, y) => sum + y * y, 0);
  const constant = -0.5 * N * Math.log(2 * Math.PI);
  const logLikelihood: DifferentiableLogDensity = logDensity(K + 1, (z) => {
    const precision = Math.exp(-2 * noiseStd * z[K]);
    let squares = square;
    const gradient = new Float64Array(K + 1);
    for (let a = 0; a < K; a++) {
      let sum = -moments[a];
      for (let b = 0; b < K; b++) sum += gram[a * K + b] * z[b];
      squares += z[a] * (sum - moments[a]);
      gradient[a] = -precision * sum;
    }
    gradient[K] = noiseStd * (precision * squares - N);
    return { value: -0.5 * squares * precision - N * noiseStd * z[K] + constant, gradient };
  });
  const given = (logNoise: number): number => {
    const precision = Math.exp(-2 * logNoise);
    const factor = cholesky(
      gram.map((value, i) => value * precision + (i % (K + 1) === 0 ? 1 : 0)),
      K,
    )!;
    const solved = new Float64Array(K);
    let value = -0.5 * square * precision - N * logNoise + constant;
    for (let a = 0; a < K; a++) {
      let rest = moments[a] * precision;
      for (let b = 0; b < a; b++) rest -= factor[a * K + b] * solved[b];
      solved[a] = rest / factor[a * K + a];
      value += 0.5 * solved[a] ** 2 - Math.log(factor[a * K + a]);
    }
    return value;
  };
  const spacing = 0.005;
  const terms = Float64Array.from({ length: 3201 }, (_, i) => {
    const u = -8 + i * spacing;
    return given(noiseStd * u) - 0.5 * u * u - 0.5 * Math.log(2 * Math.PI) + Math.log(spacing);
  });
  return { target: posterior({ logLikelihood, priorStd: 1 }), evidence: logSumExp(terms) };
}

/** A series of 200 values that each depend on the five before: posteriordb's arK, with data of our own. */
export function autoregression() {
  const random = randomSource('ar');
  const series: number[] = [];
  for (let t = 0; t < 250; t++) {
    const mean = [0.7, -0.3, 0.2, 0.1, -0.1].reduce((sum, beta, k) => sum + beta * (series[t - 1 - k] ?? 0), 0.1);
    series.push(mean + 0.15 * random.normal());
  }
  const kept = series.slice(50);
  const rows = kept.slice(5).map((_, t) => Float64Array.of(1, ...kept.slice(t, t + 5).reverse()));
  return noisyRegression(rows, kept.slice(5), 1);
}

/** Five inputs with correlations of 0.9, of which two matter: posteriordb's sblrc, with data of our own. */
export function correlatedRegression() {
  const random = randomSource('corr');
  const rows: Float64Array[] = [];
  const targets: number[] = [];
  for (let n = 0; n < 100; n++) {
    const common = random.normal();
    const row = Float64Array.from({ length: 5 }, () => Math.sqrt(0.9) * common + Math.sqrt(0.1) * random.normal());
    rows.push(row);
    targets.push(1.5 * row[0] - 2 * row[3] + 0.5 * random.normal());
  }
  return noisyRegression(rows, targets, 2);
}

/** A quartic on 60 points, in powers that are nearly collinear. */
export function quartic() {
  const random = randomSource('quartic');
  const rows = Array.from({ length: 60 }, (_, n) => {
    const x = -1 + (2 * n) / 59;
    return Float64Array.of(1, x, x * x, x * x * x, x * x * x * x);
  });
  const coefficients = [0.5, -1, 2, 0, -1.5];
  const targets = rows.map((row) => coefficients.reduce((sum, c, k) => sum + c * row[k], 0.3 * random.normal()));
  return noisyRegression(rows, targets, 1.5);
}

/** Seven groups of eight, each with a mean of its own, and a slope that they share: a funnel, most of which is passed in a tenth of the path. */
export function groupMeans() {
  const random = randomSource('groups');
  const means = Array.from({ length: 7 }, () => 2 * random.normal());
  const rows: Float64Array[] = [];
  const targets: number[] = [];
  for (let n = 0; n < 56; n++) {
    const x = random.normal();
    rows.push(Float64Array.from({ length: 8 }, (_, k) => (k === 7 ? x : k === n % 7 ? 1 : 0)));
    targets.push(means[n % 7] + 0.8 * x + 0.2 * random.normal());
  }
  return noisyRegression(rows, targets, 1);
}

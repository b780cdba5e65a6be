import { type LogDensity, logDensity, type Posterior, posterior, randomSource } from '@subspace/core';
import { cholesky, logSumExp } from '@subspace/core/internals';

/**
 * Linear regression with unknown noise: coefficients w ~ N(0, 10²·I) and log σ ~ N(0, noiseStd²), both in units of their prior. Given σ all is Gaussian,
 * so that one integral over log σ is left of the evidence: exact to 1e-9 by the trapezoidal rule.
 */
function noisyRegression(
  rows: readonly Float64Array[],
  targets: readonly number[],
  noiseStd: number,
): { target: Posterior<LogDensity>; evidence: number } {
  const [K, N] = [rows[0].length, rows.length];
  const gram = Float64Array.from({ length: K * K }, (_, i) =>
    rows.reduce((sum, x) => sum + 100 * x[Math.floor(i / K)] * x[i % K], 0),
  );
  const moments = Float64Array.from({ length: K }, (_, k) =>
    rows.reduce((sum, x, n) => sum + 10 * x[k] * targets[n], 0),
  );
  const square = targets.reduce((sum, y) => sum + y * y, 0);
  const constant = -0.5 * N * Math.log(2 * Math.PI);
  const logLikelihood = logDensity(K + 1, (z) => {
    let squares = square;
    for (let a = 0; a < K; a++) {
      squares -= 2 * z[a] * moments[a];
      for (let b = 0; b < K; b++) squares += z[a] * z[b] * gram[a * K + b];
    }
    const logNoise = noiseStd * z[K];
    return -0.5 * squares * Math.exp(-2 * logNoise) - N * logNoise + constant;
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

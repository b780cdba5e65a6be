import { chooseTemperature, drawsFrom, randomSource } from '@subspace/core';
import { pointwiseLogLikelihood, psisLoo } from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';

const random = randomSource('data of a tempered posterior');

describe('chooseTemperature by psisLoo', () => {
  // y ~ N(z, 2²) taken for N(z, 1), and a flat prior: without point i, z is N(ȳ₋ᵢ, T/(n − 1)) and yᵢ is N(ȳ₋ᵢ, 1 + T/(n − 1)).
  const y = Array.from({ length: 25 }, () => 2 * random.normal());
  const n = y.length;
  const centre = meanOf(y);
  const without = y.map((value) => (n * centre - value) / (n - 1));
  const exact = (temperature: number) =>
    y.reduce((sum, value, i) => sum + logNormal(value, without[i], 1 + temperature / (n - 1)), 0);
  const bestTemperature = (n - 1) * (meanOf(y.map((value, i) => (value - without[i]) ** 2)) - 1);

  it('finds it from the draws of one posterior per temperature, by PSIS-LOO', async () => {
    const pointwise = (z: Float64Array) => Float64Array.from(y, (value) => logNormal(value, z[0], 1));
    const leaveOneOut = async (temperature: number) => {
      const stream = randomSource(1);
      const std = Math.sqrt(temperature / n);
      const draws = drawsFrom([Array.from({ length: 2000 }, () => Float64Array.of(centre + std * stream.normal()))]);
      return (await psisLoo(await pointwiseLogLikelihood({ dim: 1, temperature, pointwise }, draws))).elpd;
    };
    // The ratios are those of the tempered likelihood: without the exponent 1/T they would have no finite variance here.
    expect(Math.abs((await leaveOneOut(bestTemperature)) - exact(bestTemperature))).toBeLessThan(0.05 * n);
    const { temperature } = await chooseTemperature(leaveOneOut, { from: 1, to: 1000 });
    expect(exact(bestTemperature) - exact(temperature)).toBeLessThan(0.2);
  });
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function logNormal(x: number, mean: number, variance: number): number {
  return -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));
}

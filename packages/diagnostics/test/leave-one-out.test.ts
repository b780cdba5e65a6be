import {
  arraysDataset,
  drawsFrom,
  gaussianLikelihood,
  randomSource,
  subspace,
  subspacePosterior,
} from '@subspace/core';
import { pointwiseLogLikelihood, psisLoo, relativeEfficiency, waic } from '@subspace/diagnostics';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { linearNetwork } from '../../core/test/linear-network.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);
const within = (value: number, target: number, what: string, tolerance = 1e-8) =>
  expect(Math.abs(value - target), `${what}: ${value} for ${target}`).toBeLessThanOrEqual(tolerance * Math.abs(target));

describeGolden('diagnostics-loo.json', (golden) => {
  const chains: number[][] = golden?.mu;
  const observations: number[] = golden?.observations;
  const values = chains?.flat().map((mu) => observations.map((y) => -0.5 * (LOG_TWO_PI + (y - mu) ** 2)));
  const draws = chains && drawsFrom(chains.map((chain) => chain.map((mu) => Float64Array.of(mu))));

  it('leave-one-out with the efficiency of the draws equals ArviZ, through a pointwise port', async () => {
    const posterior = {
      dim: 1,
      temperature: 1,
      pointwise: (z: Float64Array) => Float64Array.from(observations, (y) => -0.5 * (LOG_TWO_PI + (y - z[0]) ** 2)),
    };
    within(relativeEfficiency(draws), golden.loo.reff, 'relative efficiency');
    const loo = await psisLoo(await pointwiseLogLikelihood(posterior, draws));
    within(loo.elpd, golden.loo.elpd, 'elpd');
    within(loo.standardError, golden.loo.se, 'se');
    within(loo.effectiveParameters, golden.loo.p, 'p');
    golden.loo.pointwise.forEach((expected: number, i: number) => {
      within(loo.pointwise[i], expected, `elpd of ${i}`);
    });
    golden.loo.paretoK.forEach((expected: number, i: number) => {
      within(loo.paretoK[i], expected, `k̂ of ${i}`);
    });
    expect(loo.goodK).toBeCloseTo(1 - 1 / Math.log10(400), 12);
  });

  it('leave-one-out of a plain matrix equals ArviZ, and the exact answer within the error of its draws', async () => {
    const loo = await psisLoo({ values });
    within(loo.elpd, golden.looWithReff1.elpd, 'elpd');
    golden.looWithReff1.paretoK.forEach((expected: number, i: number) => {
      within(loo.paretoK[i], expected, `k̂ of ${i}`);
    });
    golden.exactLooPointwise.forEach((exact: number, i: number) => {
      // verified.looAgainstExactLargest
      expect(Math.abs(loo.pointwise[i] - exact)).toBeLessThanOrEqual(0.036);
      // Smoothing changes little where the tail is light.
      expect(Math.abs(loo.pointwise[i] - golden.naiveImportanceSamplingLoo[i])).toBeLessThan(0.05);
    });
  });

  it('WAIC equals ArviZ', () => {
    const result = waic({ values });
    within(result.elpd, golden.waic.elpd, 'elpd');
    within(result.standardError, golden.waic.se, 'se');
    within(result.effectiveParameters, golden.waic.p, 'p');
    golden.waic.pointwise.forEach((expected: number, i: number) => {
      within(result.pointwise[i], expected, `elpd of ${i}`);
    });
  });
});

/** y ~ N(z, 1) with prior z ~ N(0, 10²), tempered: exact moments and draws. */
function conjugate(y: readonly number[], temperature: number) {
  const precision = y.length / temperature + 0.01;
  return { mean: y.reduce((a, b) => a + b, 0) / temperature / precision, variance: 1 / precision };
}

describe('leave-one-out and WAIC', () => {
  const random = randomSource('loo');
  const y = Array.from({ length: 25 }, random.normal);

  it('agree with exact refits and closed forms of a conjugate model, tempered or not', async () => {
    for (const temperature of [0.5, 1, 4]) {
      const { mean, variance } = conjugate(y, temperature);
      const draws = drawsFrom([
        Array.from({ length: 20_000 }, () => Float64Array.of(mean + Math.sqrt(variance) * random.normal())),
      ]);
      const posterior = {
        dim: 1,
        temperature,
        pointwise: (z: Float64Array) => Float64Array.from(y, (value) => -0.5 * (LOG_TWO_PI + (value - z[0]) ** 2)),
      };
      const logLikelihood = await pointwiseLogLikelihood(posterior, draws);
      const loo = await psisLoo(logLikelihood);
      let exact = 0;
      y.forEach((value, i) => {
        const rest = conjugate(
          y.filter((_, j) => j !== i),
          temperature,
        );
        const spread = 1 + rest.variance;
        const density = -0.5 * (LOG_TWO_PI + Math.log(spread) + (value - rest.mean) ** 2 / spread);
        exact += density;
        expect(loo.paretoK[i]).toBeLessThan(loo.goodK);
        expect(Math.abs(loo.pointwise[i] - density), `T ${temperature}, point ${i}`).toBeLessThan(0.02);
      });
      expect(Math.abs(loo.elpd - exact)).toBeLessThan(0.05);
      // log p(y | z) = −½(log 2π + (y − z)²) has variance v²/2 + v·(y − m)² under z ~ N(m, v).
      const criterion = waic(logLikelihood);
      y.forEach((value, i) => {
        const square = (value - mean) ** 2;
        const density = -0.5 * (LOG_TWO_PI + Math.log(1 + variance) + square / (1 + variance));
        const expected = density - (variance ** 2 / 2 + variance * square) / temperature;
        expect(Math.abs(criterion.pointwise[i] - expected), `WAIC at T ${temperature}, point ${i}`).toBeLessThan(0.02);
      });
    }
  });

  it('take the pointwise port of a subspace posterior', async () => {
    const network = linearNetwork(1);
    const data = arraysDataset({
      inputs: { data: Float32Array.of(0, 1, 2), shape: [3, 1] },
      targets: { data: Float32Array.of(0, 1, 3), shape: [3, 1] },
    });
    const plane = subspace({
      layout: network.layout,
      shift: Float32Array.of(1, 0),
      basis: [Float32Array.of(1, 0), Float32Array.of(0, 1)],
    });
    const posterior = subspacePosterior(network, plane, data, {
      likelihood: gaussianLikelihood({ variance: 1 }),
      priorStd: 1,
      temperature: 2,
    });
    const draws = drawsFrom([
      [Float64Array.of(0, 0), Float64Array.of(1, 0)],
      [Float64Array.of(0, 1), Float64Array.of(0, 0)],
    ]);
    const progress: number[] = [];
    const result = await pointwiseLogLikelihood(posterior, draws, { onProgress: ({ draw }) => progress.push(draw) });
    expect(progress).toEqual([1, 2, 3, 4]);
    expect(result.temperature).toBe(2);
    const summed = posterior.logLikelihood.values(draws.positions.flat()) as Float64Array;
    result.values.forEach((row, s) => {
      expect(Array.from(row).reduce((a, b) => a + b)).toBeCloseTo(summed[s], 10);
    });
    posterior.dispose();
  });

  it('are cancelled between draws and between points', async () => {
    const signal = { aborted: true, reason: 'enough' };
    const posterior = { dim: 1, temperature: 1, pointwise: () => Float64Array.of(0) };
    const draws = drawsFrom([[Float64Array.of(0)]]);
    await expect(pointwiseLogLikelihood(posterior, draws, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(psisLoo({ values: [[0]] }, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const points: number[] = [];
    await psisLoo({ values: [[0, 0]] }, { onProgress: ({ point, of }) => points.push(point / of) });
    expect(points).toEqual([0.5, 1]);
  });

  it('reject matrices that are empty, ragged or not finite, and posteriors without a pointwise port', async () => {
    await expect(psisLoo({ values: [] })).rejects.toThrow('psisLoo: logLikelihood.values are empty');
    await expect(psisLoo({ values: [[0]] }, { seed: 1 } as object)).rejects.toThrow('option seed is unknown');
    expect(() => waic({ values: [[1, 2], [1]] })).toThrow('logLikelihood.values[1] has length 1, expected 2');
    expect(() => waic({ values: [[1, -Infinity]] })).toThrow('logLikelihood.values[0][1] is -Infinity');
    expect(() => waic({ values: [[1]], temperature: 0 })).toThrow('temperature is 0');
    expect(() => waic({ values: [[1]], reff: 1 } as never)).toThrow('option reff is unknown');
    const draws = drawsFrom([[Float64Array.of(0)]]);
    await expect(pointwiseLogLikelihood({ dim: 1, temperature: 1 } as never, draws)).rejects.toThrow('no pointwise');
    const other = { dim: 2, temperature: 1, pointwise: () => Float64Array.of(0) };
    await expect(pointwiseLogLikelihood(other, draws)).rejects.toThrow('draws have dimension 1, expected 2');
  });
});

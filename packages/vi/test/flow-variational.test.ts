import { randomSource } from '@subspace/core';
import { fullRank, inverseAutoregressive, realNvp } from '@subspace/vi';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { correlatedGaussian } from './flow-target.ts';
import { LINEAR_GAUSSIANS, linearGaussian } from './linear-gaussian.ts';
import { banana, funnel, twoModes } from './targets.ts';

const options = { iterations: 1500, layers: 4, hidden: [8, 8], seed: 1 };

describe.each([realNvp, inverseAutoregressive])('$name', (method) => {
  it('follows a banana that no Gaussian follows', async () => {
    const gaussian = await fullRank(banana(), { iterations: 1000, seed: 1 });
    const flow = await method(banana(), options);
    expect(gaussian.elbo).toBeLessThan(-0.5);
    expect(flow.elbo).toBeGreaterThan(-0.1);
    // var y = 1 + 2·b²·a⁴ = 9, of which the best Gaussian has 1 + little.
    const draws = flow.sample(randomSource(2), 4000);
    const spread = draws.reduce((sum, z) => sum + z[1] ** 2, 0) / draws.length;
    expect(spread).toBeGreaterThan(6);
    expect(spread).toBeLessThan(11);
  });

  it('follows a funnel', async () => {
    const flow = await method(funnel(1), options);
    expect(flow.elbo).toBeGreaterThan(-0.1);
    expect(flow.elbo).toBeLessThan(4 * flow.elboStandardError);
  });

  it('says by k̂ that it has missed a mode, or has not', async () => {
    const flow = await method(twoModes(), options);
    // log 0.7 is what the larger mode alone can reach.
    if (flow.elbo < -0.3) expect(flow.paretoK).toBeGreaterThan(0.7);
    else expect(flow.elbo).toBeLessThan(4 * flow.elboStandardError);
  });

  it('has a density that is normalised and that its draws follow', async () => {
    const flow = await method(banana(), { ...options, iterations: 200 });
    // ∫ q over a grid; E_q[p/q] = 1 from draws.
    let sum = 0;
    const h = 0.05;
    for (let x = -9; x < 9; x += h)
      for (let y = -9; y < 25; y += h) sum += Math.exp(flow.logDensity(Float64Array.of(x, y)));
    expect(sum * h * h).toBeCloseTo(1, 2);
    const wide = correlatedGaussian(2);
    const inside = (z: Float64Array) => (Math.hypot(z[0] - wide.mean[0], z[1] - wide.mean[1]) < 1 ? 1 : 0);
    let mass = 0;
    for (let x = -1; x < 2; x += h / 2) {
      for (let y = -2; y < 1; y += h / 2) {
        const z = Float64Array.of(x, y);
        mass += (inside(z) * Math.exp(flow.logDensity(z)) * h * h) / 4;
      }
    }
    const draws = flow.sample(randomSource(4), 4000);
    const share = draws.reduce((count, z) => count + inside(z), 0) / draws.length;
    expect(Math.abs(share - mass)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / draws.length) + 2e-3);
  });

  it('gives the same numbers for the same seed', async () => {
    const once = await method(banana(), { ...options, iterations: 50 });
    const again = await method(banana(), { ...options, iterations: 50 });
    expect(again.elbo).toBe(once.elbo);
    expect(again.sample(randomSource(1), 3)).toEqual(once.sample(randomSource(1), 3));
    expect((await method(banana(), { ...options, iterations: 50, seed: 2 })).elbo).not.toBe(once.elbo);
  });

  it('is at least a Gaussian: one coordinate, one layer, one unit', async () => {
    const line = { ...options, layers: 1, hidden: 1, iterations: 300 };
    const model = linearGaussian({ K: 1, N: 5, D: 3, noiseVariance: 0.3, sigma: 1, temperature: 2 }, 9000);
    const flow = await method(model, line);
    const gaussian = await fullRank(model, { iterations: 300, seed: 1 });
    expect(flow.elbo).toBeCloseTo(gaussian.elbo, 1);
  });

  it('names what is wrong', async () => {
    const wrong = (changes: object) => method(banana(), { ...options, ...changes } as never);
    const { name } = method;
    await expect(method(banana(), undefined as never)).rejects.toThrow(`${name}: options is undefined`);
    await expect(wrong({ layers: 0 })).rejects.toThrow(`${name}: layers is 0`);
    await expect(wrong({ hidden: 0 })).rejects.toThrow(`${name}: hidden[0] is 0`);
    await expect(wrong({ hidden: [] })).rejects.toThrow(`${name}: hidden is [], expected a width or a list of widths`);
    await expect(wrong({ hidden: [4, 1.5] })).rejects.toThrow(`${name}: hidden[1] is 1.5`);
    await expect(wrong({ fixMean: true })).rejects.toThrow(`${name}: option fixMean is unknown`);
    const flow = await method(banana(), { ...options, iterations: 10, evaluationDraws: 2 });
    expect(() => flow.logDensity(new Float64Array(3))).toThrow(`${name}.logDensity: z has length 3, expected 2`);
    expect(() => flow.sample(randomSource(1), -1)).toThrow(`${name}.sample: count is -1`);
  });
});

describeGolden('samplers-targets.json', (golden) => {
  it('flows reach the evidence of linear Gaussian models', async () => {
    for (const name of ['K2T1', 'K5T4'] as const) {
      const exact = golden.linearGaussian[name];
      const model = linearGaussian(exact, LINEAR_GAUSSIANS[name]);
      for (const method of [realNvp, inverseAutoregressive]) {
        const { elbo, elboStandardError } = await method(model, {
          iterations: 1000,
          layers: 2,
          hidden: 8,
          seed: 12,
        });
        expect(exact.logEvidence - elbo, name).toBeLessThan(0.05);
        expect(elbo - exact.logEvidence, name).toBeLessThan(4 * elboStandardError);
      }
    }
  });
});

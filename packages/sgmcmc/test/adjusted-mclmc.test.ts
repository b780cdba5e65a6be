import { coordinateChains, isotropicGaussian, logDensity, sample } from '@subspace/core';
import { diagnose, mcseSd, summary } from '@subspace/diagnostics';
import { adjustedMclmc } from '@subspace/sgmcmc';
import { expectMoments } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { diagonalTarget } from './diagonal-target.ts';

describe('adjustedMclmc', () => {
  it('is exact at steps far too long for moments without its rejections', async () => {
    // Where unadjusted steps have variances that are 5 % too small.
    const algorithm = adjustedMclmc(diagonalTarget(4, 1), { stepSize: 3, length: 6 });
    const draws = await sample(algorithm, { draws: 800, warmup: 0, chains: 20, seed: 'exact' });
    expect(draws.infos.flat().filter(({ accepted }) => !accepted).length).toBeGreaterThan(100);
    expectMoments(
      draws,
      [0, 0, 0, 0],
      [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0))),
    );
  });

  it('learns scales that are a hundred times apart, and adapts to its acceptance', async () => {
    const target = diagonalTarget(10, 100);
    const draws = await sample(adjustedMclmc(target), { draws: 1000, warmup: 1000, chains: 4, seed: 1 });
    expect(diagnose(draws)).toEqual([]);
    summary(draws).forEach(({ mean, mcseMean, sd }, k) => {
      const errorOfSd = mcseSd(coordinateChains(draws, k));
      expect(Math.abs(mean)).toBeLessThan(4 * mcseMean);
      expect(Math.abs(sd - target.stds[k])).toBeLessThan(4 * errorOfSd);
    });
    const acceptance = draws.infos.flat().reduce((sum, info) => sum + info.acceptance, 0) / draws.size;
    expect(acceptance).toBeGreaterThan(0.9);
    expect(acceptance).toBeLessThan(0.99);
  });

  it('rejects, and counts as divergences, trajectories to where there is no density', async () => {
    const half = logDensity(2, (z) =>
      z[0] > 0
        ? { value: -0.5 * (z[0] ** 2 + z[1] ** 2), gradient: z.map((x) => -x) }
        : { value: -Infinity, gradient: Float64Array.of(Number.NaN, 0) },
    );
    const draws = await sample(adjustedMclmc({ ...half, prior: isotropicGaussian(2, 1) }, { stepSize: 1, length: 2 }), {
      ...{ draws: 2000, warmup: 0, chains: 4, seed: 1 },
      initial: [1, 2, 0.5, 1].map((x) => Float64Array.of(x, 0)),
    });
    expect(draws.positions.flat().every(([x]) => x > 0)).toBe(true);
    expect(diagnose(draws).map(({ code }) => code)).toContain('divergences');
    const [{ mean, mcseMean }] = summary(draws);
    expect(Math.abs(mean - Math.sqrt(2 / Math.PI))).toBeLessThan(4 * mcseMean);
  });

  it.each([
    [{ targetAcceptance: 1 }, 'targetAcceptance is 1, expected a number between 0 and 1'],
    [{ targetAcceptance: 0 }, 'targetAcceptance is 0, expected a finite number greater than 0'],
    [{ energyVariance: 1 }, 'option energyVariance is unknown'],
  ])('names what is wrong: %o', (wrong, message) => {
    expect(() => adjustedMclmc(diagonalTarget(2, 1), wrong as object)).toThrow(`adjustedMclmc: ${message}`);
  });
});

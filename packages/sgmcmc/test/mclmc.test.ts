import { coordinateChains, isotropicGaussian, logDensity, memoryStore, sample } from '@subspace/core';
import { diagnose, mcseSd, summary } from '@subspace/diagnostics';
import { adjustedMclmc, mclmc } from '@subspace/sgmcmc';
import { bits } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { diagonalTarget } from './diagonal-target.ts';
import { slope } from './moments.ts';

describe('mclmc', () => {
  it('is off by what its steps are long: on a Gaussian, variances by about the square of the step size', async () => {
    const target = diagonalTarget(10, 1);
    const measured: {
      readonly step: number;
      readonly bias: number;
      readonly error: number;
      readonly energy: number;
    }[] = [];
    for (const stepSize of [5, 4, 3]) {
      const algorithm = mclmc(target, { stepSize, scales: 'none' });
      const draws = await sample(algorithm, { draws: 2500, warmup: 0, chains: 4, seed: 'bias' });
      const ofChains = draws.positions.map((chain) => {
        const squares = chain.reduce((sum, z) => sum + z.reduce((inner, x) => inner + x * x, 0), 0);
        return squares / chain.length / 10 - 1;
      });
      const bias = ofChains.reduce((sum, value) => sum + value, 0) / 4;
      const error = Math.sqrt(ofChains.reduce((sum, value) => sum + (value - bias) ** 2, 0) / 12);
      const energy = draws.infos.flat().reduce((sum, { energyError }) => sum + energyError ** 2, 0) / draws.size / 10;
      measured.push({ step: stepSize, bias, error, energy });
    }
    // Too narrow, each time by more than its error; less with each shorter step.
    for (const { bias, error } of measured) expect(-bias).toBeGreaterThan(4 * error);
    const slopeOf = (value: (of: (typeof measured)[number]) => number) =>
      slope(measured.map((each) => [Math.log(each.step), Math.log(value(each))]));
    expect(slopeOf(({ bias }) => -bias)).toBeGreaterThan(1.5);
    expect(slopeOf(({ bias }) => -bias)).toBeLessThan(4);
    // What the tuner goes by: the variance of the energy grows as ε⁶.
    expect(slopeOf(({ energy }) => energy)).toBeGreaterThan(5);
    expect(slopeOf(({ energy }) => energy)).toBeLessThan(8);
  });

  it.each([5e-4, 5e-3])('tunes its steps to an energy variance of %d a dimension', async (energyVariance) => {
    const draws = await sample(mclmc(diagonalTarget(10, 20), { energyVariance }), {
      draws: 500,
      warmup: 1000,
      chains: 4,
      seed: 1,
    });
    const found = draws.infos.flat().reduce((sum, { energyError }) => sum + energyError ** 2, 0) / draws.size / 10;
    expect(found / energyVariance).toBeGreaterThan(0.4);
    expect(found / energyVariance).toBeLessThan(2.5);
  });

  it('learns scales that are a hundred times apart, and is off by a few per cent of a variance', async () => {
    const target = diagonalTarget(10, 100);
    const draws = await sample(mclmc(target), { draws: 2000, warmup: 1000, chains: 4, seed: 1 });
    expect(diagnose(draws)).toEqual([]);
    summary(draws).forEach(({ mean, mcseMean, sd }, k) => {
      const errorOfSd = mcseSd(coordinateChains(draws, k));
      expect(Math.abs(mean)).toBeLessThan(4 * mcseMean);
      expect(Math.abs(sd - target.stds[k])).toBeLessThan(4 * errorOfSd + 0.03 * target.stds[k]);
    });
  });

  it('takes length and step size as they are given, where there is no warmup', async () => {
    const draws = await sample(mclmc(diagonalTarget(4, 1), { stepSize: 0.1, length: 3 }), {
      draws: 5,
      warmup: 0,
      chains: 1,
      seed: 1,
    });
    expect(draws.infos[0].map(({ stepSize }) => stepSize)).toEqual([0.1, 0.1, 0.1, 0.1, 0.1]);
    // Two moves of half a step each, in directions of length 1: never further than the step.
    for (let i = 1; i < 5; i++) {
      const moved = Math.hypot(...draws.positions[0][i].map((z, k) => z - draws.positions[0][i - 1][k]));
      expect(moved).toBeGreaterThan(0.099);
      expect(moved).toBeLessThanOrEqual(0.1 + 1e-12);
    }
  });

  it('says at which step of warmup, or after it, the energy was not finite', async () => {
    const broken = (after: number) => {
      let evaluations = 0;
      const { valuesAndGradients, ...target } = diagonalTarget(3, 1);
      return {
        ...target,
        valuesAndGradients: (points: readonly Float64Array[]) =>
          valuesAndGradients(points).map((answer) =>
            evaluations++ < after ? answer : { ...answer, value: Number.NaN },
          ),
      };
    };
    const run = (after: number) =>
      sample(mclmc(broken(after), { stepSize: 0.5, scales: 'none' }), { draws: 10, warmup: 10, chains: 1, seed: 1 });
    // One evaluation at the start, two a step.
    await expect(run(1 + 2 * 7)).rejects.toThrow(
      'mclmc: the energy error is NaN at warmup step 7 of 10, the step size ',
    );
    await expect(run(1 + 2 * 13)).rejects.toThrow('mclmc: the energy error is NaN at step 13, the step size ');
    await expect(run(0)).rejects.toThrow('mclmc: the log density is NaN at the start, expected a finite number');
  });

  it('finds no step size for a density that jumps, and says so', async () => {
    let calls = 0;
    const jumps = logDensity(2, () => ({ value: 1e6 * ++calls, gradient: Float64Array.of(0, 0) }));
    const promise = sample(mclmc({ ...jumps, prior: isotropicGaussian(2, 1) }), { draws: 1, chains: 1, seed: 1 });
    await expect(promise).rejects.toThrow('mclmc: no step size keeps the energy at [');
  });

  it.each([
    [{ stepSize: 0 }, 'stepSize is 0, expected a finite number greater than 0'],
    [{ length: -1 }, 'length is -1, expected a finite number greater than 0'],
    [{ energyVariance: Number.NaN }, 'energyVariance is NaN, expected a finite number greater than 0'],
    [{ scales: 'dense' }, `scales is "dense", expected 'diagonal' or 'none'`],
    [{ L: 1 }, 'option L is unknown, expected one of stepSize, length, energyVariance, scales'],
  ])('names what is wrong: %o', (wrong, message) => {
    expect(() => mclmc(diagonalTarget(2, 1), wrong as object)).toThrow(`mclmc: ${message}`);
  });

  it('needs gradients, and room to turn', () => {
    expect(() => mclmc(logDensity(2, () => 0) as never)).not.toThrow();
    expect(() => mclmc({ dim: 2, values: () => Float64Array.of() } as never)).toThrow(
      'mclmc: target has no valuesAndGradients',
    );
    expect(() => mclmc(diagonalTarget(1, 1))).toThrow('mclmc: target.dim is 1, expected an integer of at least 2');
  });
});

describe.each([
  ['mclmc', mclmc],
  ['adjustedMclmc', adjustedMclmc],
] as const)('%s', (_, create) => {
  it('goes on from a checkpoint bit for bit, in the middle of its warmup', async () => {
    const run = async (store?: ReturnType<typeof memoryStore>, evaluations = Infinity) => {
      let left = evaluations;
      const { valuesAndGradients, ...target } = diagonalTarget(5, 10);
      const dying = {
        ...target,
        valuesAndGradients(points: readonly Float64Array[]) {
          left -= points.length;
          if (left < 0) throw new Error('killed');
          return valuesAndGradients(points);
        },
      };
      const checkpoint = store && { store, every: 20, resume: true };
      return sample(create(dying) as ReturnType<typeof mclmc>, {
        draws: 50,
        warmup: 100,
        chains: 2,
        seed: 1,
        checkpoint,
      });
    };
    const whole = bits(await run());
    const store = memoryStore();
    for (const evaluations of [150, 150, 150]) await expect(run(store, evaluations)).rejects.toThrow('killed');
    expect(bits(await run(store))).toBe(whole);
  });
});

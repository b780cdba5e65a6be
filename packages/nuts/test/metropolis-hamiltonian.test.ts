import {
  type DifferentiableLogDensity,
  type Gaussian,
  isotropicGaussian,
  logDensity,
  randomSource,
  restoreRandomSource,
  sample,
  type Vector,
} from '@subspace/core';
import { type HmcOptions, hmc, type MalaOptions, mala } from '@subspace/nuts';
import { describe, expect, it } from 'vitest';
import { kineticEnergy } from '../src/leapfrog.ts';
import { drawInverselyScaled } from '../src/scale-matrix.ts';
import { at, evaluate, leap, run } from './phase.ts';

const normal = (dim: number): DifferentiableLogDensity & { prior: Gaussian } => ({
  ...logDensity(dim, (z) => ({ value: -0.5 * z.reduce((sum, x) => sum + x ** 2, 0), gradient: z.map((x) => -x) })),
  prior: isotropicGaussian(dim, 1),
});
const banana = logDensity(2, ([x, y]) => {
  const off = y - 0.5 * (x ** 2 - 4);
  return { value: -0.125 * x ** 2 - 0.5 * off ** 2, gradient: Float64Array.of(-x / 4 + x * off, -off) };
});

describe('hmc', () => {
  it('proposes the end of the leapfrog trajectory, and accepts it with probability exp(−energy error)', () => {
    const massMatrix = Float64Array.of(1, 0.4, 0.4, 0.7);
    const algorithm = hmc(banana, { stepSize: 0.5, steps: 4, massMatrix });
    const random = randomSource(1);
    let state = run(algorithm.init(random, Float64Array.of(1, 0)), banana);
    let rejected = 0;
    for (let i = 0; i < 200; i++) {
      const copy = restoreRandomSource(random.state());
      const momentum = new Float64Array(2);
      drawInverselyScaled(state.tuning.scale, copy, momentum);
      const point = at(banana, state.tuning.scale, state.position, momentum);
      const start = kineticEnergy(point) - point.value;
      let energy = start;
      for (let step = 0; step < 4; step++) energy = leap(banana, state.tuning.scale, point, 0.5);
      const acceptance = Math.min(1, Math.exp(start - energy));
      const accepted = copy.uniform() < acceptance;
      const { state: next, info } = run(algorithm.step(random, state), banana);
      expect(info.acceptance).toBeCloseTo(acceptance, 10);
      expect(info).toMatchObject({ accepted, steps: 4, stepSize: 0.5 });
      expect(info.energy).toBeCloseTo(accepted ? energy : start, 10);
      expect([...next.position]).toEqual(accepted ? [...point.position] : [...state.position]);
      if (!accepted) rejected++;
      state = next;
    }
    expect(rejected).toBeGreaterThan(5);
  });

  it('jitters the number of steps and the step size as told, and neither by default', async () => {
    const options = { draws: 500, warmup: 0, chains: 1, seed: 2 };
    const jittered = await sample(hmc(normal(2), { stepSize: 0.1, steps: [2, 5], jitter: 0.4 }), options);
    const lengths = jittered.infos[0].map(({ steps }) => steps);
    expect(new Set(lengths)).toEqual(new Set([2, 3, 4, 5]));
    for (const length of [2, 3, 4, 5]) {
      // Binomial(500, ¼): 4 standard deviations are 39.
      expect(Math.abs(lengths.filter((steps) => steps === length).length - 125)).toBeLessThan(39);
    }
    const sizes = jittered.infos[0].map(({ stepSize }) => stepSize);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(0.06);
    expect(Math.min(...sizes)).toBeLessThan(0.062);
    expect(Math.max(...sizes)).toBeLessThan(0.14);
    expect(Math.max(...sizes)).toBeGreaterThan(0.138);
    const fixed = await sample(hmc(normal(2), { stepSize: 0.1, steps: 3 }), options);
    for (const info of fixed.infos[0]) expect(info).toMatchObject({ steps: 3, stepSize: 0.1 });
  });

  it('adapts nothing unless asked to', async () => {
    const options = { draws: 20, warmup: 50, chains: 1, seed: 3 };
    const plain = hmc(normal(2), { stepSize: 0.3, steps: 4 });
    expect(plain.warmupStep).toBeUndefined();
    expect((await sample(plain, options)).infos[0][0].stepSize).toBe(0.3);
    for (const more of [{ targetAcceptance: 0.7 }, { massMatrix: 'diagonal' as const }]) {
      const adaptive = await sample(hmc(normal(2), { stepSize: 0.3, steps: 4, ...more }), options);
      const sizes = new Set(adaptive.infos[0].map(({ stepSize }) => stepSize));
      expect(sizes.size).toBe(1);
      expect(sizes.has(0.3)).toBe(false);
    }
  });

  it('counts a divergence on the way, and still decides at the end', async () => {
    // A ridge of height 5000 between two flat places; a fast particle is over it before its force is felt.
    const ridge = logDensity(1, ([x]) => ({
      value: Math.abs(x) < 0.5 ? -5000 : -0.001 * x ** 2,
      gradient: Float64Array.of(-0.002 * x),
    }));
    const draws = await sample(hmc(ridge, { stepSize: 0.9, steps: 6 }), {
      draws: 300,
      warmup: 0,
      chains: 1,
      seed: 4,
      initial: [Float64Array.of(2)],
    });
    const crossed = draws.infos[0].filter(({ divergence }) => divergence);
    expect(crossed.length).toBeGreaterThan(20);
    expect(crossed.some(({ accepted }) => accepted)).toBe(true);
    for (const { divergence, steps } of crossed) {
      expect(Math.abs(divergence!.position[0])).toBeLessThan(0.5);
      expect(Math.abs(divergence!.from[0])).toBeGreaterThanOrEqual(0.5);
      expect(divergence!.energyError).toBeCloseTo(5000, -2);
      expect(steps).toBe(6);
    }
    expect(draws.positions[0].every(([x]) => Math.abs(x) >= 0.5)).toBe(true);
  });

  it('ends a trajectory at NaN and rejects it, with the place', async () => {
    const half = logDensity(1, ([x]) => ({ value: x > 1 ? Number.NaN : -0.5 * x ** 2, gradient: Float64Array.of(-x) }));
    const draws = await sample(hmc(half, { stepSize: 0.4, steps: 8 }), {
      draws: 300,
      warmup: 0,
      chains: 1,
      seed: 5,
      initial: [Float64Array.of(0)],
    });
    const diverged = draws.infos[0].filter(({ divergence }) => divergence);
    expect(diverged.length).toBeGreaterThan(20);
    for (const { accepted, acceptance, divergence } of diverged) {
      expect([accepted, acceptance]).toEqual([false, 0]);
      expect(divergence!.energyError).toBeNaN();
      expect(divergence!.position[0]).toBeGreaterThan(1);
    }
    expect(diverged.some(({ steps }) => steps < 8)).toBe(true);
    expect(draws.positions[0].every(([x]) => x <= 1)).toBe(true);
  });

  it.each([
    [undefined, 'hmc: options is undefined'],
    [{ steps: 3 }, 'hmc: stepSize is undefined, expected a finite number greater than 0'],
    [{ stepSize: 0.1 }, 'hmc: steps is undefined, expected an integer of at least 1'],
    [{ stepSize: 0.1, steps: 0 }, 'hmc: steps is 0'],
    [{ stepSize: 0.1, steps: [4, 3] }, 'hmc: steps[1] is 3, expected an integer of at least 4'],
    [{ stepSize: '0.1', steps: 3 }, 'hmc: stepSize is "0.1"'],
    [{ stepSize: 0.1, steps: '35' }, 'hmc: steps is "35", expected an integer of at least 1'],
    [{ stepSize: 0.1, steps: {} }, 'hmc: steps is Object, expected an integer of at least 1'],
    [{ stepSize: 0.1, steps: [1, '3'] }, 'hmc: steps[1] is "3", expected an integer of at least 1'],
    [{ stepSize: 0.1, steps: 3, jitter: '0.5' }, 'hmc: jitter is "0.5", expected a finite number of at least 0'],
    [{ stepSize: 0.1, steps: 3, jitter: Number.NaN }, 'hmc: jitter is NaN'],
    [{ stepSize: 0.1, steps: 3, targetAcceptance: '0.8' }, 'hmc: targetAcceptance is "0.8"'],
    [{ stepSize: 0.1, steps: 3, jitter: 1 }, 'hmc: jitter is 1, expected from 0 to below 1'],
    [{ stepSize: 0.1, steps: 3, targetAcceptance: 0 }, 'hmc: targetAcceptance is 0'],
    [{ stepSize: 0.1, steps: 3, massMatrix: 'unit' }, 'hmc: massMatrix is unit'],
    [{ stepSize: 0.1, steps: 3, warmup: 3 }, 'hmc: option warmup is unknown'],
  ])('rejects %o', (options, message) => {
    expect(() => hmc(normal(2), options as HmcOptions)).toThrow(message);
    expect(() => hmc({ dim: 2, values: () => new Float64Array(1) } as never, options as HmcOptions)).toThrow(
      'hmc: target has no valuesAndGradients',
    );
  });
});

describe('mala', () => {
  it('proposes along the gradient, and accepts by the ratio of the densities of the way there and back', () => {
    const [epsilon, massMatrix] = [0.8, Float64Array.of(4, 0.5)];
    const algorithm = mala(banana, { stepSize: epsilon, massMatrix });
    const random = randomSource(6);
    let state = run(algorithm.init(random, Float64Array.of(1, 0)), banana);
    for (let i = 0; i < 100; i++) {
      const copy = restoreRandomSource(random.state());
      // Langevin's own words: drift ½ε²·M⁻¹·∇, noise ε·M^(−½)·ξ.
      const drifted = (z: Vector) =>
        evaluate(banana, z).gradient.map((g, k) => z[k] + (0.5 * epsilon ** 2 * g) / massMatrix[k]);
      const proposal = drifted(state.position).map((x, k) => x + (epsilon * copy.normal()) / Math.sqrt(massMatrix[k]));
      const way = (from: Vector, to: Vector) =>
        drifted(from).reduce((sum, x, k) => sum - (0.5 * massMatrix[k] * (to[k] - x) ** 2) / epsilon ** 2, 0);
      const log = (z: Vector) => evaluate(banana, z).value;
      const ratio = log(proposal) + way(proposal, state.position) - log(state.position) - way(state.position, proposal);
      const { state: next, info } = run(algorithm.step(random, state), banana);
      expect(info.acceptance).toBeCloseTo(Math.min(1, Math.exp(ratio)), 9);
      expect(info.steps).toBe(1);
      if (info.accepted) {
        next.position.forEach((x, k) => {
          expect(x).toBeCloseTo(proposal[k], 10);
        });
      } else expect(next.position).toBe(state.position);
      state = next;
    }
  });

  it('adapts to the acceptance 0.574', async () => {
    const draws = await sample(mala(normal(5)), { draws: 1000, warmup: 500, chains: 4, seed: 7 });
    const infos = draws.infos.flat();
    const mean = infos.reduce((sum, { acceptance }) => sum + acceptance, 0) / infos.length;
    expect(Math.abs(mean - 0.574)).toBeLessThan(0.1);
  });

  it.each([
    [{ stepSize: 0 }, 'mala: stepSize is 0'],
    [{ stepSize: '1' }, 'mala: stepSize is "1"'],
    [{ targetAcceptance: 2 }, 'mala: targetAcceptance is 2'],
    [{ massMatrix: 'both' }, 'mala: massMatrix is both'],
    [{ steps: 2 }, 'mala: option steps is unknown'],
  ])('rejects %o', (options, message) => {
    expect(() => mala(normal(2), options as MalaOptions)).toThrow(message);
  });

  it('rejects a start that is not finite', async () => {
    const nowhere = logDensity(1, () => ({ value: Number.NaN, gradient: Float64Array.of(0) }));
    await expect(
      sample(mala(nowhere), { draws: 1, chains: 1, seed: 1, initial: [Float64Array.of(2)] }),
    ).rejects.toThrow('mala: the log density is NaN at the start [2]');
  });
});

import { isotropicGaussian, logDensity, randomSource, restoreRandomSource, sample, type Vector } from '@subspace/core';
import { type RandomWalkOptions, randomWalk } from '@subspace/nuts';
import { describe, expect, it } from 'vitest';

const banana = logDensity(2, ([x, y]) => -0.125 * x ** 2 - 0.5 * (y - 0.5 * (x ** 2 - 4)) ** 2);
const valueAt = (z: Vector) => (banana.values([z]) as Float64Array)[0];

describe('randomWalk', () => {
  it('proposes N(z, s²·C), and accepts by the ratio of the densities', () => {
    const covariance = Float64Array.of(1, 0.6, 0.6, 1);
    const algorithm = randomWalk(banana, { stepSize: 1.5, covariance });
    const random = randomSource(1);
    const init = algorithm.init(random, Float64Array.of(0, -2));
    init.next();
    let state = init.next(valueAt(Float64Array.of(0, -2))).value as Parameters<typeof algorithm.step>[1];
    for (let i = 0; i < 100; i++) {
      const copy = restoreRandomSource(random.state());
      const [a, b] = [copy.normal(), copy.normal()];
      const step = algorithm.step(random, state);
      const proposal = step.next().value as Vector;
      // L = [[1, 0], [0.6, 0.8]].
      expect(proposal[0]).toBeCloseTo(state.position[0] + 1.5 * a, 12);
      expect(proposal[1]).toBeCloseTo(state.position[1] + 1.5 * (0.6 * a + 0.8 * b), 12);
      const value = valueAt(proposal);
      const result = step.next(value).value as { state: typeof state; info: { acceptance: number; accepted: boolean } };
      const acceptance = Math.min(1, Math.exp(value - state.logDensity));
      expect(result.info).toEqual({ acceptance, accepted: copy.uniform() < acceptance, stepSize: 1.5, nonFinite: 0 });
      expect(result.state.position).toBe(result.info.accepted ? proposal : state.position);
      state = result.state;
    }
  });

  it.each([
    [1, 0.44],
    [6, 0.234],
  ])('adapts to an acceptance of its own in %i dimensions, from any scale', async (dim, expected) => {
    for (const std of [1e-3, 1, 1e3]) {
      const target = {
        ...logDensity(dim, (z) => -0.5 * z.reduce((sum, x) => sum + (x / std) ** 2, 0)),
        prior: isotropicGaussian(dim, std),
      };
      const draws = await sample(randomWalk(target), { draws: 2000, warmup: 1000, chains: 4, seed: 2 });
      const infos = draws.infos.flat();
      const mean = infos.reduce((sum, { acceptance }) => sum + acceptance, 0) / infos.length;
      expect(Math.abs(mean - expected), `std ${std}`).toBeLessThan(0.08);
    }
  });

  it('takes NaN for −∞ and counts it', async () => {
    const half = logDensity(1, ([x]) => (x < 0 ? Number.NaN : -0.5 * x ** 2));
    const options = { draws: 500, warmup: 0, chains: 2, seed: 3, initial: [Float64Array.of(1), Float64Array.of(0.1)] };
    const draws = await sample(randomWalk(half), options);
    expect(draws.positions.flat().every(([x]) => x >= 0)).toBe(true);
    const counted = draws.infos.flat().filter(({ nonFinite }) => nonFinite === 1);
    expect(counted.length).toBeGreaterThan(100);
    for (const info of counted) expect(info).toMatchObject({ accepted: false, acceptance: 0 });
  });

  it('says its acceptance in the progress line', () => {
    const { describe: words, tally } = randomWalk(banana);
    const info = { acceptance: 0.5, accepted: true, stepSize: 1, nonFinite: 0 };
    expect(tally!(info)).toEqual({ acceptance: 0.5, nonFinite: 0 });
    expect(words!(info, { steps: 4, acceptance: 1 })).toBe('acceptance 0.25');
  });

  it.each([
    [{ stepSize: Number.NaN }, 'randomWalk: stepSize is NaN'],
    [{ stepSize: '1' }, 'randomWalk: stepSize is "1"'],
    [{ targetAcceptance: '0.2' }, 'randomWalk: targetAcceptance is "0.2"'],
    [{ targetAcceptance: 1 }, 'randomWalk: targetAcceptance is 1'],
    [{ covariance: 'full' }, 'randomWalk: covariance is full'],
    [{ covariance: Float64Array.of(1, 2, 2, 1) }, 'randomWalk: covariance is not positive definite'],
    [{ massMatrix: 'dense' }, 'randomWalk: option massMatrix is unknown'],
  ])('rejects %o', (options, message) => {
    expect(() => randomWalk(banana, options as RandomWalkOptions)).toThrow(message);
  });

  it('rejects what is no density, and a start where it is not finite, or +∞', async () => {
    expect(() => randomWalk({ dim: 2 } as never)).toThrow('randomWalk: target has no values, expected a log density');
    const start = { draws: 1, warmup: 0, chains: 1, seed: 1, initial: [Float64Array.of(0.5)] };
    for (const value of [Number.NaN, -Infinity]) {
      await expect(sample(randomWalk(logDensity(1, () => value)), start)).rejects.toThrow(
        `randomWalk: the log density is ${value} at the start [0.5], expected a finite number`,
      );
    }
    for (const here of [0, Infinity]) {
      const peak = logDensity(1, ([x]) => (x === 0.5 ? here : Infinity));
      await expect(sample(randomWalk(peak), start)).rejects.toThrow('randomWalk: the log density is Infinity at [');
    }
  });
});

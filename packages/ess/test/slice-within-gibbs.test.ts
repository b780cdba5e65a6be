import {
  drawsFrom,
  isotropicGaussian,
  type LogDensity,
  logDensity,
  memoryStore,
  posterior,
  type RandomSource,
  randomSource,
  sample,
  type Vector,
} from '@subspace/core';
import { type SliceWithinGibbsOptions, type SliceWithinGibbsState, sliceWithinGibbs } from '@subspace/ess';
import { expectMoments } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

describe('sliceWithinGibbs on targets whose moments are known', () => {
  it.each([{}, { width: 0.3 }, { width: Float64Array.of(10, 0.05, 1) }, { width: 0.5, bound: 2 }])(
    'has the mean and covariance of a correlated Gaussian with %o',
    async (options) => {
      // N(m, L·Lᵀ) as a posterior: its prior is the Gaussian itself, its likelihood flat.
      const prior = {
        mean: Float64Array.of(1, -2, 0.5),
        cholesky: Float64Array.of(1, 0, 0, 0.8, 0.6, 0, -0.5, 0.3, 1.5),
      };
      const target = posterior({ logLikelihood: logDensity(3, () => 0), prior });
      const draws = await sample(sliceWithinGibbs(target, options), { draws: 400, warmup: 100, chains: 40, seed: 1 });
      const covariance = [
        [1, 0.8, -0.5],
        [0.8, 1, -0.22],
        [-0.5, -0.22, 2.59],
      ];
      expectMoments(draws, [1, -2, 0.5], covariance);
    },
  );

  it('has the tempered posterior of one coordinate', async () => {
    // Likelihood N(2 | z, ½) to the power ¼, prior N(0, 1): precision 1 + ½, mean 2/3.
    const logLikelihood = logDensity(1, ([z]) => -((z - 2) ** 2));
    const target = posterior({ logLikelihood, priorStd: 1, temperature: 4 });
    const draws = await sample(sliceWithinGibbs(target), { draws: 400, warmup: 100, chains: 40, seed: 2 });
    expectMoments(draws, [2 / 3], [[2 / 3]]);
  });

  it('draws from both of two modes that its interval spans, and needs no prior', async () => {
    const modes = logDensity(1, ([z]) =>
      Math.log(0.25 * Math.exp(-2 * (z + 2) ** 2) + 0.75 * Math.exp(-2 * (z - 2) ** 2)),
    );
    const draws = await sample(sliceWithinGibbs(modes, { width: 5 }), {
      draws: 800,
      warmup: 0,
      chains: 40,
      seed: 3,
      initial: Array.from({ length: 40 }, (_, c) => Float64Array.of(c % 2 === 0 ? 2 : -2)),
    });
    const share = drawsFrom(draws.positions.map((chain) => chain.map(([z]) => Float64Array.of(z > 0 ? 1 : 0))));
    expectMoments(share, [0.75], [[0.1875]]);
  });

  it('takes NaN for −∞ and counts it: a half-normal from a density that is NaN below zero', async () => {
    const half = posterior({ logLikelihood: logDensity(1, ([z]) => (z < 0 ? Number.NaN : 0)), priorStd: 1 });
    const initial = Array.from({ length: 40 }, () => Float64Array.of(0.5));
    const draws = await sample(sliceWithinGibbs(half), { draws: 400, warmup: 50, chains: 40, seed: 4, initial });
    expect(draws.positions.flat().every(([z]) => z >= 0)).toBe(true);
    expect(draws.infos.flat().reduce((sum, { nonFinite }) => sum + nonFinite, 0)).toBeGreaterThan(1000);
    expectMoments(draws, [Math.sqrt(2 / Math.PI)], [[1 - 2 / Math.PI]]);
  });
});

describe('sliceWithinGibbs leaves the target invariant', () => {
  it.each([{ width: 0.4 }, { width: 3 }, { width: 0.4, bound: 3 }])(
    'from exact draws of a banana, a sweep leads to exact draws, with %o',
    (options) => {
      const banana = logDensity(2, ([x, y]) => -0.125 * x ** 2 - 0.5 * (y - 0.5 * (x ** 2 - 4)) ** 2);
      const slice = sliceWithinGibbs(banana, options);
      const random = randomSource('invariance');
      const statistics: readonly ((z: Vector) => number)[] = [
        ([x]) => x,
        ([, y]) => y,
        ([x]) => x ** 2,
        ([, y]) => y ** 2,
        ([x, y]) => x ** 2 * y,
        ([x, y]) => Math.cos(2 * x + y),
      ];
      const n = 20_000;
      const differences = statistics.map(() => new Float64Array(n));
      for (let i = 0; i < n; i++) {
        const x = 2 * random.normal();
        const z = Float64Array.of(x, 0.5 * (x ** 2 - 4) + random.normal());
        const { position } = runToEnd(slice.step(random, runToEnd(slice.init(random, z), banana)), banana).state;
        statistics.forEach((statistic, s) => {
          differences[s][i] = statistic(position) - statistic(z);
        });
      }
      for (const difference of differences) {
        const { mean, std } = meanAndStd([...difference]);
        expect(Math.abs(mean)).toBeLessThan((4 * std) / Math.sqrt(n));
      }
    },
  );
});

describe('a sweep of sliceWithinGibbs', () => {
  it('steps out, then shrinks towards the old point, as in Figures 3 and 5', () => {
    const slice = sliceWithinGibbs({ dim: 1, values: () => new Float64Array(1) }, { width: 1, bound: 4 });
    // Level log ½ − 1; interval [2.75, 3.75] of width 1 around 3; of three steps, ⌊4·0.5⌋ = 2 to the left; then points at ½, ¼ and ¾ of what is left.
    const random = scripted([0.5, 0.25, 0.5, 0.5, 0.25, 0.75]);
    const state: SliceWithinGibbsState = { position: Float64Array.of(3), logDensity: -1, widths: Float64Array.of(1) };
    const step = slice.step(random, state);
    const [above, below] = [Math.log(0.5) - 1 + 1e-9, Math.log(0.5) - 1 - 1e-9];
    // Left end 2.75 is above: to 1.75, which is below. Right end 3.75 is above: to 4.75, with no step left to ask about it.
    const script = [
      [2.75, above],
      [1.75, below],
      [3.75, above],
      [3.25, below],
      [2.125, below],
      [2.96875, above],
    ];
    let request = step.next();
    for (const [expected, answer] of script) {
      expect((request.value as Vector)[0]).toBeCloseTo(expected, 12);
      request = step.next(answer);
    }
    expect(request.done).toBe(true);
    expect(random.left()).toBe(0);
    const { state: next, info } = request.value as { state: SliceWithinGibbsState; info: object };
    expect(info).toEqual({ evaluations: 6, expansions: 2, shrinks: 2, nonFinite: 0 });
    expect(next).toMatchObject({ logDensity: above });
    expect(state.position[0]).toBe(3);
  });

  it('never makes an interval longer than the bound, and needs no evaluation to know it', () => {
    for (const bound of [1, 3]) {
      const flat = logDensity(1, () => 0);
      const slice = sliceWithinGibbs(flat, { width: 1, bound });
      const random = randomSource(7);
      let state = runToEnd(slice.init(random, Float64Array.of(0)), flat);
      for (let i = 0; i < 200; i++) {
        const { state: next, info } = runToEnd(slice.step(random, state), flat);
        expect(Math.abs(next.position[0] - state.position[0])).toBeLessThanOrEqual(bound);
        expect(info).toMatchObject({ expansions: bound - 1, shrinks: 0, evaluations: bound });
        state = next;
      }
    }
  });

  it('carries the log density of its position, and never evaluates it again', () => {
    const target = logDensity(2, ([x, y]) => -0.5 * x ** 2 - 2 * (y - x) ** 2);
    const slice = sliceWithinGibbs(target);
    const random = randomSource(8);
    let state = runToEnd(slice.init(random, Float64Array.of(0.5, 1)), target);
    for (let i = 0; i < 50; i++) {
      const before = structuredClone(state);
      const { state: next } = runToEnd(slice.step(random, state), target);
      expect(state).toEqual(before);
      expect(next.logDensity).toBe(valueAt(target, next.position));
      state = next;
    }
  });

  it('learns its widths in warmup, unless they are given', async () => {
    const target = {
      ...logDensity(2, ([x, y]) => -0.5 * ((x / 100) ** 2 + (y / 0.01) ** 2)),
      prior: isotropicGaussian(2, 1),
    };
    const slice = sliceWithinGibbs(target);
    const random = randomSource(9);
    let state = runToEnd(slice.init(random, Float64Array.of(1, 0.01)), target);
    expect([...state.widths]).toEqual([1, 1]);
    for (let index = 0; index < 300; index++) {
      ({ state } = runToEnd(slice.warmupStep!(random, state, { index, of: 300 }), target));
    }
    expect(state.moves).toBeUndefined();
    expect(state.widths[0] / 100).toBeGreaterThan(0.7);
    expect(state.widths[0] / 100).toBeLessThan(3);
    expect(state.widths[1] / 0.01).toBeGreaterThan(0.7);
    expect(state.widths[1] / 0.01).toBeLessThan(3);
    expect(sliceWithinGibbs(target, { width: 1 }).warmupStep).toBeUndefined();
    const lines: string[] = [];
    const draws = await sample(slice, {
      draws: 100,
      warmup: 200,
      chains: 1,
      seed: 10,
      onProgress: ({ chains }) => lines.push(chains[0].summary),
    });
    const mean = draws.infos[0].reduce((sum, { evaluations }) => sum + evaluations, 0) / 100;
    expect(lines[lines.length - 1]).toBe(`${mean.toFixed(1)} evaluations a sweep`);
    expect(mean).toBeLessThan(14);
  });

  it('goes on from a checkpoint in warmup or after it, and refuses another width or temperature', async () => {
    const logLikelihood = logDensity(2, ([x, y]) => -2 * (x - y ** 2) ** 2);
    const run = (draws: number, store = memoryStore(), options: SliceWithinGibbsOptions = {}, temperature = 2) =>
      sample(sliceWithinGibbs(posterior({ logLikelihood, priorStd: 1.5, temperature }), options), {
        draws,
        warmup: 10,
        chains: 2,
        seed: 1,
        checkpoint: { store, resume: true },
      });
    const store = memoryStore();
    await run(5, store);
    expect((await run(20, store)).positions).toEqual((await run(20)).positions);
    await expect(run(20, store, { width: 1 })).rejects.toThrow('sample: options.width is 1');
    await expect(run(20, store, {}, 3)).rejects.toThrow('options.temperature is 3');
  });

  it('draws the same chains however many run beside them', async () => {
    const target = posterior({ logLikelihood: logDensity(2, ([x, y]) => -((x - y) ** 2)), priorStd: 1 });
    const alone = await sample(sliceWithinGibbs(target), { draws: 30, warmup: 5, chains: 1, seed: 5 });
    const many = await sample(sliceWithinGibbs(target), { draws: 30, warmup: 5, chains: 7, seed: 5 });
    expect(many.positions[0]).toEqual(alone.positions[0]);
  });
});

describe('sliceWithinGibbs rejects', () => {
  const target = logDensity(2, () => 0);

  it.each([
    [{ width: 0 }, 'sliceWithinGibbs: width is 0, expected a finite number greater than 0'],
    [{ width: Float64Array.of(1) }, 'sliceWithinGibbs: width has length 1, expected 2'],
    [{ width: Float64Array.of(1, -1) }, 'sliceWithinGibbs: width[1] is -1'],
    [{ bound: 0 }, 'sliceWithinGibbs: bound is 0, expected an integer of at least 1'],
    [{ steps: 1 }, 'sliceWithinGibbs: option steps is unknown'],
  ])('%o', (options, message) => {
    expect(() => sliceWithinGibbs(target, options as SliceWithinGibbsOptions)).toThrow(message);
  });

  it('what is no log density, and a start that is wrong', () => {
    expect(() => sliceWithinGibbs(undefined as never)).toThrow('sliceWithinGibbs: posterior is undefined');
    expect(() => sliceWithinGibbs({ dim: 2 } as never)).toThrow('sliceWithinGibbs: posterior has no values');
    const { init } = sliceWithinGibbs(target);
    expect(() => init(randomSource(1), new Float64Array(3)).next()).toThrow(
      'sliceWithinGibbs: position has length 3, expected 2',
    );
    expect(() => init(randomSource(1), Float64Array.of(0, Number.NaN)).next()).toThrow(
      'sliceWithinGibbs: position[1] is NaN',
    );
  });

  it('a density that is not finite at the start, or +∞, or another at every call: with an error, not for ever', async () => {
    const options = { draws: 1, warmup: 0, chains: 1, seed: 1, initial: [Float64Array.of(0.5)] };
    const run = (density: (z: Vector) => number) => sample(sliceWithinGibbs(logDensity(1, density)), options);
    for (const value of [Number.NaN, -Infinity]) {
      await expect(run(() => value)).rejects.toThrow(
        `sliceWithinGibbs: the log density is ${value} at the start [0.5], expected a finite number`,
      );
    }
    await expect(run(() => Infinity)).rejects.toThrow('the log density is Infinity at [0.5]');
    await expect(run(([z]) => (z === 0.5 ? 0 : Infinity))).rejects.toThrow('the log density is Infinity at [');
    let calls = 0;
    await expect(run(() => -1000 * calls++)).rejects.toThrow(
      /^sliceWithinGibbs: the interval of coordinate 0 shrank to \[\S+, \S+\] without a point above the level \S+, expected one; is the log density \(0 where/,
    );
    expect(calls).toBeLessThan(1100);
  });
});

function meanAndStd(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}

function valueAt(density: LogDensity, z: Vector): number {
  return (density.values([z]) as Float64Array)[0];
}

/** Answers a coroutine's requests with a density until it returns. */
function runToEnd<T>(coroutine: Generator<Vector, T, number>, density: LogDensity): T {
  let request = coroutine.next();
  while (!request.done) request = coroutine.next(valueAt(density, request.value));
  return request.value;
}

/** A stream that gives the uniforms it is told to. */
function scripted(uniforms: readonly number[]): RandomSource & { left(): number } {
  const list = [...uniforms];
  return {
    uniform: () => list.shift() ?? Number.NaN,
    normal: () => Number.NaN,
    left: () => list.length,
    fork: () => scripted([]),
    state: () => ({ kind: 'scripted' }),
  };
}

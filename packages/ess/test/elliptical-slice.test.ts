import {
  type Gaussian,
  gaussianDraw,
  isotropicGaussian,
  type LogDensity,
  logDensity,
  memoryStore,
  posterior,
  type RandomSource,
  randomSource,
  restoreRandomSource,
  sample,
  type ValueAlgorithm,
  type Vector,
} from '@subspace/core';
import { type EllipticalSliceInfo, type EllipticalSliceState, ellipticalSlice } from '@subspace/ess';
import { describeGolden, expectMoments, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

type Slice = ValueAlgorithm<EllipticalSliceState, EllipticalSliceInfo>;

describe('ellipticalSlice on conjugate targets', () => {
  // A correlated prior away from the origin, and a linear Gaussian likelihood that sees two of three directions.
  const prior: Gaussian = {
    mean: Float64Array.of(1, -2, 0.5),
    cholesky: Float64Array.of(1, 0, 0, 0.8, 0.6, 0, -0.5, 0.3, 1.5),
  };
  const design = [
    [1, 0.5, -0.25],
    [0, 1, 1],
  ];
  const targets = [0.4, -1.5];
  const noiseVariance = 0.25;
  const logLikelihood = logDensity(3, (z) =>
    design.reduce((sum, row, n) => sum - (0.5 * (targets[n] - dot(row, z)) ** 2) / noiseVariance, 0),
  );

  for (const temperature of [1, 0.5, 4]) {
    it(`has the exact posterior mean and covariance at temperature ${temperature}`, async () => {
      const exact = conjugate(prior, design, targets, noiseVariance * temperature);
      const draws = await sample(ellipticalSlice(posterior({ logLikelihood, prior, temperature })), {
        draws: 400,
        warmup: 50,
        chains: 64,
        seed: 11,
      });
      expectMoments(draws, exact.mean, exact.covariance);
    });
  }

  it('draws from the prior where the likelihood is flat, accepting every first proposal', async () => {
    const flat = posterior({ logLikelihood: logDensity(3, () => -7), prior });
    const draws = await sample(ellipticalSlice(flat), { draws: 500, warmup: 0, chains: 40, seed: 12 });
    const { cholesky: l } = prior;
    const covariance = Array.from({ length: 3 }, (_, i) =>
      Array.from({ length: 3 }, (_, j) => [0, 1, 2].reduce((sum, k) => sum + l[3 * i + k] * l[3 * j + k], 0)),
    );
    expectMoments(draws, [...prior.mean], covariance);
    for (const info of draws.infos.flat()) expect(info).toMatchObject({ shrinks: 0, nonFinite: 0 });
  });

  it('slices the tempered likelihood: temperature T is the likelihood to the power 1/T', async () => {
    const cold = posterior({ logLikelihood, prior, temperature: 0.25 });
    const sharp = posterior({ logLikelihood: logDensity(3, (z) => 4 * valueAt(logLikelihood, z)), prior });
    const options = { draws: 50, warmup: 0, chains: 2, seed: 3 };
    const [a, b] = [await sample(ellipticalSlice(cold), options), await sample(ellipticalSlice(sharp), options)];
    expect(a.positions).toEqual(b.positions);
  });
});

describe('ellipticalSlice leaves the target invariant', () => {
  it('keeps the joint distribution of parameters and data (one step from a draw of the prior, given data of that draw)', () => {
    // Nonlinear and not log-concave: y ~ N(sin 2z₀ + z₁², 0.3²). If z' is a step from z given y, then (z', y) is distributed as (z, y).
    const prior: Gaussian = { mean: Float64Array.of(0.5, -0.5), cholesky: Float64Array.of(1, 0, 0.6, 0.8) };
    const output = (z: Vector) => Math.sin(2 * z[0]) + z[1] ** 2;
    const random = randomSource('joint');
    const n = 20_000;
    const statistics = [
      (z: Vector) => z[0],
      (z: Vector) => z[1],
      (z: Vector) => z[0] ** 2,
      (z: Vector) => z[1] ** 2,
      (z: Vector) => z[0] * z[1],
      (z: Vector, y: number) => z[0] * y,
      (z: Vector, y: number) => z[1] * y,
      (z: Vector, y: number) => output(z) * y,
      (z: Vector) => Math.cos(3 * z[0] + z[1]),
    ];
    const differences = statistics.map(() => new Float64Array(n));
    let moved = 0;
    for (let i = 0; i < n; i++) {
      const z = gaussianDraw(prior, random);
      const y = output(z) + 0.3 * random.normal();
      const logLikelihood = logDensity(2, (point) => -0.5 * ((y - output(point)) / 0.3) ** 2);
      const slice = ellipticalSlice(posterior({ logLikelihood, prior }));
      const { state } = runStep(slice, random, { position: z, logLikelihood: valueAt(logLikelihood, z) });
      statistics.forEach((statistic, s) => {
        differences[s][i] = statistic(state.position, y) - statistic(z, y);
      });
      if (state.position[0] !== z[0]) moved++;
    }
    expect(moved).toBe(n);
    // Pairs are independent, so 4 standard errors of their mean difference are a plain 4σ bound.
    for (const difference of differences) {
      const { mean, std } = meanAndStd(difference);
      expect(Math.abs(mean)).toBeLessThan((4 * std) / Math.sqrt(n));
    }
  });
});

describe('ellipticalSlice as an algorithm', () => {
  const target = posterior({ logLikelihood: logDensity(2, (z) => -2 * (z[0] - z[1] ** 2) ** 2), priorStd: 1.5 });

  it('repeats its draws for the same seed, and draws others for another', async () => {
    const options = { draws: 30, warmup: 5, chains: 2, seed: 0 };
    const first = await sample(ellipticalSlice(target), options);
    expect((await sample(ellipticalSlice(target), options)).positions).toEqual(first.positions);
    expect((await sample(ellipticalSlice(target), { ...options, seed: 1 })).positions).not.toEqual(first.positions);
  });

  it('draws the same chains however many run beside them', async () => {
    const alone = await sample(ellipticalSlice(target), { draws: 30, warmup: 5, chains: 1, seed: 5 });
    const many = await sample(ellipticalSlice(target), { draws: 30, warmup: 5, chains: 7, seed: 5 });
    expect(many.positions[0]).toEqual(alone.positions[0]);
    expect(many.infos[0]).toEqual(alone.infos[0]);
  });

  it('draws ν, the level, and angles from a bracket that shrinks towards 0, in the order of Figure 2', () => {
    const slice = ellipticalSlice({
      logLikelihood: logDensity(1, () => 0),
      prior: isotropicGaussian(1, 2),
      temperature: 1,
    });
    // ν = 2·0.75; level log ½ − 1; angles π/2 of [−3π/2, π/2], then the middle −π/2, then ¾ of [−π/2, π/2], then ½ of [−π/2, π/4].
    const random = scripted([0.75], [0.5, 0.25, 0.5, 0.75, 0.5]);
    const step = slice.step(random, { position: Float64Array.of(3), logLikelihood: -1 });
    const angles = [Math.PI / 2, -Math.PI / 2, Math.PI / 4, -Math.PI / 8];
    let request = step.next();
    angles.forEach((angle, i) => {
      expect((request.value as Vector)[0]).toBeCloseTo(3 * Math.cos(angle) + 1.5 * Math.sin(angle), 12);
      // Just below the level three times, then just above it.
      request = step.next(Math.log(0.5) - 1 + (i < 3 ? -1e-9 : 1e-9));
    });
    expect(request.done).toBe(true);
    expect(random.left()).toBe(0);
    const { info } = request.value as { info: EllipticalSliceInfo };
    expect(info.shrinks).toBe(3);
    expect(info.angle).toBeCloseTo(-Math.PI / 8, 12);
  });

  it('never evaluates the position it has: one evaluation for the start, then one per step and one per shrink', async () => {
    let evaluations = 0;
    const counted: LogDensity = {
      dim: 2,
      values: (points) => {
        evaluations += points.length;
        return target.logLikelihood.values(points);
      },
    };
    const slice = ellipticalSlice(posterior({ logLikelihood: counted, priorStd: 1.5 }));
    const draws = await sample(slice, { draws: 200, warmup: 0, chains: 3, seed: 2 });
    const infos = draws.infos.flat();
    expect(evaluations).toBe(3 + infos.reduce((sum, { shrinks }) => sum + 1 + shrinks, 0));
    expect(Math.max(...infos.map(({ shrinks }) => shrinks))).toBeGreaterThan(1);
  });

  it('carries the untempered log likelihood of its position, and reports the angle that led there', () => {
    const tempered = posterior({ logLikelihood: target.logLikelihood, priorStd: 1.5, temperature: 3 });
    const slice = ellipticalSlice(tempered);
    const random = randomSource(8);
    let state = runToEnd(slice.init(random, Float64Array.of(0.5, 1)), slice.target);
    for (let i = 0; i < 50; i++) {
      const from = state.position;
      const ellipseEnd = gaussianDraw(tempered.prior, restored(random));
      const step = runStep(slice, random, state);
      state = step.state;
      expect(state.logLikelihood).toBe(valueAt(tempered.logLikelihood, state.position));
      expect(Math.abs(step.info.angle)).toBeLessThan(2 * Math.PI);
      state.position.forEach((z, k) => {
        expect(z).toBeCloseTo(from[k] * Math.cos(step.info.angle) + ellipseEnd[k] * Math.sin(step.info.angle), 12);
      });
    }
  });

  it('describes its steps so far in a few words', () => {
    const { describe: words, tally } = ellipticalSlice(target);
    const info = { angle: 0.1, shrinks: 3, nonFinite: 1 };
    expect(tally!(info)).toEqual({ shrinks: 3, nonFinite: 1 });
    expect(words!(info, { steps: 2, shrinks: 5, nonFinite: 1 })).toBe('2.5 shrinks a step');
  });
});

describe('ellipticalSlice where the log likelihood is not finite', () => {
  it('takes NaN for −∞ and counts it: a half-normal from a likelihood that is NaN below zero', async () => {
    const half = posterior({ logLikelihood: logDensity(1, (z) => (z[0] < 0 ? Number.NaN : 0)), priorStd: 1 });
    const draws = await sample(ellipticalSlice(half), { draws: 500, warmup: 20, chains: 40, seed: 21 });
    expect(draws.positions.flat().every((z) => z[0] >= 0)).toBe(true);
    expect(draws.infos.flat().reduce((sum, info) => sum + info.nonFinite, 0)).toBeGreaterThan(1000);
    // Every rejected proposal is a NaN one here.
    for (const info of draws.infos.flat()) expect(info.nonFinite).toBe(info.shrinks);
    expectMoments(draws, [Math.sqrt(2 / Math.PI)], [[1 - 2 / Math.PI]]);
  });

  it('accepts the first finite value from a start that is −∞ or NaN', () => {
    for (const outside of [-Infinity, Number.NaN]) {
      const logLikelihood = logDensity(1, (z) => (z[0] < 0 ? outside : -(z[0] ** 2)));
      const slice = ellipticalSlice(posterior({ logLikelihood, priorStd: 1 }));
      const random = randomSource(4);
      const start = runToEnd(slice.init(random, Float64Array.of(-3)), logLikelihood);
      expect(start.logLikelihood).toBe(-Infinity);
      const { state } = runStep(slice, random, start);
      expect(state.position[0]).toBeGreaterThanOrEqual(0);
      expect(state.logLikelihood).toBe(-(state.position[0] ** 2));
    }
  });

  // The region holds 1.6 % of the prior: a search of 1000 draws misses it once in 10⁷.
  it('finds a small region of finite values from starts far outside it', async () => {
    const island = (z: Vector) => Math.hypot(z[0] - 1, z[1] + 1) < 0.3;
    const logLikelihood = logDensity(2, (z) => (island(z) ? 0 : Number.NaN));
    const slice = ellipticalSlice(posterior({ logLikelihood, priorStd: 1 }));
    const draws = await sample(slice, { draws: 20, warmup: 1, chains: 20, seed: 6 });
    expect(draws.positions.flat().every(island)).toBe(true);
  });

  it('gives up on a start of −∞ when nothing finite turns up, instead of searching for ever', async () => {
    const nowhere = posterior({
      logLikelihood: logDensity(1, (z) => (z[0] > 0 ? Number.NaN : -Infinity)),
      priorStd: 1,
    });
    const options = { draws: 1, warmup: 0, chains: 1, seed: 1, initial: [Float64Array.of(0.5)] };
    await expect(sample(ellipticalSlice(nowhere), options)).rejects.toThrow(
      /ellipticalSlice: the log likelihood is -Infinity at the start \[0.5\] and at 1000 other points of the prior, [45]\d\d of them NaN, expected a finite one/,
    );
  });

  it('ends with the numbers of the bracket when the likelihood changes from call to call', async () => {
    let calls = 0;
    const sinking = posterior({ logLikelihood: logDensity(1, () => 0 - 1000 * calls++), priorStd: 1 });
    const error = await sample(ellipticalSlice(sinking), { draws: 1, warmup: 0, chains: 1, seed: 1 }).catch((e) => e);
    expect(error.message).toMatch(
      /^ellipticalSlice: the bracket of angles shrank to \[-?\d\S*, \d\S*\] in \d\d evaluations, 0 of them NaN, without a point above the level -\d\S*, expected one near 0; is the log likelihood \(0 at angle 0\)/,
    );
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(calls).toBeLessThan(500);
  });

  it('rejects +∞, at the start and at a proposal, with the position', async () => {
    const options = { draws: 5, warmup: 0, chains: 1, seed: 1, initial: [Float64Array.of(0.25)] };
    const always = posterior({ logLikelihood: logDensity(1, () => Infinity), priorStd: 1 });
    await expect(sample(ellipticalSlice(always), options)).rejects.toThrow(
      'ellipticalSlice: the log likelihood is Infinity at [0.25], expected less',
    );
    const elsewhere = posterior({ logLikelihood: logDensity(1, (z) => (z[0] === 0.25 ? 0 : Infinity)), priorStd: 1 });
    await expect(sample(ellipticalSlice(elsewhere), options)).rejects.toThrow('the log likelihood is Infinity at [');
  });

  it('stays where it is possible when log u is lost in the rounding of a huge log likelihood', async () => {
    const huge = posterior({ logLikelihood: logDensity(1, () => -1e300), priorStd: 1 });
    const draws = await sample(ellipticalSlice(huge), { draws: 20, warmup: 0, chains: 1, seed: 1 });
    for (const info of draws.infos[0]) expect(info.shrinks).toBe(0);
  });
});

describe('ellipticalSlice rejects', () => {
  const logLikelihood = logDensity(2, () => 0);
  const parts = { logLikelihood, prior: isotropicGaussian(2, 1), temperature: 1 };

  it('what is not a posterior', () => {
    for (const wrong of [undefined, {}, { ...parts, prior: undefined }, { ...parts, logLikelihood: undefined }]) {
      expect(() => ellipticalSlice(wrong as never)).toThrow(
        'ellipticalSlice: posterior has no prior or no logLikelihood',
      );
    }
  });

  it('a prior of another dimension, or one that is no Gaussian', () => {
    expect(() => ellipticalSlice({ ...parts, prior: isotropicGaussian(3, 1) })).toThrow(
      'ellipticalSlice: posterior.prior.mean has length 3, expected 2',
    );
    const cholesky = Float64Array.of(1, 0, 0, -1);
    expect(() => ellipticalSlice({ ...parts, prior: { ...parts.prior, cholesky } })).toThrow(
      'ellipticalSlice: posterior.prior.cholesky[1, 1] is -1',
    );
  });

  it('a temperature that is not positive', () => {
    for (const temperature of [0, -1, Number.NaN, Infinity]) {
      expect(() => ellipticalSlice({ ...parts, temperature })).toThrow('ellipticalSlice: posterior.temperature is');
    }
  });

  it('a start of another length, or one that is not finite', () => {
    const slice = ellipticalSlice(parts);
    expect(() => slice.init(randomSource(1), new Float64Array(4)).next()).toThrow(
      'ellipticalSlice: position has length 4, expected 2',
    );
    expect(() => slice.init(randomSource(1), Float64Array.of(0, Number.NaN)).next()).toThrow(
      'ellipticalSlice: position[1] is NaN, expected a finite number',
    );
  });
});

describeGolden('samplers-elliptical-slice.json', (golden) => {
  it("takes the reference's steps from its random numbers", () => {
    for (const { K, sigma, centre, width, steps } of golden.chains) {
      const logLikelihood = logDensity(K, (z) => {
        const squares = z.reduce((sum, x, k) => sum + (x - centre[k]) ** 2, 0);
        return (-0.5 * squares) / width ** 2;
      });
      const slice = ellipticalSlice(posterior({ logLikelihood, priorStd: sigma }));
      let state = runToEnd(slice.init(scripted([], []), new Float64Array(K)), logLikelihood);
      for (const step of steps) {
        const random = scripted(
          step.nu.map((x: number) => x / sigma),
          step.uniforms,
        );
        const { state: next, info } = runStep(slice, random, state);
        next.position.forEach((z, k) => {
          expect(z).toBeCloseTo(step.position[k], 12);
        });
        expect(next.logLikelihood).toBeCloseTo(step.logLikelihood, 10);
        expect(info.shrinks + 1).toBe(step.evaluationsInLoop);
        expect(random.left()).toBe(0);
        state = next;
      }
    }
  });
});

describeGolden('samplers-targets.json', (golden) => {
  for (const [name, salt] of Object.entries({ K2T1: 500, 'K5T0.5': 530, K5T4: 540, K10T20: 550 })) {
    it(`has the posterior mean and covariance of the linear Gaussian model ${name}`, async () => {
      const { K, N, D, noiseVariance, sigma, temperature, ...exact } = golden.linearGaussian[name];
      const inputs = formulaArray(N * D, salt, 1);
      const basis = formulaArray(K * D, salt + 1, 0.5);
      const shift = formulaArray(D, salt + 2, 0.3);
      const targets = formulaArray(N, salt + 3, 2);
      const logLikelihood = logDensity(K, (z) => {
        const weights = shift.map((w, d) => z.reduce((sum, x, k) => sum + x * basis[k * D + d], w));
        const squares = targets.reduce(
          (sum, y, n) => sum + (y - dot(inputs.subarray(n * D, n * D + D), weights)) ** 2,
          0,
        );
        return (-0.5 * squares) / noiseVariance - 0.5 * N * Math.log(2 * Math.PI * noiseVariance);
      });
      exact.z.forEach((z: number[], i: number) => {
        expect(valueAt(logLikelihood, Float64Array.from(z)) / exact.logLikelihood[i]).toBeCloseTo(1, 10);
      });
      const slice = ellipticalSlice(posterior({ logLikelihood, priorStd: sigma, temperature }));
      const draws = await sample(slice, { draws: 150, warmup: 150, chains: 40, seed: 31 });
      expectMoments(draws, exact.posteriorMean, exact.posteriorCovariance);
    });
  }
});

function meanAndStd(values: Float64Array): { mean: number; std: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/**
 * Posterior of z ~ N(mean, L·Lᵀ), y = A·z + N(0, variance), taking in one observation after another (Kalman's update): another route than
 * densities, so that a mistake in the prior's handling shows.
 */
function conjugate(prior: Gaussian, design: number[][], targets: number[], variance: number) {
  const dim = prior.mean.length;
  let mean = [...prior.mean];
  let covariance = mean.map((_, i) =>
    mean.map((_, j) => dot(prior.cholesky.slice(i * dim, (i + 1) * dim), prior.cholesky.slice(j * dim, (j + 1) * dim))),
  );
  design.forEach((row, n) => {
    const gain = covariance.map((line) => dot(line, row));
    const spread = dot(gain, row) + variance;
    const surprise = targets[n] - dot(row, mean);
    mean = mean.map((m, i) => m + (gain[i] * surprise) / spread);
    covariance = covariance.map((line, i) => line.map((value, j) => value - (gain[i] * gain[j]) / spread));
  });
  return { mean, covariance };
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

function runStep(slice: Slice, random: RandomSource, state: EllipticalSliceState) {
  return runToEnd(slice.step(random, state), slice.target);
}

/** A stream that gives the normals and uniforms it is told to. */
function scripted(normals: readonly number[], uniforms: readonly number[]): RandomSource & { left(): number } {
  const [n, u] = [[...normals], [...uniforms]];
  const next = (list: number[]) => {
    if (list.length === 0) throw new Error('the script has ended');
    return list.shift()!;
  };
  return {
    uniform: () => next(u),
    normal: () => next(n),
    left: () => n.length + u.length,
    fork: () => scripted([], []),
    state: () => ({ kind: 'scripted' }),
  };
}

/** The same stream at the same place, to look ahead with. */
function restored(random: RandomSource): RandomSource {
  return restoreRandomSource(random.state());
}

describe('a checkpoint', () => {
  it('goes on with the same temperature, and refuses another one', async () => {
    const logLikelihood = logDensity(1, (z) => -0.5 * (z[0] - 1) ** 2);
    const run = (temperature: number, draws: number) =>
      sample(ellipticalSlice(posterior({ logLikelihood, priorStd: 1, temperature })), {
        draws,
        warmup: 5,
        chains: 2,
        seed: 1,
        checkpoint: { store, resume: true },
      });
    const store = memoryStore();
    await run(2, 10);
    const longer = await run(2, 20);
    const whole = await sample(ellipticalSlice(posterior({ logLikelihood, priorStd: 1, temperature: 2 })), {
      draws: 20,
      warmup: 5,
      chains: 2,
      seed: 1,
    });
    expect(longer.positions).toEqual(whole.positions);
    await expect(run(3, 30)).rejects.toThrow(/temperature/);
  });
});

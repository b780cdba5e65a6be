import {
  type DifferentiableLogDensity,
  type GradientAlgorithm,
  type LogDensity,
  logDensity,
  type Posterior,
  posterior,
  type Vector,
} from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import {
  cloudPosterior,
  type SequentialMonteCarloOptions,
  type SequentialMonteCarloResult,
  sequentialMonteCarlo,
} from '@subspace/smc';
import { bits } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { average, expectMean, logNormal, meanAndStd } from './independent-runs.ts';

/** y ~ N(z, 0.3²·I) and z ~ N(0, I): everything is known. */
const noise = 0.3;
const observed = [0.9, -1.4];
const conjugate = logDensity(2, (z) => z.reduce((sum, x, k) => sum + logNormal(observed[k], x, noise ** 2), 0));
const target = posterior({ logLikelihood: conjugate, priorStd: 1 });
const evidence = observed.reduce((sum, y) => sum + logNormal(y, 0, 1 + noise ** 2), 0);
const options = { particles: 128, move: ellipticalSlice, seed: 1 };

describe('sequentialMonteCarlo on a conjugate target', () => {
  it('has the evidence, with a standard error that is right, and the posterior mean and variance', async () => {
    const runs: SequentialMonteCarloResult[] = [];
    for (let seed = 0; seed < 40; seed++) runs.push(await sequentialMonteCarlo(target, { ...options, seed }));
    expectMean(
      runs.map(({ logEvidence }) => Math.exp(logEvidence - evidence)),
      1,
    );
    const spread = meanAndStd(runs.map(({ logEvidence }) => logEvidence)).std;
    const claimed = Math.sqrt(meanAndStd(runs.map((run) => run.logEvidenceStandardError ** 2)).mean);
    // A standard deviation of 40 has a relative standard error of 11 %, the root mean square of 40 with 7 degrees of freedom each one of 4 %.
    expect(Math.abs(Math.log(claimed / spread))).toBeLessThan(4 * 0.12);

    const shrink = 1 / (1 + noise ** 2);
    observed.forEach((y, k) => {
      expectMean(
        runs.map(({ positions }) => average(positions, (z) => z[k])),
        shrink * y,
      );
      expectMean(
        runs.map(({ positions }) => average(positions, (z) => (z[k] - shrink * y) ** 2)),
        shrink * noise ** 2,
      );
    });
    expectMean(
      runs.map(({ positions }) =>
        average(positions, (z) => (z[0] - shrink * observed[0]) * (z[1] - shrink * observed[1])),
      ),
      0,
    );
  });

  it('tempers the likelihood: temperature T is the likelihood to the power 1/T', async () => {
    const cold = posterior({ logLikelihood: conjugate, priorStd: 1, temperature: 0.25 });
    const sharp = posterior({ logLikelihood: logDensity(2, (z) => 4 * valueAt(conjugate, z)), priorStd: 1 });
    const [a, b] = [await sequentialMonteCarlo(cold, options), await sequentialMonteCarlo(sharp, options)];
    a.positions.forEach((position, i) => {
      expect(b.positions[i][0]).toBeCloseTo(position[0], 9);
    });
    expect(a.logEvidence).toBeCloseTo(b.logEvidence, 9);
  });

  it('moves with gradients as well as with values, and with ellipses of the cloud', async () => {
    const sharp: DifferentiableLogDensity = logDensity(2, (z) => ({
      value: valueAt(conjugate, z),
      gradient: z.map((x, k) => (observed[k] - x) / noise ** 2),
    }));
    const differentiable = posterior({ logLikelihood: sharp, priorStd: 1 });
    const many = { particles: 1024, replicates: 32, seed: 'moves' };
    for (const run of [
      await sequentialMonteCarlo(differentiable, {
        ...many,
        move: (tempered, cloud) => langevin(tempered, cloud.covariance),
      }),
      await sequentialMonteCarlo(differentiable, {
        ...many,
        move: (tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
      }),
    ]) {
      expect(Math.abs(run.logEvidence - evidence)).toBeLessThan(4 * run.logEvidenceStandardError);
      expect(run.logEvidenceStandardError).toBeLessThan(0.1);
    }
  });

  it('takes a flat likelihood in one stage, and is exact about it', async () => {
    const flat = posterior({ logLikelihood: logDensity(3, () => -7), priorStd: 2 });
    const run = await sequentialMonteCarlo(flat, { particles: 64, move: ellipticalSlice, seed: 1 });
    expect(run.stages).toMatchObject([
      { exponent: 1, effectiveSize: 64, moves: 2, drift: 0, spread: 0, correlation: 0 },
    ]);
    expect(run.logEvidence).toBeCloseTo(-7, 12);
    expect(run.logEvidenceStandardError).toBeCloseTo(0, 12);
  });
});

describe('sequentialMonteCarlo as a method', () => {
  it('repeats itself for the same seed, and differs for another', async () => {
    const first = await sequentialMonteCarlo(target, options);
    expect(bits(await sequentialMonteCarlo(target, options))).toBe(bits(first));
    expect(bits(await sequentialMonteCarlo(target, { ...options, seed: 2 }))).not.toBe(bits(first));
    expect(bits(await sequentialMonteCarlo(target, { ...options, seed: '1' }))).toBe(bits(first));
  });

  it('gives the same, bit for bit, from a target that answers later', async () => {
    const later: LogDensity = { dim: 2, values: async (points) => conjugate.values(points) };
    const run = await sequentialMonteCarlo(posterior({ logLikelihood: later, priorStd: 1 }), options);
    expect(bits(run)).toBe(bits(await sequentialMonteCarlo(target, options)));
  });

  it('is a sampler that thins its particles evenly, and reports untempered log likelihoods', async () => {
    const run = await sequentialMonteCarlo(
      posterior({ logLikelihood: conjugate, priorStd: 1, temperature: 2 }),
      options,
    );
    expect(run).toMatchObject({ dim: 2, size: 128 });
    expect(run.sample({} as never, 128)).toEqual(run.positions);
    expect(run.sample({} as never, 4)).toEqual([16, 48, 80, 112].map((i) => run.positions[i]));
    run.positions.forEach((position, i) => {
      expect(run.logLikelihoods[i]).toBe(valueAt(conjugate, position));
    });
  });

  it('evaluates the open requests of all particles together, and no value twice', async () => {
    const seen = new Set<string>();
    let batches = 0;
    let points = 0;
    const counted: LogDensity = {
      dim: 2,
      values: async (asked) => {
        batches++;
        points += asked.length;
        for (const point of asked) seen.add(point.join());
        return conjugate.values(asked);
      },
    };
    const run = await sequentialMonteCarlo(posterior({ logLikelihood: counted, priorStd: 1 }), options);
    expect(run.evaluations).toBe(points);
    expect(seen.size).toBe(points);
    // A step takes two to three evaluations here; the last of a stage has to wait for its slowest particle.
    expect(points / batches).toBeGreaterThan(128 / 4);
  });

  it('raises the exponent as far as the effective size allows', async () => {
    for (const effectiveShare of [0.3, 0.9]) {
      const { stages } = await sequentialMonteCarlo(target, { ...options, effectiveShare });
      const exponents = stages.map(({ exponent }) => exponent);
      expect(exponents).toEqual([...exponents].sort((a, b) => a - b));
      expect(exponents.at(-1)).toBe(1);
      for (const { effectiveSize } of stages.slice(0, -1)) expect(effectiveSize / 128).toBeCloseTo(effectiveShare, 3);
      expect(stages.at(-1)!.effectiveSize / 128).toBeGreaterThanOrEqual(effectiveShare);
    }
  });

  it('says by the correlation of the log likelihoods that moves did too little', async () => {
    const still = (tempered: Posterior<LogDensity>) => {
      const slice = ellipticalSlice(tempered);
      return {
        ...slice,
        *step(_random: unknown, state: never) {
          yield slice.position(state);
          return { state, info: {} as never };
        },
      };
    };
    const stuck = await sequentialMonteCarlo(target, { ...options, move: still as never });
    for (const { correlation } of stuck.stages) expect(correlation).toBe(1);
    const moving = await sequentialMonteCarlo(target, { ...options, movesPerStage: 20 });
    for (const { correlation } of moving.stages) expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(127));
  });

  it('reports stages, moves and evaluations', async () => {
    const reports: { stage: number; exponent: number; evaluations: number }[] = [];
    const run = await sequentialMonteCarlo(target, {
      ...options,
      onProgress: ({ moves, logEvidence, ...rest }) => {
        expect(moves.of % 128).toBe(0);
        expect(moves.done).toBeLessThanOrEqual(moves.of);
        expect(moves.secondsLeft).toBeGreaterThanOrEqual(0);
        expect(moves.secondsLeft === 0).toBe(moves.done === moves.of);
        expect(logEvidence).toBeLessThan(0);
        reports.push(rest);
      },
    });
    expect(new Set(reports.map(({ stage }) => stage)).size).toBe(run.stages.length);
    expect(reports.at(-1)).toEqual({ stage: run.stages.length, exponent: 1, evaluations: run.evaluations });
  });

  it('can be cancelled in a stage, with what the stages before had to tell', async () => {
    for (const at of [1, 100, 600, 1500]) {
      const signal = { aborted: false, reason: 'enough' };
      let evaluations = 0;
      const counted: LogDensity = {
        dim: 2,
        values: async (points) => {
          evaluations += points.length;
          signal.aborted = evaluations >= at;
          for (const until = performance.now() + 11; performance.now() < until; );
          return conjugate.values(points);
        },
      };
      const error = await sequentialMonteCarlo(posterior({ logLikelihood: counted, priorStd: 1 }), {
        ...options,
        maxMovesPerStage: 5,
        signal,
      }).catch((e) => e);
      expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough', message: 'sequentialMonteCarlo: cancelled' });
      expect(error.stages.length).toBe(at < 1000 ? 0 : 1);
    }
    const workers = {
      dim: 2,
      values: () => Promise.reject(Object.assign(new Error('workers: cancelled'), { code: 'ABORTED' })),
    };
    const ended = sequentialMonteCarlo(posterior({ logLikelihood: workers, priorStd: 1 }), options);
    await expect(ended).rejects.toMatchObject({ code: 'ABORTED', message: 'workers: cancelled', stages: [] });
    const aborted = { ...options, signal: { aborted: true } };
    await expect(sequentialMonteCarlo(target, aborted)).rejects.toMatchObject({ code: 'ABORTED', stages: [] });
  });
});

describe('sequentialMonteCarlo where the likelihood misbehaves', () => {
  it('gives NaN and −∞ weight zero: the evidence is that of the rest', async () => {
    const holes = logDensity(2, (z) => (z[0] < 0 ? Number.NaN : z[0] < 0.5 ? -Infinity : 0));
    const runs: SequentialMonteCarloResult[] = [];
    for (let seed = 0; seed < 16; seed++) {
      runs.push(await sequentialMonteCarlo(posterior({ logLikelihood: holes, priorStd: 1 }), { ...options, seed }));
    }
    expectMean(
      runs.map(({ logEvidence }) => Math.exp(logEvidence)),
      0.3085375387259869,
    );
    for (const { positions, nonFinite } of runs) {
      for (const z of positions) expect(z[0]).toBeGreaterThanOrEqual(0.5);
      expect(nonFinite).toBeGreaterThan(30);
    }
  });

  it('ends where there is nothing finite, and where something is infinite', async () => {
    const nowhere = posterior({ logLikelihood: logDensity(1, () => Number.NaN), priorStd: 1 });
    const run = (posterior: Posterior<LogDensity>) =>
      sequentialMonteCarlo(posterior, { particles: 20, replicates: 3, move: ellipticalSlice, seed: 1 });
    await expect(run(nowhere)).rejects.toThrow(
      'sequentialMonteCarlo: the log likelihood is -Infinity or NaN at all 6 particles of replicate 1, expected a finite one; use more particles',
    );
    const infinite = posterior({ logLikelihood: logDensity(1, (z) => (z[0] > 1 ? Infinity : 0)), priorStd: 1 });
    await expect(run(infinite)).rejects.toThrow(/^sequentialMonteCarlo: the log likelihood is Infinity at \[\d/);
  });

  it('passes on what the likelihood and the move throw', async () => {
    const broken = posterior({
      logLikelihood: logDensity(1, () => {
        throw new Error('no data');
      }),
      priorStd: 1,
    });
    await expect(sequentialMonteCarlo(broken as never, options)).rejects.toThrow('no data');
    const short = posterior({ logLikelihood: { dim: 2, values: () => new Float64Array(1) }, priorStd: 1 });
    await expect(sequentialMonteCarlo(short, { ...options, particles: 512 })).rejects.toThrow(
      'the target answered 1 points, expected 2',
    );
  });
});

describe('sequentialMonteCarlo rejects', () => {
  it('what is not a posterior', async () => {
    for (const wrong of [undefined, {}, { ...target, prior: undefined }, { ...target, logLikelihood: undefined }]) {
      await expect(sequentialMonteCarlo(wrong as never, options)).rejects.toThrow(
        'sequentialMonteCarlo: posterior has no prior or no logLikelihood',
      );
    }
    await expect(sequentialMonteCarlo({ ...target, temperature: 0 }, options)).rejects.toThrow(
      'posterior.temperature is 0',
    );
  });

  it('options that make no sense', async () => {
    for (const [changes, message] of [
      [{ particles: 15 }, 'particles is 15, expected an integer of at least 16'],
      [{ replicates: 1 }, 'replicates is 1, expected an integer of at least 2'],
      [{ move: undefined }, 'move is undefined, expected a function'],
      [{ move: () => undefined }, 'move returned undefined, expected a sampling algorithm'],
      [{ movesPerStage: 0 }, 'movesPerStage is 0'],
      [{ movesPerStage: 8, maxMovesPerStage: 7 }, 'maxMovesPerStage is 7, expected an integer of at least 8'],
      [{ effectiveShare: 1 }, 'effectiveShare is 1, expected a number between 0 and 1'],
      [{ seed: undefined }, 'seed is undefined'],
      [{ chains: 4 }, 'option chains is unknown'],
    ] as const) {
      const wrong = { ...options, ...changes } as unknown as SequentialMonteCarloOptions;
      await expect(sequentialMonteCarlo(target, wrong)).rejects.toThrow(`sequentialMonteCarlo: ${message}`);
    }
  });

  it('a cloud that has no ellipse', () => {
    const flat = { mean: new Float64Array(2), covariance: Float64Array.of(1, 1, 1, 1) };
    expect(() => cloudPosterior(target, flat)).toThrow(
      "cloudPosterior: the cloud's covariance [2, 2] is not positive definite, expected more particles than coordinates",
    );
    expect(() => cloudPosterior(target, flat, { inflation: 0 })).toThrow('cloudPosterior: inflation is 0');
  });
});

describe('cloudPosterior', () => {
  it('is the same density', () => {
    const cloud = { mean: Float64Array.of(1, -1), covariance: Float64Array.of(0.5, 0.2, 0.2, 0.3) };
    const fitted = cloudPosterior(target, cloud, { inflation: 2 });
    const cholesky = fitted.prior.cholesky;
    expect(cholesky[2] * cholesky[0]).toBeCloseTo(0.4, 12);
    expect(cholesky[2] ** 2 + cholesky[3] ** 2).toBeCloseTo(0.6, 12);
    for (const z of [Float64Array.of(0, 0), Float64Array.of(2, -1.5)]) {
      expect(valueAt(fitted, z)).toBeCloseTo(valueAt(target, z), 10);
    }
  });
});

/** Metropolis-adjusted Langevin steps of the length of the cloud: an algorithm that needs gradients. */
function langevin(
  density: DifferentiableLogDensity,
  covariance: Float64Array,
): GradientAlgorithm<{ z: Vector; value: number; gradient: Vector }, object> {
  const variance = 0.5 * covariance[0];
  const toward = (z: Vector, gradient: Vector) => z.map((x, k) => x + 0.5 * variance * gradient[k]);
  const squares = (a: Vector, b: Vector) => a.reduce((sum, x, k) => sum + (x - b[k]) ** 2, 0);
  return {
    name: 'langevin',
    needs: 'gradients',
    target: density,
    position: ({ z }) => z,
    *init(_random, z) {
      return { z, ...(yield z) };
    },
    *step(random, state) {
      const z = toward(state.z, state.gradient).map((x) => x + Math.sqrt(variance) * random.normal());
      const { value, gradient } = yield z;
      const backward = squares(state.z, toward(z, gradient));
      const forward = squares(z, toward(state.z, state.gradient));
      const accepted = Math.log(random.uniform()) < value - state.value + (forward - backward) / (2 * variance);
      return { state: accepted ? { z, value, gradient } : state, info: {} };
    },
  };
}

function valueAt(density: LogDensity, z: Vector): number {
  return (density.values([z]) as Float64Array)[0];
}

import { type LogDensity, logDensity, type Posterior, posterior, randomSource } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { sequentialMonteCarlo } from '@subspace/smc';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rankCorrelation } from '../src/rank-correlation.ts';
import { largestStep } from '../src/tempering.ts';

const options = { particles: 400, maxMovesPerStage: 5, seed: 1 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** A clock that every look at it moves by a millisecond, so that what looks at it after each particle needs a turn after ten. */
function movedByLooks() {
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock++);
}

describe('sequentialMonteCarlo of many particles', () => {
  it('gives the event loop turns while it draws from the prior, and hears its signal there', async () => {
    for (const abortAt of [Infinity, 5]) {
      let evaluations = 0;
      const target = posterior({ logLikelihood: logDensity(1, () => ++evaluations && 0), priorStd: 1 });
      const signal = { aborted: false };
      let turns = 0;
      let running = true;
      let turnsBefore = 0;
      const turn = () => {
        turns++;
        signal.aborted = turns >= abortAt;
        if (evaluations === 0) turnsBefore = turns;
        if (running) setImmediate(turn);
      };
      movedByLooks();
      setImmediate(turn);
      const ended = await sequentialMonteCarlo(target, { ...options, move: ellipticalSlice, signal }).catch((e) => e);
      running = false;
      vi.restoreAllMocks();
      if (abortAt === Infinity) {
        expect(ended.size).toBe(400);
        expect(turnsBefore).toBeGreaterThanOrEqual(400 / 20);
      } else {
        expect(ended).toMatchObject({ code: 'ABORTED', stages: [] });
        expect(evaluations).toBe(0);
      }
    }
  });

  it('gives it turns while its particles start to move, and hears its signal there', async () => {
    const target = posterior({ logLikelihood: logDensity(1, (z) => -0.5 * (z[0] - 1) ** 2), priorStd: 1 });
    for (const abortAt of [Infinity, 100]) {
      let started = 0;
      const signal = { aborted: false };
      const turnsAt = new Set<number>();
      const turn = () => {
        turnsAt.add(started);
        if (started < Math.min(400, abortAt)) setImmediate(turn);
      };
      const move = (tempered: Posterior<LogDensity>) => {
        const slice = ellipticalSlice(tempered);
        return {
          ...slice,
          *init(...args: Parameters<typeof slice.init>) {
            signal.aborted = ++started >= abortAt;
            return yield* slice.init(...args);
          },
        };
      };
      movedByLooks();
      setImmediate(turn);
      const ended = await sequentialMonteCarlo(target, { ...options, move, signal }).catch((e) => e);
      vi.restoreAllMocks();
      expect(turnsAt.size).toBeGreaterThanOrEqual(Math.min(400, abortAt) / 20);
      if (abortAt === Infinity) expect(ended.size).toBe(400);
      else {
        expect(ended.code).toBe('ABORTED');
        expect(started).toBe(abortAt);
      }
    }
  });

  it('asks for turns while it ranks, and while it looks for an exponent', async () => {
    const random = randomSource('ranks');
    const values = Float64Array.from({ length: 20_000 }, () => random.normal());
    let asked = 0;
    const turn = async () => {
      asked++;
    };
    await rankCorrelation(values, values, turn);
    expect(asked).toBeGreaterThanOrEqual(40);
    asked = 0;
    await largestStep(values, 0.5, 1e6, turn);
    expect(asked).toBeGreaterThanOrEqual(10);
  });
});

describe('rankCorrelation', () => {
  const turn = async () => {};

  it('is that of ranks, with ties in order and −∞ the lowest', async () => {
    const ranked = (values: readonly number[], others: readonly number[]) =>
      rankCorrelation(Float64Array.from(values), Float64Array.from(others), turn);
    expect(await ranked([1, 2, 3, 4], [10, 20, 30, 40])).toBe(1);
    expect(await ranked([1, 2, 3, 4], [5, 4, 3, -Infinity])).toBe(-1);
    // Ranks 0 1 2 3, and 0 2 3 1.
    expect(await ranked([-0, 0, 1, 1], [-Infinity, 3, 7, 2])).toBeCloseTo(1 - (6 * 6) / 60, 12);
    expect(await ranked([1], [2])).toBe(1);
  });
});

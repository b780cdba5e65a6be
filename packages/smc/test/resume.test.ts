import { type CheckpointStore, logDensity, memoryStore, posterior } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { type SequentialMonteCarloOptions, sequentialMonteCarlo } from '@subspace/smc';
import { bits } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const logLikelihood = logDensity(2, (z) => -20 * (z[0] - z[1] ** 2) ** 2 - 2 * (z[1] - 1) ** 2);
const target = posterior({ logLikelihood, priorStd: 1.5 });
const options = { particles: 64, replicates: 4, move: ellipticalSlice, movesPerStage: 3, seed: 'resume' };
const run = (store?: CheckpointStore, changes: Partial<SequentialMonteCarloOptions> = {}, from = target) =>
  sequentialMonteCarlo(from, {
    ...options,
    ...(store && { checkpoint: { store, every: 1, resume: true } }),
    ...changes,
  } as SequentialMonteCarloOptions);

/** A target that aborts the signal at an evaluation, and takes long enough for a rest to be due. */
function abortingAfter(count: number) {
  const signal = { aborted: false };
  let evaluations = 0;
  const slow = {
    dim: 2,
    values: async (points: readonly Float64Array[]) => {
      evaluations += points.length;
      if (evaluations >= count) {
        signal.aborted = true;
        for (const until = performance.now() + 11; performance.now() < until; );
      }
      return logLikelihood.values(points);
    },
  };
  return { signal, aborting: posterior({ logLikelihood: slow, priorStd: 1.5 }) };
}

describe('sequentialMonteCarlo with a checkpoint', () => {
  it('changes nothing but what is in the store', async () => {
    expect(bits(await run(memoryStore()))).toBe(bits(await run()));
  });

  it('goes on bit for bit wherever it was cancelled, and returns at once when there is nothing left to do', async () => {
    const whole = await run();
    let stops = 0;
    for (let count = 1; count < whole.evaluations; count += Math.ceil(whole.evaluations / 12)) {
      const store = memoryStore();
      const { signal, aborting } = abortingAfter(count);
      const error = await run(store, { signal }, aborting).catch((reason) => reason);
      expect(error).toMatchObject({ code: 'ABORTED' });
      stops++;
      expect(bits(await run(store))).toBe(bits(whole));
      let evaluations = 0;
      const counting = logDensity(2, (z) => {
        evaluations++;
        return (logLikelihood.values([z]) as Float64Array)[0];
      });
      expect(bits(await run(store, {}, posterior({ logLikelihood: counting, priorStd: 1.5 })))).toBe(bits(whole));
      // To see that it is the same target.
      expect(evaluations).toBe(5);
    }
    expect(stops).toBeGreaterThan(5);
  });

  it('saves after each stage, or every so many', async () => {
    for (const every of [1, 2]) {
      const store = memoryStore();
      let writes = 0;
      const counting: CheckpointStore = {
        ...store,
        write(name, chunks) {
          writes++;
          return store.write(name, chunks);
        },
      };
      const { stages } = await run(undefined, { checkpoint: { store: counting, every } });
      expect(writes).toBe(Math.ceil(stages.length / every));
    }
  });

  it('starts anew without resume', async () => {
    const store = memoryStore();
    await run(store, { seed: 'other' });
    expect(bits(await run(undefined, { checkpoint: { store } }))).toBe(bits(await run()));
  });

  it('names what differs', async () => {
    const store = memoryStore();
    await run(store);
    for (const [changes, message] of [
      [{ seed: 2 }, 'seed is "2", but the checkpoint was made with "resume"'],
      [{ particles: 128 }, 'particles is 128, but the checkpoint was made with 64'],
      [{ replicates: 8 }, 'replicates is 8, but the checkpoint was made with 4'],
      [{ movesPerStage: 4, maxMovesPerStage: 240 }, 'movesPerStage is 4, but the checkpoint was made with 3'],
      [{ maxMovesPerStage: 9 }, 'maxMovesPerStage is 9, but the checkpoint was made with 240'],
      [{ effectiveShare: 0.6 }, 'effectiveShare is 0.6, but the checkpoint was made with 0.8'],
      [
        { move: (tempered: typeof target) => ({ ...ellipticalSlice(tempered), name: 'walk' }) },
        'move.name is "walk", but the checkpoint was made with "elliptical slice sampling"',
      ],
    ] as const) {
      await expect(run(store, changes as never)).rejects.toThrow(`sequentialMonteCarlo: ${message}`);
    }
    for (const [other, message] of [
      [posterior({ logLikelihood, priorStd: 1.6 }), 'prior.cholesky[0] is 1.6, but the checkpoint was made with 1.5'],
      [
        posterior({ logLikelihood, priorStd: 1.5, temperature: 2 }),
        'temperature is 2, but the checkpoint was made with 1',
      ],
      [
        posterior({ logLikelihood: logDensity(2, (z) => -(z[0] ** 2)), priorStd: 1.5 }),
        "the target's value at point 1 of 5 drawn from the seed is ",
      ],
    ] as const) {
      await expect(run(store, {}, other)).rejects.toThrow(`sequentialMonteCarlo: ${message}`);
    }
    expect(bits(await run(store))).toBe(bits(await run()));
  });

  it('gives the stages with the error when the store fails, and what was saved stays', async () => {
    const store = memoryStore();
    let writes = 0;
    const full: CheckpointStore = {
      ...store,
      async write(name, chunks) {
        if (++writes === 3) throw new Error('no space left');
        return store.write(name, chunks);
      },
    };
    const error = await run(full).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'STORAGE', cause: { message: 'no space left' } });
    expect(error.stages.length).toBe(3);
    expect(bits(await run(store))).toBe(bits(await run()));
  });
});

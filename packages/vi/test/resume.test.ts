import {
  type CheckpointStore,
  type DifferentiableLogDensity,
  logDensity,
  memoryStore,
  type Posterior,
  posterior,
  randomSource,
} from '@subspace/core';
import {
  type Approximation,
  fullRank,
  type GaussianVariationalOptions,
  inverseAutoregressive,
  meanField,
  realNvp,
  type VariationalFit,
  type VariationalOptions,
} from '@subspace/vi';
import { bits as bitsOf } from '@subspace-internal/testing';
import { beforeAll, describe, expect, it } from 'vitest';

// Killed processes are in proof/test/kill-and-resume.test.ts, with those of all methods.

/** A bent target of two coordinates. */
function bentTarget(): Posterior<DifferentiableLogDensity> {
  const logLikelihood = logDensity(2, ([x, y]) => {
    const residual = y - x * x;
    return {
      value: -0.5 * (x * x + 9 * residual ** 2),
      gradient: Float64Array.of(-x + 18 * x * residual, -9 * residual),
    };
  });
  return posterior({ logLikelihood, priorStd: 2 });
}

type Method = (
  target: Posterior<DifferentiableLogDensity>,
  options: VariationalOptions,
) => Promise<Approximation & VariationalFit>;

const METHODS: Readonly<Record<string, Method>> = {
  meanField,
  fullRank,
  realNvp: (target, options) => realNvp(target, { layers: 2, hidden: 4, ...options }),
  inverseAutoregressive: (target, options) => inverseAutoregressive(target, { layers: 2, hidden: 4, ...options }),
};

const OPTIONS: VariationalOptions = {
  iterations: 120,
  samplesPerIteration: 3,
  starts: 2,
  evaluationDraws: 40,
  seed: 'resume',
};

/** A fit from and into a store. */
function fit(method: string, store?: CheckpointStore, changes: Partial<GaussianVariationalOptions> = {}) {
  return METHODS[method](bentTarget(), {
    ...OPTIONS,
    ...(store && { checkpoint: { store, every: 5, resume: true } }),
    ...changes,
  });
}

/** Everything that a fit has to tell, draws of it and their densities, bit for bit. */
const bits = (fitted: Approximation & VariationalFit): string => {
  const draws = fitted.sample(randomSource('draws'), 5);
  return bitsOf([fitted, draws, draws.map((z) => fitted.logDensity(z))]);
};

const whole: Record<string, string> = {};
beforeAll(async () => {
  for (const method of Object.keys(METHODS)) whole[method] = bits(await fit(method));
});

describe.each(Object.keys(METHODS))('%s with a checkpoint', (method) => {
  it('changes nothing but what is in the store, and has nothing left to do the second time', async () => {
    const store = memoryStore();
    expect(bits(await fit(method, store))).toBe(whole[method]);
    const seen: number[] = [];
    expect(bits(await fit(method, store, { onProgress: ({ iteration }) => seen.push(iteration) }))).toBe(whole[method]);
    // One race of 80 iterations that was lost.
    expect(seen).toEqual([OPTIONS.iterations + 80]);
  });

  it('goes on bit for bit wherever it was cancelled, again and again, synchronous or not', async () => {
    const random = randomSource('cancelled');
    for (const asynchronous of [false, true]) {
      const store = memoryStore();
      const plain = bentTarget();
      let stops = 0;
      for (;;) {
        const signal = { aborted: false };
        let left = 5 + Math.floor(100 * random.uniform());
        const count = (points: readonly Float64Array[]) => {
          left -= points.length;
          signal.aborted ||= left <= 0;
        };
        const target = {
          ...plain,
          valuesAndGradients: (points: readonly Float64Array[]) => {
            count(points);
            return asynchronous ? Promise.resolve(plain.valuesAndGradients(points)) : plain.valuesAndGradients(points);
          },
        };
        try {
          const checkpoint = { store, every: 1, resume: true };
          expect(bits(await METHODS[method](target, { ...OPTIONS, signal, checkpoint }))).toBe(whole[method]);
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ABORTED' });
          stops++;
        }
      }
      expect(stops).toBeGreaterThan(2);
    }
  });
});

describe('a checkpoint', () => {
  it('goes on bit for bit in the iterations that are too few for a stretch', async () => {
    const short = { iterations: 47, starts: 1, initial: 'prior' } as const;
    const through = bits(await fit('fullRank', undefined, short));
    for (const iterations of [39, 40, 41, 46]) {
      const store = memoryStore();
      const signal = { aborted: false };
      const plain = bentTarget();
      let left = iterations;
      const target = {
        ...plain,
        valuesAndGradients: async (points: readonly Float64Array[]) => {
          if (points.length === OPTIONS.samplesPerIteration) left--;
          signal.aborted ||= left === 0;
          return plain.valuesAndGradients(points);
        },
      };
      const cancelled = fullRank(target, { ...OPTIONS, ...short, signal, checkpoint: { store, every: 1 } });
      await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
      expect(bits(await fit('fullRank', store, short))).toBe(through);
    }
  });

  it('keeps the infinite standard error of a single iteration', async () => {
    const store = memoryStore();
    const single = { iterations: 1, starts: 1 };
    const first = await fit('meanField', store, single);
    expect(first.history[0].standardError).toBe(Infinity);
    expect(bits(await fit('meanField', store, single))).toBe(bits(first));
  });

  it('starts anew without resume, and replaces what is there', async () => {
    const store = memoryStore();
    await fit('fullRank', store, { seed: 'other' });
    expect(bits(await fit('fullRank', undefined, { checkpoint: { store } }))).toBe(whole.fullRank);
    expect(bits(await fit('fullRank', store))).toBe(whole.fullRank);
  });

  it('names what differs', async () => {
    const store = memoryStore();
    await fit('meanField', store);
    for (const [changes, message] of [
      [{ seed: 2 }, 'seed is "2", but the checkpoint was made with "resume"'],
      [{ iterations: 121 }, 'options.iterations is 121, but the checkpoint was made with 120'],
      [{ samplesPerIteration: 4 }, 'options.samplesPerIteration is 4, but the checkpoint was made with 3'],
      [{ learningRate: 0.2 }, 'options.learningRate is 0.2, but the checkpoint was made with 0.1'],
      [{ initial: 'prior' }, 'options.initial is "prior", but the checkpoint was made with "map"'],
      [{ starts: 3 }, 'options.starts is 3, but the checkpoint was made with 2'],
      [{ fixMean: true, starts: 1 }, 'options.starts is 1, but the checkpoint was made with 2'],
      [{ stickingTheLanding: false }, 'options.stickingTheLanding is false, but the checkpoint was made with true'],
    ] as const) {
      await expect(fit('meanField', store, changes)).rejects.toThrow(`meanField: ${message}`);
    }
    await expect(fit('fullRank', store)).rejects.toThrow(
      'fullRank: method is "fullRank", but the checkpoint was made with "meanField"; expected the same to resume',
    );
    const checkpoint = { store, resume: true };
    await expect(meanField({ ...bentTarget(), engine: 'abacus' }, { ...OPTIONS, checkpoint })).rejects.toThrow(
      'meanField: target.engine is "abacus", but the checkpoint was made with undefined',
    );
    const line = logDensity(1, ([x]) => ({ value: -x * x, gradient: Float64Array.of(-2 * x) }));
    await expect(meanField(line, { ...OPTIONS, checkpoint })).rejects.toThrow('meanField: temperature is undefined');
    const lifted = bentTarget();
    const raised = {
      ...lifted,
      values: (points: readonly Float64Array[]) => (lifted.values(points) as Float64Array).map((x) => x - 1),
    };
    await expect(meanField(raised, { ...OPTIONS, checkpoint })).rejects.toThrow(
      "meanField: the target's value at point 1 of 5 drawn from the seed is ",
    );
    expect(bits(await fit('meanField', store))).toBe(whole.meanField);
  });

  it('loses nothing that was saved when the disk is full, and gives the history with the error', async () => {
    const store = memoryStore();
    let writes = 0;
    const full: CheckpointStore = {
      ...store,
      async write(name, chunks) {
        if (++writes > 10) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        return store.write(name, chunks);
      },
    };
    const error = await fit('fullRank', full).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'STORAGE', cause: { code: 'ENOSPC' } });
    expect(error.history.length).toBeGreaterThan(0);
    expect(bits(await fit('fullRank', store))).toBe(whole.fullRank);
  });

  it('wants a store that is one', async () => {
    const wrong = fullRank(bentTarget(), { ...OPTIONS, checkpoint: {} as never });
    await expect(wrong).rejects.toThrow('fullRank: checkpoint.store is no store');
  });
});

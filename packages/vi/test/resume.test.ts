import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CheckpointStore, logDensity, memoryStore, randomSource } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { type Approximation, fullRank, meanField, type VariationalFit } from '@subspace/vi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fit, METHODS, OPTIONS, slowTarget } from './resumable-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-vi-resume-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that a fit has to tell, and where its draws and densities are, bit for bit. */
const bits = (fitted: Approximation & VariationalFit): string => {
  const { elbo, elboStandardError, paretoK, nonFinite, history, converged } = fitted;
  const draws = fitted.sample(randomSource('draws'), 5);
  const densities = draws.map((z) => fitted.logDensity(z));
  return JSON.stringify([
    elbo,
    elboStandardError,
    paretoK,
    nonFinite,
    history,
    converged,
    draws.map((z) => [...z]),
    densities,
  ]);
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
      const plain = slowTarget();
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
    await expect(meanField({ ...slowTarget(), engine: 'abacus' }, { ...OPTIONS, checkpoint })).rejects.toThrow(
      'meanField: engine is "abacus", but the checkpoint was made with undefined',
    );
    const line = logDensity(1, ([x]) => ({ value: -x * x, gradient: Float64Array.of(-2 * x) }));
    await expect(meanField(line, { ...OPTIONS, checkpoint })).rejects.toThrow('meanField: dim is 1');
    const lifted = slowTarget();
    const raised = {
      ...lifted,
      values: (points: readonly Float64Array[]) => (lifted.values(points) as Float64Array).map((x) => x - 1),
    };
    await expect(meanField(raised, { ...OPTIONS, checkpoint })).rejects.toThrow(
      "meanField: the target's value at the start is ",
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
    const wrong = fullRank(slowTarget(), { ...OPTIONS, checkpoint: {} as never });
    await expect(wrong).rejects.toThrow('fullRank: checkpoint.store is no store');
  });
});

const tsx = pathToFileURL(createRequire(join(import.meta.dirname, '../../../package.json')).resolve('tsx')).href;

describe('killed processes', () => {
  it('go on bit for bit after SIGKILL at 6 random moments: while climbing to the MAP, fitting, saving, judging', {
    timeout: 240_000,
  }, async () => {
    const random = randomSource('kills');
    let kills = 0;
    let run = 0;
    while (kills < 6) {
      const place = join(folder, `killed-${run++}`);
      while (!(await finishedBefore(place, 20 + 300 * random.uniform()))) kills++;
      for (const method of Object.keys(METHODS)) {
        expect(bits(await fit(method, fileStore(join(place, method))))).toBe(whole[method]);
      }
    }
  });
});

/** Runs the worker, kills it so many milliseconds after it has begun; true if it had finished by then. */
function finishedBefore(place: string, milliseconds: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = join(import.meta.dirname, 'resume.worker.ts');
    const child = spawn(process.execPath, ['--conditions=@subspace/source', '--import', tsx, worker, place]);
    let output = '';
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.on('data', (text) => {
      output += text;
      if (output === 'begun\n') setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0 && output.endsWith('done\n')) resolve(true);
      else reject(new Error(`worker ended with ${code}: ${errors}`));
    });
  });
}

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CheckpointStore,
  fit,
  gaussianLikelihood,
  memoryStore,
  randomSource,
  sample,
  sgd,
  subspacePosterior,
} from '@subspace/core';
import { syntheticRegression } from '@subspace/datasets';
import { denseNetwork } from '@subspace/dense';
import { ellipticalSlice } from '@subspace/ess';
import { randomSubspace } from '@subspace/swag';
import { killedProcess, suite } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'subspace-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Kills of each engine; with the 36 of core's own test, more than 60. */
const kills = suite === 'test' ? ({ dense: 1 } as const) : ({ cpu: 8, wasm: 8, dense: 12 } as const);

interface Finished {
  readonly output: string;
  /** From its beginning to its end; a process takes longer to load. */
  readonly milliseconds: number;
}

/** Runs the worker; kills it so many milliseconds after it has begun, if it still runs. Gives what it wrote, or undefined if it was killed. */
async function worker(args: readonly string[], milliseconds?: number): Promise<Finished | undefined> {
  let begun = 0;
  const output = await killedProcess(join(import.meta.dirname, 'resume.worker.ts'), args, (_, kill) => {
    if (begun) return;
    begun = performance.now();
    if (milliseconds !== undefined) setTimeout(kill, milliseconds);
  });
  if (output === undefined) return undefined;
  return { output: output.replace('begun\n', '').trim(), milliseconds: performance.now() - begun };
}

describe.concurrent.each(Object.entries(kills))('training and sampling on %s', (engine, count) => {
  it(`killed at random moments, ${count} in all, gives every bit of the uninterrupted run`, async ({ expect }) => {
    const whole = (await worker([engine]))!.output;
    const random = randomSource(`kills on ${engine}`);
    const result = (place: string) => readFileSync(join(place, 'result.json'), 'utf8');
    const begin = (name: string) => {
      const place = join(folder, `${engine}-${name}`);
      mkdirSync(place);
      return place;
    };
    const saving = begin('saving');
    const milliseconds = Math.min(2000, (await worker([engine, saving]))!.milliseconds);
    expect(result(saving) === whole).toBe(true);
    for (let killed = 0, run = 0; killed < count; run++) {
      const place = begin(String(run));
      const mayBeKilled = () => (killed < count ? milliseconds * random.uniform() : undefined);
      while ((await worker([engine, place], mayBeKilled())) === undefined) killed++;
      expect(result(place) === whole).toBe(true);
    }
  });
});

it('the uninterrupted run has no trivial numbers', async () => {
  const { loss, positions, infos } = JSON.parse((await worker(['dense']))!.output);
  expect(loss).toHaveLength(200);
  expect(loss[199]).toBeLessThan(loss[0]);
  expect(positions.map(({ length }: string[]) => length)).toEqual([300, 300, 300]);
  expect(new Set(positions.flat()).size).toBe(900);
  expect(infos[2][299].angle).not.toBe(0);
});

it('a run does not go on with other kernels: their name is in the checkpoint', async () => {
  const { data } = syntheticRegression({ seed: 1 });
  const run = async (kernels: 'simd' | 'typescript', store: (part: string) => CheckpointStore) => {
    const network = denseNetwork({ sizes: [2, 5, 1], seed: 1, kernels });
    const resumed = (part: string) => ({ checkpoint: { store: store(part), resume: true } });
    const likelihood = gaussianLikelihood({ variance: 1 });
    const training = { likelihood, epochs: 2, batchSize: 50, optimizer: sgd(), learningRate: 0.01, seed: 1 };
    const fitted = fit(network, data, { ...training, ...resumed('fit') });
    const plane = randomSubspace(network.layout, new Float32Array(network.layout.size), { rank: 2, seed: 1 });
    const posterior = subspacePosterior(network, plane, data, { likelihood, priorStd: 1 });
    const sampled = sample(ellipticalSlice(posterior), {
      draws: 5,
      warmup: 2,
      chains: 2,
      seed: 1,
      ...resumed('sample'),
    });
    return { engine: network.engine, all: await Promise.allSettled([fitted, sampled]) };
  };
  const stores = new Map(['fit', 'sample'].map((part) => [part, memoryStore()]));
  const first = await run('simd', (part) => stores.get(part)!);
  expect(first.all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  const second = await run('typescript', (part) => stores.get(part)!);
  const difference = `engine is "${second.engine}", but the checkpoint was made with "${first.engine}"; expected the same to resume`;
  expect(second.all).toMatchObject([
    { status: 'rejected', reason: { message: `fit: ${difference}`, code: 'INVALID_ARGUMENT' } },
    { status: 'rejected', reason: { message: `sample: target.${difference}`, code: 'INVALID_ARGUMENT' } },
  ]);
});

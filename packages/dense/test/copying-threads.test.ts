import os from 'node:os';
import { type SubspaceLikelihood, sgd } from '@subspace/core';
import { isPromise } from '@subspace/core/internals';
import { denseNetwork } from '@subspace/dense';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { data, likelihood, likelihoodOf, points, sizes } from './threads-problem.ts';
import { watchWarnings } from './watched-warnings.ts';
import { watchWorkers } from './watched-workers.ts';

// Together whenever there are workers, also on a machine where that is slower.
vi.mock('../src/threads/pace.ts', () => ({ pace: () => ({ together: () => true, took() {} }) }));

const watched = watchWorkers();
const { workers, sent, said } = watched;
const answers = () => said.filter((message) => 'results' in message).length;

// A page without cross-origin isolation has no shared memory.
beforeEach(() => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
});

const together = (threads = 2) => denseNetwork({ sizes, seed: 1, threads });
const alone = () => denseNetwork({ sizes, seed: 1, threads: 1 });

/** Repeats `work` until workers have answered `times` times. Every result must be `expected`. */
async function untilShared(work: () => unknown, expected: unknown, times: number): Promise<void> {
  const end = performance.now() + 30_000;
  const before = answers();
  while (answers() < before + times) {
    if (performance.now() > end) throw new Error(`workers answered ${answers() - before} times in 30 s`);
    expect(await work()).toEqual(expected);
    // Workers say that they have a copy between calls.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('threads with copies of the memory', () => {
  it.each([2, 3])('%i give the bits of one: values, gradients, rows, Gauss–Newton', async (threads) => {
    const network = together(threads);
    const [one, many] = [likelihoodOf(alone()), likelihoodOf(network)];
    const single = points.slice(0, 1);
    await untilShared(() => many.values(points), one.values(points), 20);
    await untilShared(() => many.values(single), one.values(single), 20);
    await untilShared(() => many.valuesAndGradients(points), one.valuesAndGradients(points), 20);
    await untilShared(() => many.valuesAndGradients(single), one.valuesAndGradients(single), 20);
    await untilShared(() => many.pointwise(points[0]), one.pointwise(points[0]), 5);
    await untilShared(() => many.gaussNewton(points[0]), one.gaussNewton(points[0]), 5);
    expect(network.threads).toBe(threads);
    network.dispose();
  });

  it('are sent a memory once, and no minibatch', async () => {
    const network = together();
    const many = likelihoodOf(network);
    const rows = Int32Array.from({ length: 2000 }, (_, i) => i);
    const [values, batch] = [await many.values(points), await likelihoodOf(alone()).minibatch(points, rows)];
    await untilShared(() => many.values(points), values, 3);
    for (let i = 0; i < 10; i++) expect(await many.minibatch(points, rows)).toEqual(batch);
    await untilShared(() => many.values(points), values, 3);
    expect(sent.filter((message) => 'join' in message).length).toBe(1);
    network.dispose();
  });

  it('queue calls that overlap', async () => {
    const network = together();
    const [one, many] = [likelihoodOf(alone()), likelihoodOf(network)];
    const rows = Int32Array.from({ length: 1500 }, (_, i) => 2 * i);
    await untilShared(() => many.values(points), one.values(points), 1);
    const calls = (of: SubspaceLikelihood) => [
      ...points.map((point) => of.values([point])),
      of.minibatch(points, rows),
      of.valuesAndGradients(points),
      of.gaussNewton(points[1]),
      ...points.map((point) => of.valuesAndGradients([point])),
    ];
    const expected = calls(one);
    for (let round = 0; round < 20; round++) expect(await Promise.all(calls(many))).toEqual(expected);
    network.dispose();
  });

  it('leave training to one', async () => {
    const trained = (threads: number) => {
      const network = denseNetwork({ sizes, seed: 1, threads });
      const trainer = network.trainer(data, likelihood, sgd({ momentum: 0.9 }));
      const step = trainer.step(
        Int32Array.from({ length: 3000 }, (_, i) => i),
        1e-3,
        undefined as never,
      );
      expect(isPromise(step)).toBe(false);
      const weights = network.readWeights();
      network.dispose();
      return weights;
    };
    expect(trained(2)).toEqual(trained(1));
    expect(workers.length).toBe(0);
  });

  it('end with the network, also while they are at work', async () => {
    const network = together();
    const many = likelihoodOf(network);
    const values = await many.values(points);
    await untilShared(() => many.values(points), values, 1);
    const ended = new Promise((resolve) => workers[0].once('exit', resolve));
    let pending = many.values(points);
    for (let i = 0; i < 200 && !isPromise(pending); i++) pending = many.values(points);
    network.dispose();
    await expect(pending).rejects.toThrow('denseNetwork: the network was disposed while it was at work');
    await ended;
    expect(network.threads).toBe(1);
    expect(() => many.values(points)).toThrow('values: the network is disposed, expected one in use');
  });

  it('that end are an error, once; then one thread goes on', async () => {
    const network = together();
    const many = likelihoodOf(network);
    const values = await many.values(points);
    await untilShared(() => many.values(points), values, 1);
    await workers[0].terminate();
    await expect(async () => many.values(points)).rejects.toThrow(
      'denseNetwork: a worker failed: it ended with code 1',
    );
    expect(network.threads).toBe(1);
    expect(many.values(points)).toEqual(values);
  });

  it('that throw are an error, once; then one thread goes on', async () => {
    watched.change = (program) =>
      program.replace('port.postMessage({\n      results', "throw new Error('out of luck');\n({ results");
    const network = together();
    const many = likelihoodOf(network);
    const values = likelihoodOf(alone()).values(points);
    await expect(untilShared(() => many.values(points), values, 1)).rejects.toThrow(
      'denseNetwork: a worker failed: out of luck',
    );
    expect(network.threads).toBe(1);
    expect(many.values(points)).toEqual(values);
  });
});

describe('where a copy can not be made', () => {
  watchWarnings('one thread');

  it('one thread works, which is said once', async () => {
    vi.spyOn(os, 'availableParallelism').mockReturnValue(2);
    watched.change = (program) => program.replace('new WebAssembly.Memory', 'new (() => {})');
    const network = together();
    const many = likelihoodOf(network);
    const values = likelihoodOf(alone()).values(points);
    await vi.waitFor(
      async () => {
        expect(await many.values(points)).toEqual(values);
        expect(said.some((message) => 'failed' in message)).toBe(true);
      },
      { timeout: 20_000, interval: 1 },
    );
    for (let i = 0; i < 5; i++) expect(many.values(points)).toEqual(values);
    expect(network.threads).toBe(1);
    expect(console.warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^@subspace\/dense: one thread .* is not a constructor/),
    );
  });
});

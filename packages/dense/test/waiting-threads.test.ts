import { type SubspaceLikelihood, sgd } from '@subspace/core';
import { isPromise } from '@subspace/core/internals';
import { denseNetwork } from '@subspace/dense';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { data, likelihood, likelihoodOf, points, sizes } from './threads-problem.ts';
import { watchWorkers } from './watched-workers.ts';

// Together whenever there are workers, also on a machine where that is slower.
vi.mock('../src/threads/pace.ts', () => ({ pace: () => ({ together: () => true, took() {} }) }));

const { workers } = watchWorkers();

// What a browser's main thread does with a call that would let it sleep.
beforeEach(() => {
  vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    throw new TypeError('Atomics.wait cannot be called in this context');
  });
});

/** Repeats `work` until it has answered with a promise `times` times. Every result must be `expected`. */
async function untilWaited(work: () => unknown, expected: unknown, times: number): Promise<void> {
  const end = performance.now() + 30_000;
  for (let waited = 0; waited < times; ) {
    if (performance.now() > end) throw new Error(`waited ${waited} times in 30 s`);
    const result = work();
    if (isPromise(result)) waited++;
    expect(await result).toEqual(expected);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each(['waitAsync', 'messages'])('a thread that must not sleep waits by %s, and', (way) => {
  beforeEach(() => {
    const { waitAsync } = Atomics as { waitAsync?: () => unknown };
    expect(waitAsync).toBeDefined();
    if (way === 'messages') vi.stubGlobal('Atomics', withoutWaitAsync());
  });

  it('gives the bits of one thread', async () => {
    const network = denseNetwork({ sizes, seed: 1, threads: 2 });
    const [one, many] = [likelihoodOf(denseNetwork({ sizes, seed: 1, threads: 1 })), likelihoodOf(network)];
    await untilWaited(() => many.values(points), one.values(points), 10);
    await untilWaited(() => many.valuesAndGradients(points), one.valuesAndGradients(points), 10);
    network.dispose();
  });

  it('queues calls that overlap, of likelihoods and trainers', async () => {
    const order = Int32Array.from({ length: 3000 }, (_, i) => i);
    const networkOf = (threads: number) => {
      const network = denseNetwork({ sizes, seed: 1, threads });
      return { network, many: likelihoodOf(network), trainer: network.trainer(data, likelihood, sgd({})) };
    };
    const calls = ({ network, many, trainer }: ReturnType<typeof networkOf>) => [
      ...points.map((point) => many.values([point])),
      trainer.step(order, 1e-3, undefined as never),
      network.readWeights(),
      many.minibatch(points, order.subarray(1000)),
      many.valuesAndGradients(points),
      trainer.run!(order, 1500, 1e-3, undefined as never),
      network.readWeights(),
      ...points.map((point) => many.valuesAndGradients([point])),
    ];
    const [one, two] = [networkOf(1), networkOf(2)];
    await untilWaited(() => two.many.values(points), one.many.values(points), 1);
    for (let round = 0; round < 10; round++) expect(await Promise.all(calls(two))).toEqual(calls(one));
    two.network.dispose();
  });

  it('is told when the network is disposed, or a worker ends', async () => {
    const pendingOf = async () => {
      const network = denseNetwork({ sizes, seed: 1, threads: 2 });
      const many: SubspaceLikelihood = likelihoodOf(network);
      const values = likelihoodOf(denseNetwork({ sizes, seed: 1, threads: 1 })).values(points);
      await untilWaited(() => many.values(points), values, 1);
      let pending = many.values(points);
      for (let i = 0; i < 1000 && !isPromise(pending); i++) pending = many.values(points);
      return { network, many, pending, values };
    };
    const disposed = await pendingOf();
    disposed.network.dispose();
    await expect(disposed.pending).rejects.toThrow('denseNetwork: the network was disposed while it was at work');
    expect(() => disposed.many.values(points)).toThrow('values: the network is disposed, expected one in use');

    const failed = await pendingOf();
    workers[1].emit('error', new Error('out of memory'));
    await expect(failed.pending).rejects.toThrow('denseNetwork: a worker failed: out of memory');
    expect(failed.many.values(points)).toEqual(failed.values);
  });
});

function withoutWaitAsync(): object {
  const names = Object.getOwnPropertyNames(Atomics).filter((name) => name !== 'waitAsync');
  return Object.fromEntries(names.map((name) => [name, Atomics[name as keyof Atomics]]));
}

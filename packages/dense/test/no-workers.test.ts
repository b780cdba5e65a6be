import os from 'node:os';
import { denseNetwork } from '@subspace/dense';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { likelihoodOf, points, sizes } from './threads-problem.ts';
import { watchWarnings } from './watched-warnings.ts';
import { watchWorkers } from './watched-workers.ts';

const watched = watchWorkers();
watchWarnings('one thread');

/** Once, by however many networks. */
function expectWarning(problem: RegExp): void {
  expect(console.warn).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^@subspace\/dense: one thread .* Node 20\.16 .* worker-src blob: \(threads: 1 .*\)\.$/),
  );
  expect(console.warn).toHaveBeenCalledWith(expect.stringMatching(problem));
}

function processors(count: number | undefined): void {
  vi.spyOn(os, 'availableParallelism').mockReturnValue(count!);
  vi.stubGlobal('navigator', { hardwareConcurrency: count });
}

beforeEach(() => {
  processors(2);
});

const valuesOfOne = likelihoodOf(denseNetwork({ sizes, seed: 1, threads: 1 })).values(points);

/** One thread does all that is asked for while `waits`, and after. */
async function worksAlone(threads: number | undefined, waits: () => boolean): Promise<void> {
  const network = denseNetwork({ sizes, seed: 1, threads });
  const many = likelihoodOf(network);
  const end = performance.now() + 20_000;
  while (waits() && performance.now() < end) {
    expect(many.values(points)).toEqual(valuesOfOne);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(waits()).toBe(false);
  await vi.waitFor(() => expect(network.threads).toBe(1), { timeout: 20_000, interval: 5 });
  for (let i = 0; i < 10; i++) expect(many.values(points)).toEqual(valuesOfOne);
  network.dispose();
}

/** As a security policy would. */
function refuseWorkers(): () => number {
  let refused = 0;
  watched.change = () => {
    refused++;
    throw new Error('ERR_ACCESS_DENIED');
  };
  return () => refused;
}

describe.each(['shared', 'copied'])('one thread works, which is said once, where memory would be %s and', (memory) => {
  beforeEach(() => {
    if (memory === 'copied') vi.stubGlobal('SharedArrayBuffer', undefined);
  });

  it('no worker may be made', async () => {
    const refused = refuseWorkers();
    for (const networks of [1, 2]) {
      await worksAlone(networks === 1 ? 2 : undefined, () => refused() < networks);
      expect(refused()).toBe(networks);
      expectWarning(/\(ERR_ACCESS_DENIED\)/);
    }
  });

  it('no worker comes up', async () => {
    // What a content-security policy does to a worker is told afterwards.
    watched.change = () => "throw new Error('refused')";
    const ended = -1;
    await worksAlone(2, () => watched.workers[0]?.threadId !== ended);
    expectWarning(/\(refused\)/);
  });

  it.each([2, undefined])(
    'Node has no process.getBuiltinModule, as before 20.16, and threads are %s',
    async (threads) => {
      const { getBuiltinModule } = process;
      Object.assign(process, { getBuiltinModule: undefined });
      processors(undefined);
      try {
        const { warn } = vi.mocked(console);
        await worksAlone(threads, () => warn.mock.calls.length === 0);
      } finally {
        Object.assign(process, { getBuiltinModule });
      }
      expectWarning(/\(Node \d+\.\d+\.\d+ has no process\.getBuiltinModule\)/);
    },
  );
});

describe('nothing is said', () => {
  it('to who asks for one thread', async () => {
    const refused = refuseWorkers();
    await worksAlone(1, () => false);
    expect(refused()).toBe(0);
    expect(console.warn).not.toHaveBeenCalled();
  });

  it('on one processor', async () => {
    processors(1);
    const refused = refuseWorkers();
    await worksAlone(undefined, () => false);
    expect(refused()).toBe(0);
    await worksAlone(2, () => refused() === 0);
    expect(console.warn).not.toHaveBeenCalled();
  });

  it('of work too small to share', () => {
    const refused = refuseWorkers();
    const network = denseNetwork({ sizes: [3, 8, 1], seed: 1, threads: 2 });
    const inputs = { data: new Float32Array(60), shape: [20, 3] };
    for (const end = performance.now() + 100; performance.now() < end; ) network.predict(inputs);
    network.dispose();
    expect(refused()).toBe(0);
    expect(console.warn).not.toHaveBeenCalled();
  });

  it('of workers that end with their network before they are up', async () => {
    const network = denseNetwork({ sizes, seed: 1, threads: 2 });
    const many = likelihoodOf(network);
    while (watched.workers.length === 0) many.values(points);
    const ended = new Promise((resolve) => watched.workers[0].once('exit', resolve));
    network.dispose();
    await ended;
    expect(console.warn).not.toHaveBeenCalled();
  });
});

import { denseNetwork } from '@subspace/dense';
import { describe, expect, it, vi } from 'vitest';
import { likelihoodOf, points, sizes } from './threads-problem.ts';
import { watchWorkers } from './watched-workers.ts';

const watched = watchWorkers();

describe.each(['shared', 'copied'])('one thread works, and says nothing, where memory would be %s and', (memory) => {
  const worksAlone = async (waits: () => boolean) => {
    if (memory === 'copied') vi.stubGlobal('SharedArrayBuffer', undefined);
    const network = denseNetwork({ sizes, seed: 1, threads: 2 });
    const many = likelihoodOf(network);
    const values = likelihoodOf(denseNetwork({ sizes, seed: 1, threads: 1 })).values(points);
    const end = performance.now() + 20_000;
    while (waits() && performance.now() < end) {
      expect(many.values(points)).toEqual(values);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(waits()).toBe(false);
    await vi.waitFor(() => expect(network.threads).toBe(1), { timeout: 20_000, interval: 5 });
    for (let i = 0; i < 10; i++) expect(many.values(points)).toEqual(values);
    network.dispose();
  };

  it('no worker may be made', async () => {
    let refused = 0;
    watched.change = () => {
      refused++;
      throw new Error('ERR_ACCESS_DENIED');
    };
    await worksAlone(() => refused === 0);
    expect(refused).toBe(1);
  });

  it('no worker comes up', async () => {
    // What a content-security policy does to a worker is told afterwards.
    watched.change = () => "throw new Error('refused')";
    const ended = -1;
    await worksAlone(() => watched.workers[0]?.threadId !== ended);
  });

  it('Node has no process.getBuiltinModule, as before 20.16', async () => {
    const { getBuiltinModule } = process;
    Object.assign(process, { getBuiltinModule: undefined });
    try {
      await worksAlone(() => false);
    } finally {
      Object.assign(process, { getBuiltinModule });
    }
  });
});

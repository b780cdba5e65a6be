import { denseNetwork } from '@subspace/dense';
import { describe, expect, it, vi } from 'vitest';
import type * as teams from '../src/threads/thread-team.ts';
import { likelihoodOf, points, sizes } from './threads-problem.ts';
import { watchWorkers } from './watched-workers.ts';

// Together whenever there are workers, also on a machine where that is slower.
vi.mock('../src/threads/pace.ts', () => ({ pace: () => ({ together: () => true, took() {} }) }));

// A third of a second instead of half a minute, or so long that nothing but the worker's end can be the reason.
let patience = 300;
vi.mock('../src/threads/thread-team.ts', async (importOriginal) => {
  const { threadTeam } = await importOriginal<typeof teams>();
  return { threadTeam: (...[build, threads]: Parameters<typeof threadTeam>) => threadTeam(build, threads, patience) };
});
const watched = watchWorkers();

describe('a worker that does not come back from its part', () => {
  it.each(['sleeping', 'waiting', 'copying'])(
    'is an error of the %s thread, once; then it goes on alone',
    async (how) => {
      if (how === 'copying') vi.stubGlobal('SharedArrayBuffer', undefined);
      if (how === 'waiting') {
        vi.spyOn(Atomics, 'wait').mockImplementation(() => {
          throw new TypeError('Atomics.wait cannot be called in this context');
        });
      }
      patience = 300;
      watched.change = (program) => program.replace(/(arena\.)?kernels\.perform\(/, 'for (;;); $&');
      const network = denseNetwork({ sizes, seed: 1, threads: 2 });
      const many = likelihoodOf(network);
      const values = likelihoodOf(denseNetwork({ sizes, seed: 1, threads: 1 })).values(points);
      const untilLost = async () => {
        for (const end = performance.now() + 20_000; performance.now() < end; ) {
          expect(await many.values(points)).toEqual(values);
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await expect(untilLost()).rejects.toThrow(/^denseNetwork: a worker failed: it did not answer for 0\.3\d* s$/);
      expect(network.threads).toBe(1);
      expect(many.values(points)).toEqual(values);
    },
  );
});

describe('a worker that dies within its part', () => {
  const deaths: Readonly<Record<string, [string, RegExp]>> = {
    'by process.exit': ['process.exit(7);', /^denseNetwork: a worker failed: it ended with code 7$/],
    'by an error that nobody catches': [
      "setImmediate(() => { throw new Error('by chance'); }); await new Promise((resolve) => setTimeout(resolve, 1e6));",
      /^denseNetwork: a worker failed: by chance$/,
    ],
  };
  it.each(
    ['sleeping', 'waiting', 'copying'].flatMap((how) => Object.keys(deaths).map((death) => [how, death] as const)),
  )('is told to the %s thread at once (%s), which then goes on alone', async (how, death) => {
    if (how === 'copying') vi.stubGlobal('SharedArrayBuffer', undefined);
    if (how === 'waiting') {
      vi.spyOn(Atomics, 'wait').mockImplementation(() => {
        throw new TypeError('Atomics.wait cannot be called in this context');
      });
    }
    patience = 1e8;
    const [deed, message] = deaths[death];
    watched.change = (program) =>
      program
        .replace('perform({ perform, section', 'async perform({ perform, section')
        .replace(/(for \(let part = first; [^)]*\) |arena\.)kernels\.perform\(/, `${deed} $&`);
    const network = denseNetwork({ sizes, seed: 1, threads: 2 });
    const many = likelihoodOf(network);
    const values = likelihoodOf(denseNetwork({ sizes, seed: 1, threads: 1 })).values(points);
    const untilLost = async () => {
      for (;;) {
        expect(await many.values(points)).toEqual(values);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await expect(untilLost()).rejects.toThrow(message);
    expect(network.threads).toBe(1);
    expect(many.values(points)).toEqual(values);
  });
});

import { Worker } from 'node:worker_threads';
import {
  type CurvedLogDensity,
  memoryStore,
  type Posterior,
  posterior,
  randomSource,
  type SamplingAlgorithm,
  sample,
} from '@subspace/core';
import { workerLogDensity } from '@subspace/core/worker';
import { ellipticalSlice } from '@subspace/ess';
import { nuts } from '@subspace/nuts';
import { bits } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { methods, runMethod } from '../src/resumable-methods.ts';
import { smallNetworkPosterior } from '../src/small-network.ts';

/** The small network, built again in each of two workers. */
function serve(signal?: AbortSignal) {
  const workerData = { worker: new URL('../../packages/core/src/worker.ts', import.meta.url).href };
  const create = () => new Worker(new URL('./served-network.mjs', import.meta.url), { workerData });
  return workerLogDensity<CurvedLogDensity>(create, { workers: 2, ...(signal && { signal }) });
}

/** One that needs values, and one that needs gradients and adapts. */
const creators: Readonly<Record<string, (target: Posterior<CurvedLogDensity>) => SamplingAlgorithm<unknown, unknown>>> =
  { ellipticalSlice, nuts: (target) => nuts(target) };

let served: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  served = await serve();
});
afterAll(() => served.dispose());

describe('over workers', () => {
  it.each(Object.keys(methods))('%s gives every bit of what it gives in one thread', async (name) => {
    const { prior } = smallNetworkPosterior();
    const there = await methods[name](posterior({ logLikelihood: served, prior }));
    const here = (await runMethod(name)).result;
    const draws = (result: typeof here) => result.sample(randomSource('draws'), 10);
    expect(bits([there, draws(there)])).toBe(bits([here, draws(here)]));
  });

  it('chains go on where they were in one thread, and the other way round', async () => {
    const whole = await sample(nuts(smallNetworkPosterior()), { draws: 40, warmup: 40, chains: 3, seed: 1 });
    const { prior } = smallNetworkPosterior();
    const targets = [smallNetworkPosterior(), posterior({ logLikelihood: served, prior })];
    const store = memoryStore();
    for (const [part, draws] of [10, 20, 40].entries()) {
      const checkpoint = { store, resume: true };
      const grown = await sample(nuts(targets[part % 2]), { draws, warmup: 40, chains: 3, seed: 1, checkpoint });
      expect(bits(grown.positions)).toBe(bits(whole.positions.map((chain) => chain.slice(0, draws))));
    }
  });

  it.each(Object.keys(creators))('%s can be cancelled at any moment, and keeps the first draws', async (name) => {
    const create = creators[name];
    const options = { draws: 400, warmup: 20, chains: 4, seed: 1 };
    const { prior } = smallNetworkPosterior();
    const whole = await sample(create(smallNetworkPosterior()), options);
    const controller = new AbortController();
    // The signal of the workers too: an evaluation that is under way ends with it.
    const density = await serve(controller.signal);
    const { signal } = controller;
    const run = sample(create(posterior({ logLikelihood: density, prior })), {
      ...options,
      signal,
      onProgress: ({ chains }) => {
        if (chains.some(({ step }) => step > 60)) controller.abort('enough');
      },
    });
    const error = await run.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough' });
    const kept: readonly (readonly Float64Array[])[] = error.draws.positions;
    for (const [c, chain] of kept.entries()) {
      expect(chain.length).toBeLessThan(400);
      expect(bits(chain)).toBe(bits(whole.positions[c].slice(0, chain.length)));
    }
    expect(Math.max(...kept.map(({ length }) => length))).toBeGreaterThan(39);
  });
});

import {
  type Draws,
  isotropicGaussian,
  logDensity,
  memoryStore,
  type SampleOptions,
  sample,
  type ValueAlgorithm,
  type Vector,
} from '@subspace/core';
import { bfmi, diagnose, toInferenceData } from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';

interface Info {
  readonly acceptance: number;
  readonly energy: number;
  readonly nonFinite: number;
  readonly stopped: 'turn' | 'depth';
  readonly divergence?: { readonly from: Vector };
}

/** A slow walk that has everything to tell that `diagnose` looks for, in steps that are seldom the last of several. */
const telling: ValueAlgorithm<{ z: Vector; step: number }, Info> = {
  name: 'telling',
  needs: 'values',
  target: logDensity(1, (z) => -0.5 * z[0] ** 2),
  prior: isotropicGaussian(1, 1),
  position: ({ z }) => z,
  *init(_random, z) {
    yield z;
    return { z, step: 0 };
  },
  *step(random, state) {
    const z = state.z.map((x) => 0.95 * x + Math.sqrt(1 - 0.95 ** 2) * random.normal());
    yield z;
    const step = state.step + 1;
    const info: Info = {
      acceptance: step % 12 === 0 ? 0.9 : 0.02,
      energy: z[0],
      nonFinite: step % 100 === 1 ? 2 : 0,
      stopped: step % 24 === 5 ? 'depth' : 'turn',
    };
    return { state: { z, step }, info: step % 50 === 7 ? { ...info, divergence: { from: z } } : info };
  },
};
const run = (options: Partial<SampleOptions>) =>
  sample(telling, { draws: 3600, warmup: 50, chains: 3, seed: 'thinned', ...options });
const every = await run({});
const thinned = await run({ draws: 300, thin: 12 });

describe('thinning', () => {
  it('keeps what all steps after warmup add up to, and no step of warmup', () => {
    expect(thinned.totals).toEqual(every.totals);
    for (const [c, { steps, nonFinite, deep, acceptance, proposals }] of every.totals.entries()) {
      const infos = every.infos[c];
      expect([steps, proposals]).toEqual([3600, 3600]);
      expect(nonFinite).toBe(infos.reduce((sum, info) => sum + info.nonFinite, 0));
      expect(deep).toBe(infos.filter(({ stopped }) => stopped === 'depth').length);
      expect(acceptance).toBeCloseTo(
        infos.reduce((sum, info) => sum + info.acceptance, 0),
        8,
      );
    }
  });

  it('keeps all divergences, each with its place and the draw it was on the way to', () => {
    expect(every.divergent.map((chain) => chain.length)).toEqual([72, 72, 72]);
    for (const [c, chain] of every.divergent.entries()) {
      for (const { draw, info } of chain) expect(every.infos[c][draw]).toBe(info);
      expect(thinned.divergent[c]).toEqual(chain.map(({ draw, info }) => ({ draw: Math.floor(draw / 12), info })));
    }
    // Without them it would be these.
    expect(thinned.infos.flat().filter(({ divergence }) => divergence).length).toBeLessThan(40);
  });

  it('keeps every warning about the steps, word for word', () => {
    const words = (draws: Draws) =>
      diagnose(draws)
        .filter(({ code }) => ['non-finite', 'divergences', 'bfmi', 'tree-depth', 'acceptance'].includes(code))
        .map(({ problem }) => problem);
    expect(words(every)).toHaveLength(5);
    expect(words(thinned)).toEqual(words(every));
    const fractions = bfmi(every.infos.map((chain) => chain.map(({ energy }) => energy)));
    const told = /missing information is (\S+) \(chains/.exec(words(every).join(' '))![1];
    expect(told).toBe(Math.min(...fractions).toFixed(2));
  });

  it('shows divergences between draws to ArviZ', () => {
    const total = (draws: Draws) => draws.divergent.flat().length;
    const counts = toInferenceData(thinned).sample_stats!.n_divergences.flat() as number[];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total(every));
    expect(toInferenceData(thinned).sample_stats!.diverging.flat()).toEqual(counts.map((count) => count > 0));
    const plain = toInferenceData(every).sample_stats!;
    expect(plain.diverging.flat().filter(Boolean)).toHaveLength(total(every));
    expect(plain).not.toHaveProperty('n_divergences');
  });

  it('keeps them in a checkpoint: a run that goes on has what an uninterrupted one has', async () => {
    const store = memoryStore();
    for (const draws of [1, 2, 150, 300]) {
      const grown = await run({ draws, thin: 12, checkpoint: { store, every: 7, resume: true } });
      const whole = draws === 300 ? thinned : await run({ draws, thin: 12 });
      expect([grown.totals, grown.divergent]).toEqual([whole.totals, whole.divergent]);
    }
  });

  it('keeps them where a run was cancelled between two draws', async () => {
    const store = memoryStore();
    let asked = 0;
    const signal = { aborted: false };
    // A rest is due only after 10 ms: make it so.
    const stopping = {
      ...telling,
      target: logDensity(1, () => {
        if (++asked === 400) {
          signal.aborted = true;
          for (const until = performance.now() + 11; performance.now() < until; );
        }
        return 0;
      }),
    };
    const options = { draws: 300, thin: 12, warmup: 50, chains: 3, seed: 'thinned' };
    const error = await sample(stopping, { ...options, signal, checkpoint: { store } }).catch((reason) => reason);
    expect(error.code).toBe('ABORTED');
    const [{ steps }] = error.draws.totals;
    expect(steps % 12).not.toBe(0);
    expect(error.draws.divergent[0]).toHaveLength(Math.floor((steps + 50 - 7) / 50));
    const resumed = await sample(
      { ...telling, target: logDensity(1, () => 0) },
      { ...options, checkpoint: { store, resume: true } },
    );
    expect([resumed.totals, resumed.divergent]).toEqual([thinned.totals, thinned.divergent]);
  });
});

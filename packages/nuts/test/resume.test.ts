import {
  type CheckpointStore,
  type DifferentiableLogDensity,
  isotropicGaussian,
  logDensity,
  memoryStore,
  type SamplingAlgorithm,
  sample,
} from '@subspace/core';
import { hmc, mala, nuts, randomWalk } from '@subspace/nuts';
import { bits } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const target: DifferentiableLogDensity = {
  ...logDensity(2, ([x, y]) => {
    const off = y - 0.5 * x ** 2;
    return { value: -0.5 * x ** 2 - 2 * off ** 2, gradient: Float64Array.of(-x + 4 * x * off, -4 * off) };
  }),
};
const started = { ...target, prior: isotropicGaussian(2, 1) };
// biome-ignore lint/suspicious/noExplicitAny: the state is the algorithm's own affair
const methods: Readonly<Record<string, (option: number) => SamplingAlgorithm<any, unknown>>> = {
  'nuts, diagonal': (targetAcceptance) => nuts(started, { targetAcceptance }),
  'nuts, dense': (targetAcceptance) => nuts(started, { targetAcceptance, massMatrix: 'dense' }),
  hmc: (targetAcceptance) =>
    hmc(started, { stepSize: 0.2, steps: [2, 5], jitter: 0.2, massMatrix: 'dense', targetAcceptance }),
  mala: (targetAcceptance) => mala(started, { targetAcceptance }),
  randomWalk: (targetAcceptance) => randomWalk(started, { targetAcceptance, covariance: 'dense' }),
};
// Windows 0–2, 3–21, 22–23: the mass matrix is learnt once, after step 21.
const options = { draws: 8, warmup: 24, chains: 2, seed: 9 };

describe.each(Object.keys(methods))('%s', (name) => {
  const algorithm = methods[name](0.7);

  it('goes on from any step, in warmup or after it, to every bit of the uninterrupted run', async () => {
    const whole = await sample(algorithm, options);
    const { store, states } = recorded();
    await sample(algorithm, { ...options, checkpoint: { store, every: 1 } });
    // Two chains, saved when they have done two steps more between them.
    expect(states.length).toBeGreaterThanOrEqual(32);
    for (const state of states) {
      const resumed = await sample(algorithm, { ...options, checkpoint: { store: await state(), resume: true } });
      expect(bits(resumed)).toBe(bits(whole));
    }
  });

  it('is refused with another option', async () => {
    const store = memoryStore();
    await sample(algorithm, { ...options, checkpoint: { store } });
    await expect(sample(methods[name](0.6), { ...options, checkpoint: { store, resume: true } })).rejects.toThrow(
      'sample: options.targetAcceptance is 0.6, but the checkpoint was made with 0.7',
    );
  });
});

it('a mass matrix that was given is part of what a checkpoint must have been made with', async () => {
  const run = (massMatrix: Float64Array, store: CheckpointStore, draws = 8) =>
    sample(nuts(started, { massMatrix }), { ...options, draws, checkpoint: { store, resume: true } });
  const store = memoryStore();
  await run(Float64Array.of(1, 2), store, 4);
  expect(bits(await run(Float64Array.of(1, 2), store))).toBe(bits(await run(Float64Array.of(1, 2), memoryStore())));
  await expect(run(Float64Array.of(1, 3), store)).rejects.toThrow('sample: options.massMatrix[1] is 3');
});

/** A store, and what it held after each time the state was written. */
function recorded(): { store: CheckpointStore; states: (() => Promise<CheckpointStore>)[] } {
  const entries = new Map<string, Uint8Array[]>();
  const inner = memoryStore();
  const states: (() => Promise<CheckpointStore>)[] = [];
  return {
    states,
    store: {
      read: inner.read,
      async write(name, chunks) {
        const kept: Uint8Array[] = [];
        for await (const chunk of chunks) kept.push(new Uint8Array(chunk));
        entries.set(name, kept);
        await inner.write(name, kept);
        if (name !== 'sample') return;
        const held = [...entries].map(([entry, bytes]) => [entry, [...bytes]] as const);
        states.push(async () => {
          const copy = memoryStore();
          for (const [entry, bytes] of held) await copy.write(entry, bytes);
          return copy;
        });
      },
      async append(name, bytes) {
        entries.get(name)!.push(new Uint8Array(bytes));
        await inner.append(name, bytes);
      },
    },
  };
}

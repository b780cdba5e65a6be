import {
  arraysDataset,
  type CheckpointStore,
  fit,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  memoryStore,
  type Posterior,
  posterior,
  randomSource,
  type Subspace,
  type SubspaceLikelihood,
  sample,
  sgd,
  subspace,
  subspacePosterior,
} from '@subspace/core';
import { type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { ellipticalSlice } from '@subspace/ess';
import { sequentialMonteCarlo } from '@subspace/smc';
import { fullRank, meanField, realNvp } from '@subspace/vi';
import { afterAll, describe, expect, it } from 'vitest';
import { samplers } from '../src/samplers.ts';

const random = randomSource('another target');
const floats = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * random.normal());
const rows = (targets: Float32Array) =>
  arraysDataset({
    inputs: { data: inputs, shape: [20, 2] },
    targets: { data: targets, shape: [20] },
  });
const inputs = floats(40);
const data = rows(floats(20));
const otherData = rows(floats(20));

const network = denseNetwork({ sizes: [2, 4, 1], activation: 'tanh', seed: 1, threads: 1 });
const relu = denseNetwork({ sizes: [2, 4, 1], activation: 'relu', seed: 1, threads: 1 });
afterAll(() => {
  network.dispose();
  relu.dispose();
});
const { layout } = network;
const shift = floats(layout.size, 0.5);
const basis = () => Array.from({ length: 3 }, () => floats(layout.size, 0.3));
const plane = subspace({ layout, shift, basis: basis() });
/** Through the same weights: at z = 0 the densities agree. */
const otherPlane = subspace({ layout, shift, basis: basis() });

const likelihood = gaussianLikelihood({ variance: 0.1 });
const settings = { likelihood, priorStd: 1, temperature: 5 };
const target = (through: Subspace = plane, changes: object = {}, of = network, rowsOf = data) =>
  subspacePosterior(of, through, rowsOf, { ...settings, ...changes }) as Posterior<SubspaceLikelihood>;

/** The part that differs, and the posterior that differs in it. */
const others: readonly (readonly [string, () => Posterior<SubspaceLikelihood>])[] = [
  ['subspace.basis', () => target(otherPlane)],
  ['subspace.shift', () => target(subspace({ layout, shift: shift.map((x) => x * 1.01), basis: plane.basis }))],
  ['data.targets', () => target(plane, {}, network, otherData)],
  ['likelihood.variance', () => target(plane, { likelihood: gaussianLikelihood({ variance: 0.2 }) })],
  ['network.activation', () => target(plane, {}, relu)],
];

type Run = (target: Posterior<SubspaceLikelihood>, store?: CheckpointStore, long?: boolean) => Promise<unknown>;
const from = (store?: CheckpointStore) => (store ? { checkpoint: { store, resume: true } } : {});
const initial = [new Float64Array(3), new Float64Array(3)];

const methods: readonly { readonly name: string; readonly run: Run }[] = [
  ...samplers.map(({ name, create }) => ({
    name,
    run: (async (of, store, long) => {
      const options = { draws: long ? 12 : 6, warmup: 6, chains: 2, initial, seed: 1, ...from(store) };
      return (await sample(create(of as Posterior), options)).positions;
    }) as Run,
  })),
  ...[meanField, fullRank].map((fitted) => ({
    name: fitted.name,
    run: (async (of, store) => {
      const options = { iterations: 40, evaluationDraws: 10, fixMean: true, initial: 'prior' as const, seed: 1 };
      return (await fitted(of, { ...options, ...from(store) })).history;
    }) as Run,
  })),
  {
    name: 'realNvp',
    run: async (of, store) =>
      (await realNvp(of, { iterations: 40, evaluationDraws: 10, layers: 2, hidden: 4, seed: 1, ...from(store) }))
        .history,
  },
  {
    name: 'sequentialMonteCarlo',
    run: async (of, store) =>
      (
        await sequentialMonteCarlo(of, {
          ...{ particles: 32, replicates: 2, move: ellipticalSlice, movesPerStage: 1, seed: 1 },
          ...from(store),
        })
      ).positions,
  },
];

describe.each(methods)('$name', ({ run }) => {
  it.each(others)('does not go on where %s is another', async (part, other) => {
    const store = memoryStore();
    await run(target(), store);
    const different = other();
    await expect(run(different, store, true)).rejects.toThrow(`target.parts.${part}`);
    different.dispose();
  });

  it('goes on with the same target, made anew, bit for bit', async () => {
    const store = memoryStore();
    await run(target(), store);
    expect(await run(target(), store, true)).toEqual(await run(target(), undefined, true));
  });

  it('does not go on where a density of a user of its own differs away from the start', async () => {
    const own = (through: Subspace) => {
      const { logLikelihood } = target(through);
      const { identity: _identity, engine: _engine, ...unnamed } = logLikelihood;
      return posterior({ logLikelihood: unnamed as SubspaceLikelihood, priorStd: 1, temperature: 5 });
    };
    const store = memoryStore();
    const before = await run(own(plane), store);
    await expect(run(own(otherPlane), store, true)).rejects.toThrow(
      /the target's (value|gradient) at point [2-5] of 5 drawn from the seed is /,
    );
    expect(await run(own(plane), store)).toEqual(before);
  });
});

describe('prior and temperature', () => {
  it.each([
    ['priorStd', { priorStd: 2 }, /prior\.cholesky\[0\] is 2/],
    ['temperature', { temperature: 2 }, /temperature is 2/],
  ])('%s', async (_name, changes, message) => {
    for (const { run } of methods) {
      const store = memoryStore();
      await run(target(), store);
      await expect(run(target(plane, changes), store, true)).rejects.toThrow(message);
    }
  });
});

describe('fit', () => {
  const train = async (changes: Partial<DenseNetworkOptions>, store?: CheckpointStore, epochs = 4) => {
    const trained = denseNetwork({ sizes: [2, 4, 2], head: 'heteroscedastic', seed: 1, threads: 1, ...changes });
    const options = { epochs, batchSize: 5, optimizer: sgd(), learningRate: 0.01, seed: 1, ...from(store) };
    try {
      await fit(trained, data, { ...options, likelihood: heteroscedasticGaussianLikelihood() });
      return await trained.readWeights();
    } finally {
      trained.dispose();
    }
  };

  it.each([
    ['activation', { activation: 'tanh' }, {}],
    ['globalVariance', { globalVariance: 1 }, { globalVariance: 2 }],
    ['features.scale', { features: { powers: [1] } }, { features: { powers: [1], scale: 2 } }],
    ['features.powers[0]', { features: { powers: [1] } }, { features: { powers: [2] } }],
    [
      'features.firstRow',
      { features: (row: Float32Array) => row },
      { features: (row: Float32Array) => row.map((x) => 2 * x) },
    ],
  ] as const)('does not go on with another %s', async (part, before, after) => {
    const store = memoryStore();
    await train(before, store);
    await expect(train(after, store, 8)).rejects.toThrow(`fit: network.${part} is `);
    expect(await train(before, store, 8)).toEqual(await train(before, undefined, 8));
  });
});

import {
  arraysDataset,
  type Dataset,
  fit,
  linearDecay,
  type Network,
  predictRegression,
  type Subspace,
  sgd,
} from '@subspace/core';
import { splits, standardize } from '@subspace/datasets';
import { yacht } from '@subspace/datasets/yacht';
import { denseNetwork } from '@subspace/dense';
import {
  hessianEigenvalues,
  type LaplaceOptions,
  laplaceApproximation,
  laplaceSubspace,
  linearizedRegression,
  maximumLikelihoodNoise,
  subsetSubspace,
  traceCriterion,
} from '@subspace/laplace';
import { intervalCoverage, rmse } from '@subspace/metrics';
import { randomSubspace } from '@subspace/swag';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { randomNormal } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The yacht data, a network of 401 weights that was trained on them, and the same weights in both engines. */
let train: Dataset;
let test: Dataset;
let engines: Readonly<Record<'dense' | 'tfjs', { network: Network; weights: Float32Array }>>;

beforeAll(async () => {
  const { inputs, targets } = yacht();
  const [split] = splits(308, { seed: 1, count: 1 });
  const scaled = arraysDataset({
    inputs: standardize(inputs, { rows: split.train }).arrays,
    targets: standardize(targets, { rows: split.train }).arrays,
  });
  const part = async (rows: Int32Array) => arraysDataset(await scaled.gather(rows));
  [train, test] = [await part(split.train), await part(split.test)];

  const dense = denseNetwork({ sizes: [6, 50, 1], activation: 'tanh', seed: 1, threads: 1 });
  await fit(dense, train, {
    ...{ likelihood: { ...(await maximumLikelihoodNoise(dense, await dense.readWeights(), train)) }, epochs: 300 },
    ...{ batchSize: 20, optimizer: sgd({ momentum: 0.9 }), seed: 1 },
    learningRate: linearDecay({ learningRate: 1e-2, epochs: 300 }),
  });
  const weights = await dense.readWeights();

  await useBackend('wasm');
  const model = sequential({
    layers: [layers.dense({ units: 50, activation: 'tanh', inputShape: [6] }), layers.dense({ units: 1 })],
  });
  const tfjs = layersNetwork(model);
  engines = { dense: { network: dense, weights }, tfjs: { network: tfjs, weights: transposed(weights) } };
});
afterAll(() => {
  for (const { network } of Object.values(engines)) network.dispose();
});

/** TensorFlow has a first layer of [6, 50]; the second is a row or a column. */
function transposed(weights: Float32Array): Float32Array {
  const turned = weights.slice();
  for (let o = 0; o < 50; o++) for (let i = 0; i < 6; i++) turned[i * 50 + o] = weights[o * 6 + i];
  return turned;
}

describe.each(['dense', 'tfjs'] as const)('%s, on the yacht data', (engine) => {
  it('predicts rows that it has not seen, linearised and by draws, with intervals that hold what they say', async () => {
    const { network, weights } = engines[engine];
    const likelihood = await maximumLikelihoodNoise(network, weights, train);
    const { inputs, targets } = test.arrays!;
    for (const structure of ['full', 'kronecker', 'low-rank'] as const) {
      const laplace = await laplaceApproximation(network, weights, train, {
        ...{ likelihood, priorPrecision: 'evidence', structure, eigenpairs: 100 },
      });
      const linearized = await linearizedRegression(network, laplace, inputs);
      expect(rmse(linearized, targets.data), structure).toBeLessThan(0.15);
      expect(intervalCoverage(linearized, targets.data), structure).toBeGreaterThan(0.85);
      const drawn = await predictRegression(network, laplace, inputs, { likelihood, samples: 30, seed: 1 });
      // Draws leave the region where the network is as linear as the Gauss–Newton matrix takes it to be: better than the mean of the targets (1), and that is all.
      expect(rmse(drawn, targets.data), structure).toBeLessThan(1);
    }
  });

  it('has a subspace of five directions with more of the variance than random ones and the weights of the largest variance', async () => {
    const { network, weights } = engines[engine];
    const likelihood = await maximumLikelihoodNoise(network, weights, train);
    const inputs = test.arrays!.inputs;
    const options = { likelihood, priorPrecision: 1, structure: 'full', rank: 5, inputs } as const;
    const subspace = await laplaceSubspace(network, weights, train, options);
    const { approximation } = subspace;
    const ratioOf = async (of: Subspace) => (await traceCriterion(network, of, inputs, { approximation })).ratio;
    const ratio = await ratioOf(subspace);
    expect(Math.abs(ratio - subspace.ratio)).toBeLessThan(1e-4);
    expect(ratio).toBeGreaterThan(10 * (await ratioOf(randomSubspace(network.layout, weights, { rank: 5, seed: 1 }))));
    const variance = approximation.variance();
    const widest = Array.from(variance.keys()).sort((a, b) => variance[b] - variance[a]);
    const subset = subsetSubspace(network.layout, weights, { indices: widest.slice(0, 5) });
    expect(ratio).toBeGreaterThan(await ratioOf(subset));
  });
});

describe('two engines with the same weights', () => {
  it.each(['full', 'diagonal', 'kronecker', 'low-rank'] as const)(
    'have the same %s approximation',
    async (structure) => {
      const likelihood = await maximumLikelihoodNoise(engines.dense.network, engines.dense.weights, train);
      const options: LaplaceOptions = { likelihood, priorPrecision: 1, structure };
      const found = async ({ network, weights }: (typeof engines)['dense']) => {
        const laplace = await laplaceApproximation(network, weights, train, options);
        return {
          ...(await linearizedRegression(network, laplace, test.arrays!.inputs)),
          evidence: laplace.logEvidence,
        };
      };
      const [dense, tfjs] = [await found(engines.dense), await found(engines.tfjs)];
      expect(Math.abs(dense.evidence / tfjs.evidence - 1)).toBeLessThan(1e-4);
      dense.epistemicVariance.forEach((variance, i) => {
        expect(Math.abs(variance / tfjs.epistemicVariance[i] - 1)).toBeLessThan(1e-2);
      });
    },
  );

  it('have the same outer eigenvalues, exact or by differences whose error is said', async () => {
    const likelihood = await maximumLikelihoodNoise(engines.dense.network, engines.dense.weights, train);
    const options = { likelihood, top: 3, bottom: 1 };
    const found = ({ network, weights }: (typeof engines)['dense']) =>
      hessianEigenvalues(network, weights, train, options);
    const [dense, tfjs] = [await found(engines.dense), await found(engines.tfjs)];
    expect(dense.products).toEqual({ kind: 'exact', relativeError: 0 });
    expect(tfjs.products.kind).toBe('differences');
    expect(tfjs.products.relativeError).toBeGreaterThan(0);
    expect(tfjs.products.relativeError).toBeLessThan(0.02);
    dense.top.values.forEach((value, k) => {
      expect(Math.abs(tfjs.top.values[k] - value)).toBeLessThan(5 * tfjs.products.relativeError * dense.top.values[0]);
    });
  });
});

describe('a network with batch norm', () => {
  it('has Kronecker factors of its dense layers only, and says which layer has none', async () => {
    await useBackend('wasm');
    const model = sequential({
      layers: [
        layers.dense({ units: 4, name: 'hidden', inputShape: [6] }),
        layers.batchNormalization({ name: 'norm' }),
        layers.dense({ units: 1, name: 'out' }),
      ],
    });
    const network = layersNetwork(model);
    const weights = (await randomNormal([network.layout.size], 0, 1, 'float32', 1).data()) as Float32Array;
    const likelihood = await maximumLikelihoodNoise(network, weights, train);
    const options = { likelihood, priorPrecision: 1, structure: 'kronecker' } as const;
    await expect(laplaceApproximation(network, weights, train, options)).rejects.toThrow(
      /^laplaceApproximation: structure is 'kronecker', but norm\/\w+ \[4\] is no part of a dense layer with a bias; expected layers without norm/,
    );
    const dense = await laplaceApproximation(network, weights, train, { ...options, layers: ['hidden', 'out'] });
    expect(dense.chosen.size).toBe(network.layout.size - 8);
    expect(dense.variance().filter((variance) => variance === 0).length).toBe(8);
    // Scales and shifts of batch norm are weights like others to a structure that does not ask for layers.
    const diagonal = await laplaceApproximation(network, weights, train, { ...options, structure: 'diagonal' });
    expect(diagonal.variance().every((variance) => variance > 0 && variance < 1)).toBe(true);
    network.dispose();
    model.dispose();
  });
});

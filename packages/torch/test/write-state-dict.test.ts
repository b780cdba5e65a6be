import '@tensorflow/tfjs-backend-cpu';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arrays, type Network, randomSource, readSafetensors } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { swag, swagMoments } from '@subspace/swag';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { loadStateDict, swagState, type WriteStateDictOptions, writeStateDict } from '@subspace/torch';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convolutions, depthwise } from './layers-models.ts';
import { channelsLast, modelPath, readModel, readPredictions, readWeights } from './model-files.ts';

beforeAll(async () => {
  await useBackend('cpu');
});

describe('back to what was loaded', () => {
  it.each([
    ['convolutions', convolutions],
    ['depthwise', depthwise],
  ] as const)('%s, bit for bit', async (file, model) => {
    const network = layersNetwork(model());
    const dict = await readWeights(file);
    const { tensors } = readSafetensors(await writeStateDict(network, { like: await loadStateDict(network, dict) }));
    const expected = [...dict].filter(([name]) => !name.endsWith('num_batches_tracked'));
    expect(new Set(tensors.keys())).toEqual(new Set(expected.map(([name]) => name)));
    for (const [name, { data, shape }] of expected) {
      expect(tensors.get(name)!.shape, name).toEqual(shape);
      expect(tensors.get(name)!.data, name).toEqual(data);
    }
  });

  it('without a report, by the layout’s names or given ones', async () => {
    const network = denseNetwork({ sizes: [2, 1] });
    const weights = Float32Array.of(1, 2, 3);
    const names = (bytes: Uint8Array) => [...readSafetensors(bytes).tensors.keys()];
    expect(names(await writeStateDict(network))).toEqual(['linear0.weight', 'linear0.bias']);
    const some = { 'linear0.weight': 'fc.weight' };
    expect(names(await writeStateDict(network, { weights, names: some }))).toEqual(['fc.weight', 'linear0.bias']);
    const all = (entry: string) => entry.replace('linear0', '__proto__');
    expect(names(await writeStateDict(network, { weights, names: all }))).toEqual([
      '__proto__.weight',
      '__proto__.bias',
    ]);
    expect(names(await writeStateDict(network, { names: { 'linear0.bias': '__proto__' } }))).toEqual([
      'linear0.weight',
      '__proto__',
    ]);
  });
});

it('names of layers become names of modules, and statistics go where γ and β do', async () => {
  const named = sequential({
    layers: [
      layers.dense({ units: 2, inputShape: [3], name: 'fc' }),
      layers.batchNormalization({ name: 'bn' }),
      layers.embedding({ inputDim: 4, outputDim: 2, name: 'words', inputLength: 2 }),
    ],
  });
  const statistics = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
  await expect(writeStateDict(layersNetwork(named))).rejects.toThrow('writeStateDict: statistics are missing');
  const { tensors } = readSafetensors(await writeStateDict(layersNetwork(named), { statistics }));
  expect([...tensors.keys()]).toEqual([
    'fc.weight',
    'fc.bias',
    'bn.weight',
    'bn.bias',
    'words.weight',
    'bn.running_mean',
    'bn.running_var',
  ]);
  expect(tensors.get('fc.weight')!.shape).toEqual([2, 3]);
  expect(tensors.get('bn.running_var')!.data).toEqual(statistics[1]);
});

describe('errors', () => {
  const network = denseNetwork({ sizes: [2, 1] });
  const like = {
    matched: [],
    missing: [],
    unused: [],
    flattened: {},
    weights: new Float32Array(3),
    batchNorms: ['bn'],
    statistics: [],
  };
  it.each([
    [{ weights: new Float32Array(2) }, 'writeStateDict: weights has length 2, expected 3'],
    [{ weights: Float32Array.of(1, Number.NaN, 0) }, 'weights[1] is NaN'],
    [{ names: { weight: 'fc.weight' } }, 'names has "weight", expected names of the network\'s layout'],
    [{ names: () => 'fc' }, 'two tensors have the name "fc", expected names that differ'],
    [{ like }, 'statistics have 0 arrays, expected 2: two for each batch norm'],
    [{ statistics: [Float32Array.of(1)] }, 'statistics have 1 arrays, expected 0'],
    [{ like, flatten: {} }, 'flatten is given beside like'],
    [{ name: {} }, 'option name is unknown'],
  ])('case %#', async (options, message) => {
    await expect(writeStateDict(network, options as never)).rejects.toThrow(message);
  });
});

/** A Python with PyTorch and safetensors, if there is one. */
const python = [process.env.SUBSPACE_TORCH_PYTHON, 'python3'].find((command) => {
  if (!command) return false;
  try {
    execFileSync(command, ['-c', 'import torch, safetensors.torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

describe.skipIf(!python)('in PyTorch (SUBSPACE_TORCH_PYTHON, or python3 with torch and safetensors)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'state-dicts-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What Python is asked, and what is predicted here. */
  interface Task {
    readonly model: string;
    readonly files: string[];
    readonly inputs: { readonly shape: readonly number[]; readonly data: readonly number[] };
    readonly expected: Float32Array[];
  }

  async function task(
    model: string,
    network: Network,
    members: readonly Float32Array[],
    options: WriteStateDictOptions,
    arrange: (inputs: Arrays) => Arrays,
  ): Promise<Task> {
    const { inputs } = readPredictions(model);
    const files: string[] = [];
    const expected: Float32Array[] = [];
    for (const [i, weights] of members.entries()) {
      files.push(join(folder, `${model}-${Object.keys(options).join('-')}-${i}.safetensors`));
      writeFileSync(files[i], await writeStateDict(network, { weights, ...options }));
      const { statistics } = options;
      expected.push((await network.predict(arrange(inputs), { weights, statistics })).data as Float32Array);
    }
    return { model, files, inputs: { shape: inputs.shape, data: Array.from(inputs.data) }, expected };
  }

  const around = (weights: Float32Array, seed: number) => {
    const random = randomSource(seed);
    return Array.from({ length: 3 }, () => weights.map((weight) => weight + 0.1 * random.normal()));
  };

  it('members of a posterior predict the same, to 1e-6', async () => {
    const dense = denseNetwork({ sizes: [3, 5, 5, 2] });
    const like = await loadStateDict(dense, await readWeights('perceptron'));
    const state = swagState(dense, await readModel('swag-6'));
    const moments = swagMoments(dense.layout, { rank: state.rank });
    moments.restore(state);
    const members = Array.from(swag(moments).weights(5, randomSource(1)), (weights) => weights.slice());
    const tasks = [await task('perceptron', dense, members, { like }, (inputs) => inputs)];
    for (const [file, model] of [
      ['convolutions', convolutions],
      ['depthwise', depthwise],
    ] as const) {
      const network = layersNetwork(model());
      const report = await loadStateDict(network, await readWeights(file));
      tasks.push(await task(file, network, around(report.weights, 2), { like: report }, channelsLast));
    }
    // One that PyTorch has never seen: names are given, and statistics.
    const born = layersNetwork(convolutions());
    const modules = [0, 1, 4, 5, 8, 10];
    const layers = [...new Set(born.layout.entries.map(({ name }) => name.split('/')[0]))];
    const names = (entry: string) =>
      `${modules[layers.indexOf(entry.split('/')[0])]}.${/beta|bias/.test(entry) ? 'bias' : 'weight'}`;
    const statistics = [3, 3, 5, 5].map((length, i) =>
      Float32Array.from({ length }, (_, c) => 0.5 + 0.1 * i + 0.2 * c),
    );
    tasks.push(
      await task('convolutions', born, around(await born.readWeights(), 3), { names, statistics }, channelsLast),
    );

    const options = { input: JSON.stringify(tasks), maxBuffer: 1e8 };
    const outputs: number[][][] = JSON.parse(execFileSync(python!, [modelPath('predict.py')], options).toString());
    tasks.forEach(({ model, expected }, t) => {
      expect(outputs[t].length).toBe(expected.length);
      expected.forEach((data, i) => {
        data.forEach((value, j) => {
          expect(Math.abs(value - outputs[t][i][j]), model).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
        });
      });
    });
  });
});

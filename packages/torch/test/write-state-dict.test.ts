import '@tensorflow/tfjs-backend-cpu';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arrays, type Network, randomSource, readSafetensors } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { swag, swagMoments } from '@subspace/swag';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { type LoadReport, loadStateDict, swagState, writeStateDict } from '@subspace/torch';
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
    [{ like }, 'statistics have 0 arrays, expected 2: two for each of like.batchNorms'],
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

describe.skipIf(!python)(
  'members of a posterior predict the same in PyTorch (SUBSPACE_TORCH_PYTHON, or python3 with torch and safetensors)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'state-dicts-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    const inPython = async (
      model: string,
      network: Network,
      members: readonly Float32Array[],
      like: LoadReport,
      inputs: Arrays,
    ) => {
      const files: string[] = [];
      for (const [i, weights] of members.entries()) {
        files.push(join(folder, `${model}-${i}.safetensors`));
        writeFileSync(files[i], await writeStateDict(network, { weights, like }));
      }
      const task = { model, files, inputs: { shape: inputs.shape, data: Array.from(inputs.data) } };
      const options = { input: JSON.stringify(task), maxBuffer: 1e8 };
      return JSON.parse(execFileSync(python!, [modelPath('predict.py')], options).toString()) as number[][];
    };
    const expectSame = async (
      network: Network,
      members: readonly Float32Array[],
      inputs: Arrays,
      outputs: readonly number[][],
    ) => {
      expect(outputs.length).toBe(members.length);
      for (const [i, weights] of members.entries()) {
        const { data } = await network.predict(inputs, { weights });
        data.forEach((value, j) => {
          expect(Math.abs(value - outputs[i][j])).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
        });
      }
    };

    it('SWAG of a dense network', async () => {
      const network = denseNetwork({ sizes: [3, 5, 5, 2] });
      const like = await loadStateDict(network, await readWeights('perceptron'));
      const state = swagState(network, await readModel('swag-6'));
      const moments = swagMoments(network.layout, { rank: state.rank });
      moments.restore(state);
      const members = Array.from(swag(moments).weights(5, randomSource(1)), (weights) => weights.slice());
      const { inputs } = readPredictions('perceptron');
      await expectSame(network, members, inputs, await inPython('perceptron', network, members, like, inputs));
    });

    it.each([
      ['convolutions', convolutions],
      ['depthwise', depthwise],
    ] as const)('%s, weights around those of a layers model', async (file, model) => {
      const network = layersNetwork(model());
      const like = await loadStateDict(network, await readWeights(file));
      const random = randomSource(2);
      const members = Array.from({ length: 3 }, () => like.weights.map((weight) => weight + 0.1 * random.normal()));
      const { inputs } = readPredictions(file);
      const outputs = await inPython(file, network, members, like, inputs);
      await expectSame(network, members, channelsLast(inputs), outputs);
    });
  },
);

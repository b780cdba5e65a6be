import { mlp, registerLayers, regressionNet } from '@subspace/models';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';
import { describe, expect, it, vi } from 'vitest';
import './cpu.ts';

const className = 'SubspaceHeteroscedasticHead';
const registered = () => tf.serialization.SerializationMap.getMap().classNameMap;

async function artifactsOf(model: LayersModel): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts!;
}

const outputs = (model: LayersModel) =>
  tf.tidy(() => [...(model.predict(tf.tensor2d([0.1, -0.4, 0.9, 2, -3, 0.5], [2, 3])) as tf.Tensor).dataSync()]);

describe('a saved network', () => {
  it.each([
    ['mlp', () => mlp({ inputs: 3, seed: 4 })],
    ['regressionNet', () => regressionNet({ inputs: 3, seed: 4 })],
    ['regressionNet with fixed v', () => regressionNet({ inputs: 3, globalVariance: -2, seed: 4 })],
  ])('comes back the same through model JSON: %s', async (_, build) => {
    const before = tf.memory().numTensors;
    const model = build();
    if (model.trainableWeights.at(-1)!.originalName === 'head/v') {
      tf.tidy(() => {
        model.trainableWeights.at(-1)!.write(tf.tensor1d([0.7]));
      });
    }
    const artifacts = JSON.parse(JSON.stringify({ ...(await artifactsOf(model)), weightData: undefined }));
    const { weightData } = await artifactsOf(model);
    const loaded = await loadLayersModel(tf.io.fromMemory({ ...artifacts, weightData }));
    expect(outputs(loaded)).toEqual(outputs(model));
    expect(loaded.trainableWeights.map((weight) => weight.shape)).toEqual(
      model.trainableWeights.map((weight) => weight.shape),
    );
    model.dispose();
    loaded.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('can be loaded where no network was built, after registerLayers', async () => {
    const model = regressionNet({ inputs: 3 });
    const artifacts = await artifactsOf(model);
    delete registered()[className];
    await expect(loadLayersModel(tf.io.fromMemory(artifacts))).rejects.toThrow(className);
    registerLayers();
    const loaded = await loadLayersModel(tf.io.fromMemory(artifacts));
    expect(outputs(loaded)).toEqual(outputs(model));
    model.dispose();
    loaded.dispose();
  });
});

describe('two copies of the package', () => {
  it('share one registration, and either loads what the other saved', async () => {
    registerLayers();
    const first = registered()[className];
    vi.resetModules();
    const copy = await import('@subspace/models');
    expect(copy.regressionNet).not.toBe(regressionNet);
    const model = copy.regressionNet({ inputs: 3, seed: 9 });
    expect(registered()[className]).toBe(first);
    const loaded = await loadLayersModel(tf.io.fromMemory(await artifactsOf(model)));
    expect(outputs(loaded)).toEqual(outputs(model));
    model.dispose();
    loaded.dispose();
  });
});

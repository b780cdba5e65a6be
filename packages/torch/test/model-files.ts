import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Arrays, MaybePromise, Network } from '@subspace/core';
import { readTorchCheckpoint, type StateDict, stateDict, type TorchObject } from '@subspace/torch';
import { expect } from 'vitest';

/** A file of `test/models`, which `make.py` there has written with PyTorch. */
export function modelPath(name: string): string {
  return fileURLToPath(new URL(`./models/${name}`, import.meta.url));
}

export async function readModel(name: string): Promise<TorchObject> {
  return readTorchCheckpoint(readFileSync(modelPath(`${name}.pt`)));
}

export async function readWeights(name: string): Promise<StateDict> {
  return stateDict(await readModel(name));
}

/** What PyTorch was given, and what it predicted. */
export function readPredictions(name: string): { readonly inputs: Arrays; readonly outputs: Arrays } {
  const { inputs, outputs } = JSON.parse(readFileSync(modelPath(`${name}.json`), 'utf8'));
  const arrays = ({ shape, data }: Arrays) => ({ shape, data: Float32Array.from(data) });
  return { inputs: arrays(inputs), outputs: arrays(outputs) };
}

/** [N, channels, …space] to [N, …space, channels]. */
export function channelsLast({ data, shape }: Arrays): Arrays {
  const [rows, channels, ...space] = shape;
  const places = space.reduce((product, length) => product * length, 1);
  const result = new Float32Array(data.length);
  for (let n = 0; n < rows; n++)
    for (let c = 0; c < channels; c++)
      for (let s = 0; s < places; s++) result[(n * places + s) * channels + c] = data[(n * channels + c) * places + s];
  return { data: result, shape: [rows, ...space, channels] };
}

/** The network predicts what PyTorch did, to 1e-5. */
export async function expectPredictions(
  network: { predict(inputs: Arrays): MaybePromise<Arrays> } | Network,
  inputs: Arrays,
  outputs: Arrays,
): Promise<void> {
  const { data, shape } = await network.predict(inputs);
  expect(shape).toEqual(outputs.shape);
  let worst = 0;
  for (let i = 0; i < data.length; i++) worst = Math.max(worst, Math.abs(data[i] - outputs.data[i]));
  expect(worst).toBeLessThan(1e-5);
}

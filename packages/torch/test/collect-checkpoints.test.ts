import { readFileSync } from 'node:fs';
import { denseNetwork } from '@subspace/dense';
import { collectCheckpoints } from '@subspace/torch';
import { fileBuffers } from '@subspace/torch/node';
import { describe, expect, it } from 'vitest';
import { modelPath } from './model-files.ts';

const network = denseNetwork({ sizes: [1, 16, 16, 1], activation: 'tanh' });
const paths = Array.from({ length: 12 }, (_, i) => modelPath(`run/epoch-${2000 + 200 * i}.pt`));
const collector = () => {
  const all: Float32Array[] = [];
  return { all, collect: (weights: Float32Array) => void all.push(weights) };
};

describe('collectCheckpoints', () => {
  it('takes one file after another, in order, and says how far it has come', async () => {
    const into = collector();
    const seen: number[] = [];
    const before = network.readWeights();
    const onProgress = ({ collected }: { readonly collected: number }) => void seen.push(collected);
    expect(await collectCheckpoints(network, fileBuffers(paths), into, { onProgress })).toBe(12);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(new Set(into.all.map((weights) => weights.join())).size).toBe(12);
    expect(network.readWeights()).toEqual(before);
  });

  it('says which file does not fit, and which is not read', async () => {
    const [good, other] = [readFileSync(paths[0]), readFileSync(modelPath('perceptron.pt'))];
    const into = collector();
    await expect(collectCheckpoints(network, [good, other], into)).rejects.toThrow(
      'collectCheckpoints: file 1: the state dict does not fit the network',
    );
    expect(into.all.length).toBe(1);
    await expect(collectCheckpoints(network, [good, new Uint8Array(0)], into)).rejects.toThrow(
      'collectCheckpoints: file 1: readTorchCheckpoint: the file is empty',
    );
    await expect(collectCheckpoints(network, [readFileSync(modelPath('swag-6.pt'))], into)).rejects.toThrow(
      'collectCheckpoints: file 0: the file has moments of SWAG',
    );
    await expect(collectCheckpoints(network, [good], into, { keys: 'ema' } as never)).rejects.toThrow(
      'option keys is unknown',
    );
    await expect(collectCheckpoints(network, [good], into, { key: 'ema' })).rejects.toThrow(
      'there are no weights under "ema"',
    );
  });

  it('can be cancelled between two files', async () => {
    const abort = new AbortController();
    const into = collector();
    const work = collectCheckpoints(network, fileBuffers(paths), into, {
      signal: abort.signal,
      onProgress: ({ collected }) => collected === 3 && abort.abort(),
    });
    await expect(work).rejects.toMatchObject({ code: 'ABORTED', collected: 3 });
    expect(into.all.length).toBe(3);
  });
});

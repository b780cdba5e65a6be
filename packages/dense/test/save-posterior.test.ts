import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  drawsFrom,
  fit,
  heteroscedasticGaussianLikelihood,
  loadPosterior,
  predictRegression,
  savePosterior,
  sgd,
  subspaceDraws,
} from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { afterAll, expect, it } from 'vitest';
import { randomData, randomPoints, randomSubspace } from './problems.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-dense-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a saved posterior with the options of its network, plain JSON, predicts the same numbers in a fresh process', async () => {
  const options: DenseNetworkOptions = {
    sizes: [4, 8, 2],
    activation: 'silu',
    head: 'heteroscedastic',
    globalVariance: -4,
    features: { scale: 0.5, powers: [1, 2] },
  };
  const network = denseNetwork({ ...options, seed: 1 });
  const likelihood = heteroscedasticGaussianLikelihood();
  const data = randomData(40, 2, { means: 1 });
  const training = { epochs: 5, batchSize: 10, optimizer: sgd({ momentum: 0.9 }), learningRate: 0.01, seed: 1 };
  await fit(network, data, { likelihood, ...training });
  const plane = { ...randomSubspace(network.layout, 3, 1), shift: await network.readWeights() };
  const draws = drawsFrom([randomPoints(3, 20, 1), randomPoints(3, 20, 2)]);
  await savePosterior(fileStore(folder), { network: options, subspace: plane, draws, likelihood });
  expect(JSON.parse(JSON.stringify((await loadPosterior(fileStore(folder))).network))).toEqual(options);

  const prediction = await predictRegression(
    network,
    subspaceDraws(plane, draws),
    { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
    { likelihood, samples: 10, seed: 1 },
  );
  const tsx = createRequire(join(import.meta.dirname, '../../../package.json')).resolve('tsx');
  const worker = join(import.meta.dirname, 'save-posterior.worker.ts');
  const flags = ['--conditions=@subspace/source', '--import', pathToFileURL(tsx).href];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, worker, folder]);
  expect(status, String(stderr)).toBe(0);
  expect(JSON.parse(String(stdout))).toEqual([[...prediction.mean], [...prediction.variance]]);
});

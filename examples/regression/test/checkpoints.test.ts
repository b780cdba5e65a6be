import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { regressionFeatures } from '@subspace/datasets';
import { sharedIsThere, sharedPath } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { readCheckpoints } from '../src/checkpoints.ts';
import { openEngine } from '../src/engine.ts';
import { checkpointsProblem } from '../src/problem.ts';
import { study } from '../src/study.ts';

const temporary = mkdtempSync(join(tmpdir(), 'subspace-checkpoints-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe('folders without weights', () => {
  it('are errors of the option that say what is wanted', async () => {
    const network = (await openEngine()).network(1);
    await expect(readCheckpoints(network, join(temporary, 'none'))).rejects.toThrow('--checkpoints: ');
    await expect(readCheckpoints(network, temporary)).rejects.toThrow('has no sgd*.pt, expected at least one');
    writeFileSync(join(temporary, 'sgd1.pt'), '');
    await expect(readCheckpoints(network, temporary)).rejects.toThrow('has no swag*.pt, expected at least one');
    writeFileSync(join(temporary, 'swag-10.pt'), '');
    await expect(readCheckpoints(network, temporary)).rejects.toThrow('readTorchCheckpoint: the file is empty');
    await expect(checkpointsProblem(temporary)).rejects.toThrow('--checkpoints: ');
    network.dispose();
  });
});

describe.skipIf(!sharedIsThere)('the authors’ weights (in a folder shared beside the project)', () => {
  const folder = sharedPath('data', 'synthetic-regression');

  it('are the same function on both engines', async () => {
    const inputs = regressionFeatures(Float64Array.of(-8, -3, 0, 3, 8));
    const outputs = await Promise.all(
      [openEngine(), openEngine({ engine: 'tfjs', backend: 'wasm' })].map(async (opening) => {
        const network = (await opening).network(1);
        const { trained, moments, curve, notes } = await readCheckpoints(network, folder);
        expect([trained.length, moments.collected, curve!.basis.length]).toEqual([5, 999, 2]);
        expect(notes).toEqual([
          'swag_checkpoint1-3000.pt is not used: SWA, SWAG and the PCA subspace are those of swag_checkpoint0-3000.pt.',
        ]);
        const all = [...trained, moments.mean(), curve!.shift, ...curve!.basis];
        const predictions = [];
        for (const weights of all) predictions.push(...(await network.predict(inputs, { weights })).data);
        network.dispose();
        return predictions;
      }),
    );
    outputs[0].forEach((value, i) => {
      expect(Math.abs(value - outputs[1][i])).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    });
  });

  it('are drawn as by the paper: seven methods, and the posteriors of the PCA subspace and the curve’s plane', async () => {
    const effort = { epochs: 1, chains: 2, warmup: 20, draws: 60, samples: 30, surface: 5 };
    const problem = await checkpointsProblem(folder);
    const { methods, surfaces, from } = await study({
      engine: await openEngine(),
      problem,
      effort,
      seed: 1,
      checkpoints: folder,
    });
    expect(from).toContain('trained with PyTorch');
    expect(methods.map(({ name }) => name)).toEqual([
      'SGD',
      'Ensemble of 5',
      'SWA',
      'SWAG (scale 10)',
      'Random subspace + ESS',
      'PCA subspace + ESS',
      'Curve plane + ESS',
    ]);
    // Of a mean squared error of 0.0025 under noise of variance 0.05, which training has not seen: the weights and the data are those of one another.
    expect(methods[0].scores.trainNll).toBeCloseTo(0.5 * Math.log(2 * Math.PI * 0.05) + 0.5 * (0.00249 / 0.05), 3);
    expect(surfaces.map(({ kind, method }) => [kind, method])).toEqual([
      ['PCA', 'PCA subspace + ESS'],
      ['curve', 'Curve plane + ESS'],
    ]);
  });
});

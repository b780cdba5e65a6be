import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { regressionFeatures } from '@subspace/datasets';
import { sharedIsThere, sharedPath } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { readCheckpoints } from '../src/checkpoints.ts';
import { openEngine } from '../src/engine.ts';
import { pickParts } from '../src/part.ts';
import { parts } from '../src/parts.ts';
import { checkpointsProblem } from '../src/problem.ts';
import { methodsOf } from '../src/report.ts';
import { study } from '../src/study.ts';
import { least } from './least-effort.ts';

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
        const { trained, moments, curve } = await readCheckpoints(network, folder);
        expect([trained.length, moments.map(({ collected }) => collected), curve!.points.length]).toEqual([
          5,
          [999, 999],
          3,
        ]);
        const all = [...trained, ...moments.map((of) => of.mean()), ...curve!.points];
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

  it('are drawn as by the paper: solutions, SWAG twice, the curve, and the spaces they span', async () => {
    const problem = await checkpointsProblem(folder);
    const result = await study({
      engine: await openEngine(),
      problem,
      effort: least,
      seed: 1,
      parts: pickParts(parts, 'sgd,swag,curve,ess'),
      checkpoints: folder,
    });
    expect(result.from).toContain('trained with PyTorch');
    const methods = methodsOf(result);
    expect(methods.map(({ name }) => name)).toEqual([
      'SGD',
      'Ensemble of 5',
      'SWA',
      'SWAG 1 (scale 10)',
      'SWAG 2 (scale 10)',
      'Along the curve',
      'Random subspace + ESS',
      'PCA subspace + ESS',
      'Curve plane + ESS',
      'Tunnel + ESS',
    ]);
    // Of a mean squared error of 0.0025 under noise of variance 0.05, which training has not seen: the weights and the data are those of one another.
    expect(methods[0].scores.trainNll).toBeCloseTo(0.5 * Math.log(2 * Math.PI * 0.05) + 0.5 * (0.00249 / 0.05), 3);
  });

  it('are drawn as far as they are there: one run of SWAG is one row', async () => {
    const some = join(temporary, 'some');
    mkdirSync(some);
    const named = readdirSync(folder).filter((name) => /^(sgd|swag).*\.pt$/.test(name));
    for (const kind of ['sgd', 'swag']) {
      const name = named.find((any) => any.startsWith(kind))!;
      symlinkSync(join(folder, name), join(some, name));
    }
    const result = await study({
      engine: await openEngine(),
      problem: await checkpointsProblem(folder),
      effort: least,
      seed: 1,
      parts: pickParts(parts, 'sgd,swag,curve'),
      checkpoints: some,
    });
    expect(methodsOf(result).map(({ name }) => name)).toEqual(['SGD', 'SWA', 'SWAG 1 (scale 10)']);
    expect(result.notes).toEqual(['There is no curve, and so neither its plane nor a tunnel.']);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  binaryLikelihood,
  categoricalLikelihood,
  drawsFrom,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  loadPosterior,
  memoryStore,
  predictRegression,
  randomSource,
  readSafetensors,
  type SavePosteriorOptions,
  savePosterior,
  subspace,
  subspaceDraws,
  weightLayout,
} from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { afterAll, describe, expect, it } from 'vitest';
import { linearNetwork } from './linear-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-posterior-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = randomSource('posterior');
const normals = (length: number) => Float32Array.from({ length }, random.normal);
const network = linearNetwork(2);
const plane = subspace({ layout: network.layout, shift: normals(3), basis: [normals(3), normals(3)] });
const options: SavePosteriorOptions = {
  network: { inputs: 2, note: 'NaN is not a number', missing: Number.NaN },
  subspace: plane,
  draws: drawsFrom(
    [0, 1].map(() => Array.from({ length: 8 }, () => Float64Array.of(random.normal(), random.normal()))),
    [0, 1].map(() => Array.from({ length: 8 }, (_, i) => ({ shrinks: i, log: -Infinity }))),
  ),
  likelihood: gaussianLikelihood({ variance: 0.3 }),
  inputTransform: { mean: [0, 0], scale: Float32Array.of(1, 0.5) },
};
const without = ({ subspace: space, draws, likelihood, ...rest }: SavePosteriorOptions) => ({
  ...rest,
  space,
  draws: [draws.positions, draws.infos, draws.totals, draws.divergent],
  likelihood: JSON.stringify(likelihood),
});

describe('savePosterior and loadPosterior', () => {
  it('keep everything in one file', async () => {
    const store = memoryStore();
    expect(await savePosterior(store, options)).toEqual({ largestError: 0, relativeError: 0 });
    expect(without(await loadPosterior(store))).toEqual(without(options));
    for (const likelihood of [categoricalLikelihood(), binaryLikelihood(), heteroscedasticGaussianLikelihood()]) {
      await savePosterior(store, { ...options, likelihood });
      expect((await loadPosterior(store)).likelihood.kind).toBe(likelihood.kind);
    }
  });

  it('predict the same numbers in a fresh process', async () => {
    await savePosterior(fileStore(folder), options);
    const inputs = { data: Float32Array.of(1, 1, 3, 2), shape: [2, 2] };
    const { mean, variance } = await predictRegression(
      network,
      subspaceDraws(options.subspace, options.draws),
      inputs,
      {
        likelihood: options.likelihood,
        samples: 10,
        seed: 1,
      },
    );
    const tsx = createRequire(join(import.meta.dirname, '../../../package.json')).resolve('tsx');
    const worker = join(import.meta.dirname, 'save-posterior.worker.ts');
    const flags = ['--conditions=@subspace/source', '--import', pathToFileURL(tsx).href];
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, worker, folder]);
    expect(status, String(stderr)).toBe(0);
    expect(JSON.parse(String(stdout))).toEqual([[...mean], [...variance]]);
  });

  it('store the basis in float16 or int8 on request, smaller, and say the error of what is loaded', async () => {
    const layout = weightLayout([{ name: 'w', shape: [5000] }]);
    const wide = subspace({ layout, shift: normals(5000), basis: [normals(5000), new Float32Array(5000)] });
    const sizes: number[] = [];
    for (const [basisPrecision, bound] of [
      ['float32', 0],
      ['float16', 2 ** -11],
      ['int8', 4 / 127],
    ] as const) {
      const path = join(folder, basisPrecision);
      const { largestError, relativeError } = await savePosterior(fileStore(path), {
        ...options,
        subspace: wide,
        basisPrecision,
      });
      sizes.push(statSync(join(path, 'posterior')).size);
      const loaded = (await loadPosterior(fileStore(path))).subspace;
      expect(loaded.shift).toEqual(wide.shift);
      const errors = wide.basis.map((row, k) => row.map((value, i) => Math.abs(value - loaded.basis[k][i])));
      expect(Math.max(...errors.flatMap((row) => [...row]))).toBeCloseTo(largestError, 6);
      const norm = (row: Float32Array) => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
      expect(relativeError).toBeCloseTo(norm(errors[0]) / norm(wide.basis[0]), 6);
      expect(relativeError).toBeLessThanOrEqual(bound);
      expect(relativeError > 0).toBe(basisPrecision !== 'float32');
    }
    expect(sizes[0] - sizes[1]).toBeGreaterThan(19_900);
    expect(sizes[1] - sizes[2]).toBeGreaterThan(9900);
  });

  it('write a file that other tools read', async () => {
    const store = memoryStore();
    await savePosterior(store, { ...options, basisPrecision: 'float16' });
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await store.read('posterior'))!) chunks.push(chunk);
    const { metadata, tensors } = readSafetensors(Buffer.concat(chunks));
    expect(metadata).toMatchObject({ format: 'subspace', version: '1', kind: 'posterior' });
    expect([...tensors.values()].some(({ data }) => data.toString() === plane.shift.toString())).toBe(true);
    // Shift, two directions, a scale, two chains, a checksum: however many draws there are.
    expect(tensors.size).toBe(7);
  });

  it('refuse what can’t be saved or is not there', async () => {
    const store = memoryStore();
    const custom = { kind: 'custom', logDensity: () => 0 } as const;
    const huge = { ...plane, basis: [Float32Array.of(1e6, 0, 0), normals(3)] };
    for (const [changes, message] of [
      [{ likelihood: custom }, 'likelihood is a custom one, expected a named kind'],
      [{ network: { build: () => 0 } }, 'posterior.network.build is a function, expected plain data'],
      [{ network: new Map() }, 'posterior.network is Map, expected plain data'],
      [{ draws: drawsFrom([[Float64Array.of(1)]]) }, 'a draw has length 1, expected 2'],
      [{ basisPrecision: 'int4' as never }, 'basisPrecision is "int4", expected'],
      [
        { basisPrecision: 'float16', subspace: huge },
        "basisPrecision is 'float16', but an entry of the basis is beyond 65504",
      ],
      [{ extra: 1 }, 'option extra is unknown'],
    ] as const) {
      await expect(savePosterior(store, { ...options, ...changes } as SavePosteriorOptions)).rejects.toThrow(
        `savePosterior: ${message}`,
      );
    }
    await expect(loadPosterior(store)).rejects.toThrow('loadPosterior: the store has no posterior');
    await store.write('posterior', [Uint8Array.of(1, 2)]);
    await expect(loadPosterior(store)).rejects.toThrow('loadPosterior: the file is truncated');
  });
});

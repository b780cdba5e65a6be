import { Worker } from 'node:worker_threads';
import {
  affineMap,
  arraysDataset,
  categoricalLikelihood,
  type Evaluation,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Network,
  posterior,
  randomSource,
  sample,
  subspace,
  subspacePosterior,
  type Vector,
  type WeightMap,
} from '@subspace/core';
import { workerLogDensity } from '@subspace/core/worker';
import { denseNetwork } from '@subspace/dense';
import { essBulk } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { nuts } from '@subspace/nuts';
import { sequentialMonteCarlo } from '@subspace/smc';
import { useBackend } from '@subspace/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { positiveWeightPosterior, temperature, variance, x, y } from '../src/positive-weight.ts';
import { type SharedOptions, twoEngines } from '../src/two-engines.ts';

beforeAll(() => useBackend('wasm'));

/** |actual − expected| ≤ relative·max(1, max|expected|), for every entry. */
function requireClose(actual: ArrayLike<number>, expected: ArrayLike<number>, relative: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i] - expected[i]) / scale, `${what}, entry ${i}`).toBeLessThan(relative);
}

describe.each([
  ['gaussian', { sizes: [3, 8, 5, 2] }, gaussianLikelihood({ variance: 0.3 })],
  ['heteroscedastic', { sizes: [3, 8, 2], head: 'heteroscedastic' }, heteroscedasticGaussianLikelihood()],
  ['categorical', { sizes: [3, 8, 4] }, categoricalLikelihood()],
] as const)('an affine map, %s', (kind, options, likelihood) => {
  it('has the values, gradients and curvature of the kernels for its subspace, by both engines', async () => {
    const random = randomSource(`affine ${kind}`);
    const normals = (count: number, scale = 1) => Float32Array.from({ length: count }, () => scale * random.normal());
    const rows = 23;
    const width = kind === 'gaussian' ? 2 : 1;
    const targets =
      kind === 'categorical'
        ? { data: Int32Array.from({ length: rows }, () => Math.floor(4 * random.uniform())), shape: [rows] }
        : { data: normals(rows * width), shape: [rows, width] };
    const rowWeights = Float32Array.from({ length: rows }, () => random.uniform());
    const data = arraysDataset({ inputs: { data: normals(3 * rows), shape: [rows, 3] }, targets, rowWeights });
    const engines = twoEngines({ ...options, seed: 3 } as SharedOptions);
    const points = [0, 1, 2].map(() => Float64Array.from({ length: 2 }, () => random.normal()));
    for (const [name, network] of Object.entries({ dense: engines.dense, tfjs: engines.tfjs as Network })) {
      const { layout } = network;
      const plane = subspace({
        layout,
        shift: await network.readWeights(),
        basis: [normals(layout.size, 0.3), normals(layout.size, 0.3)],
      });
      const on = (of: typeof plane | WeightMap) =>
        subspacePosterior(network, of, data, { likelihood, priorStd: 1.5, temperature: 2 });
      const [fused, mapped] = [on(plane), on(affineMap(plane))];
      const flat = (evaluations: readonly Evaluation[]) =>
        evaluations.flatMap(({ value, gradient }) => [value, ...gradient]);
      const some = Int32Array.of(1, 5, 6, 20);
      requireClose(await mapped.values(points), await fused.values(points), 1e-5, `${name} values`);
      requireClose(
        flat(await mapped.valuesAndGradients(points)),
        flat(await fused.valuesAndGradients(points)),
        1e-4,
        `${name} gradients`,
      );
      requireClose(
        flat(await mapped.minibatch(points, some)),
        flat(await fused.minibatch(points, some)),
        1e-4,
        `${name} minibatch`,
      );
      requireClose(await mapped.pointwise(points[0]), await fused.pointwise(points[0]), 1e-5, `${name} pointwise`);
      requireClose(await mapped.gaussNewton(points[0]), await fused.gaussNewton(points[0]), 1e-4, `${name} curvature`);
      mapped.dispose();
      fused.dispose();
    }
    engines.dispose();
  });
});

describe('a curved map of known volume', () => {
  /** By Simpson's rule: log Z, and the moments of z and w. */
  function exact(volume: number) {
    const [n, from, to] = [4000, -12, 8];
    let [mass, z1, z2, w1] = [0, 0, 0, 0];
    for (let i = 0; i <= n; i++) {
      const z = from + ((to - from) * i) / n;
      const weight = ((i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) * (to - from)) / n / 3;
      const w = Math.exp(z);
      const squares = x.reduce((sum, xi, j) => sum + (y[j] - w * xi) * (y[j] - w * xi), 0);
      const logLikelihood = -0.5 * (squares / variance + x.length * Math.log(2 * Math.PI * variance));
      const p = weight * Math.exp(logLikelihood / temperature + volume * z - 0.5 * z * z - 0.5 * Math.log(2 * Math.PI));
      mass += p;
      z1 += p * z;
      z2 += p * z * z;
      w1 += p * w;
    }
    return { logEvidence: Math.log(mass), z: z1 / mass, square: z2 / mass, w: w1 / mass };
  }

  /** Means of z, z² and w within four standard errors, by effective draws. */
  function requireMoments(
    chains: readonly (readonly Vector[])[],
    expected: ReturnType<typeof exact>,
    what: string,
  ): void {
    for (const [name, f, value] of [
      ['z', (z: number) => z, expected.z],
      ['z²', (z: number) => z * z, expected.square],
      ['w', Math.exp, expected.w],
    ] as const) {
      const values = chains.map((chain) => Float64Array.from(chain, ([z]) => f(z)));
      const all = values.flatMap((chain) => [...chain]);
      const mean = all.reduce((sum, v) => sum + v, 0) / all.length;
      const deviation = Math.sqrt(all.reduce((sum, v) => sum + (v - mean) * (v - mean), 0) / all.length);
      const effective = values.length > 1 ? essBulk(values) : all.length / 2;
      expect(Math.abs(mean - value) / (deviation / Math.sqrt(effective)), `${what}: ${name}`).toBeLessThan(4);
    }
  }

  it.each([
    ['without', 'dense', 0],
    ['with', 'dense', 1],
    ['with', 'tfjs', 1],
  ] as const)('has the posterior of quadrature %s volume, on %s', async (_, engine, volume) => {
    const engines = twoEngines({ sizes: [1, 1], seed: 1 });
    const network = engines[engine];
    const target = positiveWeightPosterior(network, volume === 1);
    const expected = exact(volume);
    const effort = engine === 'dense' ? 0.5 : 0.2;
    const options = { chains: 4, draws: 800 * effort, warmup: 200, seed: 5 };
    requireMoments((await sample(ellipticalSlice(target), options)).positions, expected, 'elliptical slice');
    requireMoments((await sample(nuts(target), options)).positions, expected, 'NUTS');
    const smc = await sequentialMonteCarlo(target, { particles: 2000 * effort, move: ellipticalSlice, seed: 5 });
    requireMoments([smc.positions], expected, 'SMC');
    expect(Math.abs(smc.logEvidence - expected.logEvidence)).toBeLessThan(4 * smc.logEvidenceStandardError);
    target.dispose();
    engines.dispose();
  });

  it('gives over workers every bit of what it gives in one thread', async () => {
    const workerData = { worker: new URL('../../packages/core/src/worker.ts', import.meta.url).href };
    const create = () => new Worker(new URL('./served-map.mjs', import.meta.url), { workerData });
    const served = await workerLogDensity(create, { workers: 2 });
    const here = positiveWeightPosterior(denseNetwork({ sizes: [1, 1] }), true);
    const there = posterior({ logLikelihood: served, priorStd: 1, temperature });
    const options = { chains: 3, draws: 20, seed: 2 };
    const [a, b] = [await sample(ellipticalSlice(here), options), await sample(ellipticalSlice(there), options)];
    expect(b.positions).toEqual(a.positions);
    expect(await served.identity?.()).toEqual(await here.logLikelihood.identity?.());
    served.dispose();
    here.dispose();
  });
});

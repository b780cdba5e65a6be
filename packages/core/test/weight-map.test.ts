import {
  affineMap,
  type Draws,
  drawsFrom,
  type Evaluation,
  gaussianLikelihood,
  loadPosterior,
  logDensity,
  mapWithin,
  memoryStore,
  type Network,
  type Posterior,
  randomSource,
  type SubspaceLikelihood,
  sample,
  savePosterior,
  subspace,
  subspaceDraws,
  subspacePosterior,
  type ValueAlgorithm,
  type Vector,
  type WeightMap,
} from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { lineData } from './line-data.ts';
import { linearNetwork } from './linear-network.ts';

const random = randomSource('maps');
const normals = (length: number) => Float32Array.from({ length }, random.normal);
const point = (dim: number) => Float64Array.from({ length: dim }, random.normal);
const network = linearNetwork(2);
const { layout } = network;
const data = lineData(20, 4);
const likelihood = gaussianLikelihood({ variance: 0.5 });
const plane = subspace({ layout, shift: normals(3), basis: [normals(3), normals(3)] });
const options = { likelihood, priorStd: 1.5, temperature: 3 };

/** x = (z₀, z₀·z₁, sin z₁) in all three weights, of two coordinates. */
const space = subspace({ layout, shift: normals(3), basis: [normals(3), normals(3), normals(3)] });
const sheet = (volume?: WeightMap['logVolume']): WeightMap =>
  mapWithin(space, {
    dim: 2,
    coordinates: ([a, b]) => Float64Array.of(a, a * b, Math.sin(b)),
    jacobian: ([a, b]) => Float64Array.of(1, 0, b, a, 0, Math.cos(b)),
    ...(volume && { logVolume: volume }),
  });
const withoutRoute = ({ within, ...map }: WeightMap): WeightMap => map;

function requireClose(actual: ArrayLike<number>, expected: ArrayLike<number>, relative = 1e-6): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i]) / scale).toBeLessThan(relative);
}

/** All that a posterior can say of a few points. */
async function answers(of: Posterior<SubspaceLikelihood>, points: readonly Vector[]): Promise<Float64Array[]> {
  const flat = (evaluations: readonly Evaluation[]) =>
    Float64Array.from(evaluations.flatMap(({ value, gradient }) => [value, ...gradient]));
  return [
    await of.values(points),
    flat(await of.valuesAndGradients(points)),
    flat(await of.minibatch(points, Int32Array.of(3, 7, 11))),
    await of.pointwise(points[0]),
    await of.gaussNewton(points[0]),
  ];
}

async function requireSame(a: Posterior<SubspaceLikelihood>, b: Posterior<SubspaceLikelihood>): Promise<void> {
  expect(a.rows).toBe(b.rows);
  const points = [point(a.dim), point(a.dim), point(a.dim)];
  const expected = await answers(b, points);
  (await answers(a, points)).forEach((answer, i) => {
    requireClose(answer, expected[i], 1e-5);
  });
}

describe('a posterior along a map', () => {
  it('is that of the subspace for an affine map', async () => {
    const fused = subspacePosterior(network, plane, data, options);
    await requireSame(subspacePosterior(network, affineMap(plane), data, options), fused);
    await requireSame(subspacePosterior(network, affineMap(plane), data, { ...options, batchSize: 7 }), fused);
    const late = linearNetwork(2, { asynchronous: true });
    await requireSame(subspacePosterior(late, affineMap(plane), data, options), fused);
  });

  it('weighs rows', async () => {
    const weighted = {
      ...data,
      arrays: { ...data.arrays!, rowWeights: Float32Array.from({ length: 20 }, (_, i) => i / 10) },
    };
    const { logLikelihood } = subspacePosterior(network, affineMap(plane), data, options);
    const z = point(2);
    const rows = await logLikelihood.pointwise(z);
    const of = subspacePosterior(network, affineMap(plane), weighted, options).logLikelihood;
    requireClose(
      await of.pointwise(z),
      rows.map((density, i) => (density * i) / 10),
    );
    requireClose(await of.values([z]), [rows.reduce((sum, density, i) => sum + (density * i) / 10, 0)]);
  });

  it('is the same by the kernels of the subspace that holds the map, and by its weights', async () => {
    await requireSame(
      subspacePosterior(network, sheet(), data, options),
      subspacePosterior(network, withoutRoute(sheet()), data, options),
    );
  });

  it('has gradients that are those of its values', async () => {
    const volume = logDensity(2, ([a, b]) => ({ value: a * b, gradient: Float64Array.of(b, a) }));
    const logVolume = (z: Vector) => (volume.valuesAndGradients([z]) as Evaluation[])[0];
    for (const map of [sheet(logVolume), withoutRoute(sheet(logVolume))]) {
      const of = subspacePosterior(network, map, data, options);
      const z = Float64Array.of(0.3, -0.8);
      const [{ gradient }] = await of.valuesAndGradients([z]);
      const numeric = await Promise.all(
        [0, 1].map(async (k) => {
          const moved = [-1, 1].map((side) => z.map((x, i) => x + (i === k ? side * 1e-3 : 0)));
          const [low, high] = await of.values(moved);
          return (high - low) / 2e-3;
        }),
      );
      requireClose(gradient, numeric, 1e-3);
    }
  });

  it('has the volume in its prior: untempered, and in what samplers temper', async () => {
    const logVolume = ([a]: Vector) => ({ value: 2 * a, gradient: Float64Array.of(2, 0) });
    const plain = subspacePosterior(network, sheet(), data, options);
    const whole = subspacePosterior(network, sheet(logVolume), data, options);
    const z = point(2);
    const difference = (await whole.values([z]))[0] - (await plain.values([z]))[0];
    expect(difference).toBeCloseTo(2 * z[0], 8);
    const inLikelihood = (await whole.logLikelihood.values([z]))[0] - (await plain.logLikelihood.values([z]))[0];
    expect(inLikelihood).toBeCloseTo(3 * 2 * z[0], 8);
    const gradients = async (of: typeof plain) => (await of.minibatch([z], Int32Array.of(1, 2)))[0].gradient;
    expect((await gradients(whole))[0] - (await gradients(plain))[0]).toBeCloseTo(2, 8);
    expect(await whole.pointwise(z)).toEqual(await plain.pointwise(z));
    expect(await whole.gaussNewton(z)).toEqual(await plain.gaussNewton(z));
  });

  it('is NaN where the map goes beyond what single precision holds, for samplers to take for −∞', async () => {
    const map = affineMap(plane);
    const wild: WeightMap = { ...map, weights: (z) => map.weights(z).map((w) => w * Math.exp(z[0])) };
    const of = subspacePosterior(network, wild, data, options);
    const [far, near] = [Float64Array.of(200, 0), Float64Array.of(0, 0)];
    const values = await of.values([far, near]);
    expect(values[0]).toBeNaN();
    expect(Number.isFinite(values[1])).toBe(true);
    const [{ value, gradient }] = await of.valuesAndGradients([far]);
    expect([value, ...gradient]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect((await of.pointwise(far)).every(Number.isNaN)).toBe(true);
  });

  it('refuses what is no map, another network, batch norm along the weights, and wrong lengths', () => {
    const map = affineMap(plane);
    const on = (given: WeightMap, to: Network = network) => subspacePosterior(to, given, data, options);
    for (const [given, message] of [
      [{ ...map, weights: undefined }, 'subspace.weights is undefined, expected a function'],
      [{ ...map, pullback: 3 }, 'subspace.pullback is 3, expected a function'],
      [{ ...map, dim: 0 }, 'subspace.dim is 0, expected an integer'],
      [{ ...map, layout: undefined }, 'subspace.layout is undefined'],
      [{ ...map, weights: () => new Float32Array(4) }, 'subspace.weights(0) has length 4, expected 3'],
      [{ ...map, pullback: () => new Float64Array(1) }, 'subspace.pullback(0, 0) has length 1, expected 2'],
    ] as const) {
      expect(() => on(given as unknown as WeightMap), message).toThrow(`subspacePosterior: ${message}`);
    }
    expect(() => on(map, linearNetwork(3))).toThrow('subspace has w [2] as tensor 0, expected w [3]');
    const norm = Object.assign(linearNetwork(2), { refreshStatistics: () => [] });
    expect(() => on(map, norm)).toThrow('subspacePosterior: the network has batch norm');
    expect(on(sheet(), norm).dim).toBe(2);
    expect(() => on(map).values([point(3)])).toThrow('subspacePosterior: point has length 3, expected 2');
    expect(() => on(map).minibatch([point(2)], new Int32Array(0))).toThrow('minibatch: rows is empty');
    expect(() => mapWithin(space, { dim: 2, coordinates: (z) => z, jacobian: (z) => z }).weights(point(2))).toThrow(
      'mapWithin: coordinates(z) has length 2, expected 3',
    );
    expect(() =>
      mapWithin(space, { dim: 2, coordinates: () => point(3), jacobian: (z) => z }).pullback(point(2), normals(3)),
    ).toThrow('mapWithin: jacobian(z) has length 2, expected 6');
    expect(() => map.pullback(point(2), normals(2))).toThrow('affineMap: gradient has length 2, expected 3');
  });
});

describe('a checkpoint of a run along a map', () => {
  /** Steps to the left or stays: enough to be resumed. */
  const walk = (target: Posterior<SubspaceLikelihood>): ValueAlgorithm<{ position: Vector }, object> => ({
    name: 'walk',
    needs: 'values',
    target,
    prior: target.prior,
    position: ({ position }) => position,
    *init(_random, position) {
      yield position;
      return { position };
    },
    *step(source, { position }) {
      yield position;
      return { state: { position: position.map((x) => x + source.normal()) }, info: {} };
    },
  });
  // A network that says what it is, so that the maps are told apart by what they are.
  const engine = linearNetwork(2);
  const named: Network = {
    ...engine,
    identity: () => ({ inputs: 2 }),
    subspaceLikelihood: (...given) => ({ ...engine.subspaceLikelihood(...given), identity: () => ({ inputs: 2 }) }),
  };

  it('is refused to another map, and to another volume', async () => {
    const logVolume = ([a]: Vector) => ({ value: a, gradient: Float64Array.of(1, 0) });
    const other = ([a]: Vector) => ({ value: 2 * a, gradient: Float64Array.of(2, 0) });
    const run = (map: WeightMap, store: ReturnType<typeof memoryStore>, draws: number): Promise<Draws<object>> =>
      sample(walk(subspacePosterior(named, map, data, options)), {
        draws,
        seed: 1,
        checkpoint: { store, resume: true },
      });
    for (const route of [(map: WeightMap) => map, withoutRoute]) {
      const store = memoryStore();
      await run(route(sheet(logVolume)), store, 3);
      await run(route(sheet(logVolume)), store, 6);
      await expect(run(route(sheet(other)), store, 9)).rejects.toThrow('target.parts.map.volumes[0]');
      const bent = mapWithin(space, {
        ...sheet(logVolume).within!,
        dim: 2,
        logVolume,
        coordinates: ([a, b]) => Float64Array.of(a, b, 0),
      });
      await expect(run(route(bent), store, 9)).rejects.toThrow('target.parts.map.weights');
    }
  });
});

describe('draws of coordinates of a map', () => {
  it('are draws of weights', () => {
    const z = point(2);
    const sampler = subspaceDraws(sheet(), drawsFrom([[z]]));
    expect([...sampler.weights(1, randomSource(1))][0]).toEqual(sheet().weights(z));
    expect(() => subspaceDraws(sheet(), drawsFrom([[point(3)]]))).toThrow('a draw has length 3, expected 2');
  });

  it('are saved with what makes the map again', async () => {
    const stretched = (factors: Float64Array): WeightMap =>
      mapWithin(plane, {
        dim: 2,
        coordinates: (z) => z.map((x, k) => factors[k] * x),
        jacobian: () => Float64Array.of(factors[0], 0, 0, factors[1]),
        parts: { kind: 'stretched', factors },
      });
    const store = memoryStore();
    const given = { network: 'a line', draws: drawsFrom([[point(2)]]), likelihood };
    const map = stretched(Float64Array.of(2, 3));
    expect(await savePosterior(store, { ...given, subspace: map })).toEqual({ largestError: 0, relativeError: 0 });
    const maps = { stretched: ({ factors }: Record<string, unknown>) => stretched(factors as Float64Array) };
    const loaded = await loadPosterior(store, { maps });
    expect((loaded.subspace as WeightMap).weights(Float64Array.of(1, 2))).toEqual(map.weights(Float64Array.of(1, 2)));

    await expect(loadPosterior(store)).rejects.toThrow(
      'a map of kind "stretched", and maps has none; expected a function',
    );
    await expect(loadPosterior(store, { maps: { stretched: () => stretched(Float64Array.of(2, 4)) } })).rejects.toThrow(
      'loadPosterior: maps.stretched.weights is "crc32',
    );
    await expect(loadPosterior(store, { map: maps } as object)).rejects.toThrow('option map is unknown');
    await expect(savePosterior(store, { ...given, subspace: affineMap(plane) })).rejects.toThrow(
      'savePosterior: subspace is a map without parts',
    );
    await expect(savePosterior(store, { ...given, subspace: map, basisPrecision: 'int8' })).rejects.toThrow(
      'savePosterior: basisPrecision is "int8" for a map',
    );
    await expect(savePosterior(store, { ...given, subspace: map, draws: drawsFrom([[point(1)]]) })).rejects.toThrow(
      'a draw has length 1, expected 2',
    );
  });
});

import { type Arrays, arraysDataset, type Network, randomSource, subspace } from '@subspace/core';
import { isPromise } from '@subspace/core/internals';
import { denseNetwork } from '@subspace/dense';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { control } from '../src/threads/shared-program.ts';
import { watchWorkers } from './watched-workers.ts';

// Together whenever there are workers, also on a machine where that is slower.
vi.mock('../src/threads/pace.ts', () => ({ pace: () => ({ together: () => true, took() {} }) }));

const { workers, controls, said } = watchWorkers();

// More rows than a prediction holds in the kernels' memory at a time; and no number of them is that of whole tiles.
const rows = 8192 + 6007;
const sizes = [13, 70, 20, 4];
const random = randomSource('threads and outputs');
const normals = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * random.normal());
const inputs: Arrays = { data: normals(13 * rows), shape: [rows, 13] };
const others: Arrays = { data: normals(13 * 7001), shape: [7001, 13] };

const networkOf = (threads: number) => denseNetwork({ sizes, head: 'heteroscedastic', seed: 1, threads });
const { layout } = networkOf(1);
const [first, second] = [normals(layout.size, 0.2), normals(layout.size, 0.2)];
const along = [normals(layout.size, 0.1), normals(layout.size, 0.1)];

/** Parts that workers have done since this was asked last; of copies, answers. */
function sharedParts(): number {
  const parts = controls.length > 0 ? Atomics.exchange(controls[0], control.done, 0) : 0;
  return parts + said.splice(0).filter((message) => Object.hasOwn(message, 'results')).length;
}

/** Hexadecimal digits of an array's bits: faster to compare than numbers one by one. */
function bitsOf(result: unknown): string {
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(result) ? result : (result as Arrays).data;
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}

/** Every bit, in as many numbers. */
function expectSame(actual: unknown, expected: unknown): void {
  expect(bitsOf(actual) === bitsOf(expected)).toBe(true);
}

/** Repeats `work` until workers have taken part three times. Every result must be `expected`. */
async function untilShared(work: () => unknown, expected: unknown): Promise<void> {
  sharedParts();
  const end = performance.now() + 30_000;
  for (let times = 0; times < 3; ) {
    if (performance.now() > end) throw new Error(`workers took part ${times} times in 30 s, expected 3`);
    expectSame(await work(), expected);
    if (sharedParts() > 0) times++;
    // Workers say that they have a copy between calls.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const likelihoodOf = (network: Network) =>
  network.subspaceLikelihood(
    subspace({ layout, shift: first, basis: along }),
    arraysDataset({ inputs: others, targets: { data: new Float32Array(7001).fill(1), shape: [7001] } }),
    {
      kind: 'custom',
      logDensity: (outputs, target) => -((outputs[0] * outputs[1] - target[0]) ** 2),
    },
  );

const one = networkOf(1);

describe.each(['shared', 'copied', 'waited for'])('where memory is %s, threads give the bits of one:', (memory) => {
  beforeEach(() => {
    if (memory === 'copied') vi.stubGlobal('SharedArrayBuffer', undefined);
    if (memory !== 'waited for') return;
    vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    });
  });

  it.each([2, 3])('%i, of predictions', async (threads) => {
    const network = networkOf(threads);
    await untilShared(() => network.predict(inputs), one.predict(inputs));
    await untilShared(() => network.predict(inputs, { weights: second }), one.predict(inputs, { weights: second }));
    await untilShared(() => network.predict(others, { weights: first }), one.predict(others, { weights: first }));
    expect(network.threads).toBe(threads);
    network.dispose();
  });

  it.each([2, 3])('%i, of Jacobian products', async (threads) => {
    const network = networkOf(threads);
    const [expected, jacobian] = [one.jacobian(first, others), network.jacobian(first, others)];
    const u = { data: normals(7001 * 4), shape: [7001, 4] };
    for (const v of along) await untilShared(() => jacobian.times(v), expected.times(v));
    expectSame(await jacobian.transposeTimes(u), expected.transposeTimes(u));
    await untilShared(() => jacobian.times(along[0]), expected.times(along[0]));
    jacobian.dispose();
    network.dispose();
  });

  it("2, of a likelihood of the user's own", async () => {
    const network = networkOf(2);
    const [expected, many] = [likelihoodOf(one), likelihoodOf(network)];
    const points = [Float64Array.of(0.5, -1), Float64Array.of(1, 2)];
    await untilShared(() => many.values(points), expected.values(points));
    await untilShared(() => many.pointwise(points[1]), expected.pointwise(points[1]));
    network.dispose();
  });

  it('2, of calls that overlap', async () => {
    const network = networkOf(2);
    const cotangent = { data: normals(7001 * 4), shape: [7001, 4] };
    const callsOf = (of: Network, jacobian: ReturnType<Network['jacobian']>) => [
      of.predict(inputs, { weights: first }),
      of.predict(others, { weights: second }),
      of.predict(inputs),
      ...along.map((v) => jacobian.times(v)),
      jacobian.transposeTimes(cotangent),
    ];
    const expected = callsOf(one, one.jacobian(second, others));
    const jacobian = network.jacobian(second, others);
    await untilShared(() => network.predict(inputs), expected[2]);
    let promises = 0;
    for (let round = 0; round < 10; round++) {
      const calls = callsOf(network, jacobian);
      promises += calls.filter(isPromise).length;
      (await Promise.all<unknown>(calls)).forEach((result, i) => {
        expectSame(result, expected[i]);
      });
    }
    if (memory === 'shared') expect(promises).toBe(0);
    else expect(promises).toBeGreaterThan(0);
    network.dispose();
  });

  it('2, of calls whose memory is disposed before their turn', async () => {
    const network = networkOf(2);
    const [expected, jacobian] = [one.jacobian(first, others), network.jacobian(first, others)];
    await untilShared(() => jacobian.times(along[0]), expected.times(along[0]));
    const calls = [...along, ...along].map((v) => jacobian.times(v));
    jacobian.dispose();
    (await Promise.all(calls)).forEach((result, i) => {
      expectSame(result, expected.times(along[i % 2]));
    });
    network.dispose();
  });
});

it('small predictions are answered at once, and start no workers', () => {
  const network = networkOf(2);
  const few = { data: inputs.data.subarray(0, 13 * 100), shape: [100, 13] };
  const expected = one.predict(few);
  for (const end = performance.now() + 100; performance.now() < end; ) expectSame(network.predict(few), expected);
  expect(workers.length).toBe(0);
  network.dispose();
});

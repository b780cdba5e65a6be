import { arraysDataset, heteroscedasticGaussianLikelihood, type Network, randomSource, subspace } from '@subspace/core';
import { isPromise } from '@subspace/core/internals';
import { type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { control } from '../src/threads/shared-program.ts';
import { watchWorkers } from './watched-workers.ts';

// Together whenever there are workers, also on a machine where that is slower.
vi.mock('../src/threads/pace.ts', () => ({ pace: () => ({ together: () => true, took() {} }) }));

const { controls, said } = watchWorkers();

const rows = 8003;
const dim = 5;
const random = randomSource('threads and precomputed sums');
const normals = (length: number, scale = 1) => Float32Array.from({ length }, () => scale * random.normal());
const inputs = normals(13 * rows);
const data = arraysDataset({
  inputs: { data: inputs, shape: [rows, 13] },
  targets: { data: inputs.slice(0, rows), shape: [rows] },
});
const points = Array.from({ length: 3 }, () => Float64Array.from({ length: dim }, () => random.normal()));

/** Parts that workers have done since this was asked last; of copies, answers. */
function sharedParts(): number {
  const parts = controls.length > 0 ? Atomics.exchange(controls[0], control.done, 0) : 0;
  return parts + said.splice(0).filter((message) => Object.hasOwn(message, 'results')).length;
}

// 13 inputs are more than 2·(5 + 1): the first layer's sums are computed once for all points.
describe.each([
  ['tiles of a network with one hidden layer', [13, 50, 2]],
  ['rows of a deeper network', [13, 37, 20, 2]],
])('threads on precomputed sums, in %s', (_, sizes) => {
  const options: DenseNetworkOptions = { sizes, head: 'heteroscedastic', seed: 1 };
  const { layout } = denseNetwork(options);
  const basis = Array.from({ length: dim }, () => normals(layout.size, 0.1));
  const likelihoodOf = (network: Network) =>
    network.subspaceLikelihood(
      subspace({ layout, shift: network.readWeights() as Float32Array, basis }),
      data,
      heteroscedasticGaussianLikelihood(),
    );
  const one = likelihoodOf(denseNetwork({ ...options, threads: 1 }));

  describe.each(['shared', 'copied'])('where memory is %s,', (memory) => {
    beforeEach(() => {
      if (memory === 'copied') vi.stubGlobal('SharedArrayBuffer', undefined);
    });

    it.each([2, 3])('%i give the bits of one: values, gradients, rows, Gauss–Newton', async (threads) => {
      const network = denseNetwork({ ...options, threads });
      const many = likelihoodOf(network);
      const untilShared = async (work: (of: typeof one) => unknown) => {
        const expected = work(one);
        expect(isPromise(expected)).toBe(false);
        sharedParts();
        const end = performance.now() + 30_000;
        for (let times = 0; times < 3; ) {
          if (performance.now() > end) throw new Error(`workers took part ${times} times in 30 s, expected 3`);
          expect(await work(many)).toEqual(expected);
          if (sharedParts() > 0) times++;
          // Workers say that they have a copy between calls.
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const [point] = points;
      await untilShared((of) => of.values(points));
      await untilShared((of) => of.values([point]));
      await untilShared((of) => of.valuesAndGradients(points));
      await untilShared((of) => of.valuesAndGradients([point]));
      await untilShared((of) => of.pointwise(point));
      await untilShared((of) => of.gaussNewton(point));
      expect(network.threads).toBe(threads);
      network.dispose();
    });
  });
});

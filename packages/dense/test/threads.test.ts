import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import {
  adam,
  arraysDataset,
  type Dataset,
  gaussianLikelihood,
  type Network,
  randomSource,
  type SubspaceLikelihood,
  sgd,
  subspace,
  type Trainer,
  type Vector,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { describe, expect, it, vi } from 'vitest';
import { watchWorkers } from './watched-workers.ts';

const { workers, controls } = watchWorkers();
/** Word of the memory by which threads talk: parts done by workers. */
const DONE = 3;

const random = randomSource('threads');
const sizes = [3, 64, 48, 1];
const rows = 600;
const inputs = Float32Array.from({ length: rows * 3 }, () => random.normal());
const data: Dataset = arraysDataset({
  inputs: { data: inputs, shape: [rows, 3] },
  targets: { data: inputs.slice(0, rows), shape: [rows] },
});
const likelihood = gaussianLikelihood({ variance: 0.1 });
const points = Array.from({ length: 5 }, () => Float64Array.from({ length: 4 }, () => random.normal()));
const basis = Array.from({ length: 4 }, () => Float32Array.from({ length: 3425 }, () => 0.1 * random.normal()));

function likelihoodOf(network: Network): SubspaceLikelihood {
  const shift = network.readWeights() as Float32Array;
  return network.subspaceLikelihood(subspace({ layout: network.layout, shift, basis }), data, likelihood);
}

/** Repeats `work` until workers have done parts `times` times. Every answer must be `expected`. */
function untilShared(work: () => unknown, expected: unknown, times: number): void {
  const end = performance.now() + 30_000;
  for (let shared = 0; shared < times; ) {
    if (performance.now() > end) throw new Error(`workers took part ${shared} times in 30 s, expected ${times}`);
    expect(work()).toEqual(expected);
    if (controls.length > 0 && Atomics.load(controls[0], DONE) > 0) {
      shared++;
      Atomics.store(controls[0], DONE, 0);
    }
  }
}

describe('threads', () => {
  it.each([2, 3])('%i give the bits of one: values, gradients, Gauss–Newton', (threads) => {
    const alone = denseNetwork({ sizes, seed: 1, threads: 1 });
    const together = denseNetwork({ sizes, seed: 1, threads });
    const [one, many] = [likelihoodOf(alone), likelihoodOf(together)];
    untilShared(() => many.values(points), one.values(points), 20);
    untilShared(() => many.valuesAndGradients(points.slice(0, 1)), one.valuesAndGradients(points.slice(0, 1)), 20);
    untilShared(() => many.gaussNewton(points[0]), one.gaussNewton(points[0]), 5);
    expect(workers.length).toBe(threads - 1);
    together.dispose();
    alone.dispose();
  });

  it('give the bits of one in training', () => {
    const runOf = (threads: number, optimizer: typeof sgd | typeof adam, shared: boolean) => {
      const network = denseNetwork({ sizes, seed: 1, threads });
      const trainer: Trainer = network.trainer(data, likelihood, optimizer({ weightDecay: 0.01 }));
      const order = Int32Array.from({ length: rows }, (_, i) => (i * 7) % rows);
      const steps = () => trainer.run!(order, 256, 1e-3, random);
      const losses: unknown[] = [];
      let done = 0;
      for (let epoch = 0; epoch < 800; epoch++) {
        steps();
        losses.push(trainer.takeLoss());
        if (shared) done += Atomics.load(controls.at(-1) ?? new Int32Array(new SharedArrayBuffer(64)), DONE);
      }
      const weights = network.readWeights() as Float32Array;
      network.dispose();
      return { losses, weights, done };
    };
    for (const optimizer of [sgd, adam]) {
      const one = runOf(1, optimizer, false);
      let shared = 0;
      for (let attempt = 0; attempt < 20 && shared === 0; attempt++) {
        const many = runOf(2, optimizer, true);
        expect(many.weights).toEqual(one.weights);
        expect(many.losses).toEqual(one.losses);
        shared += many.done;
      }
      expect(shared).toBeGreaterThan(0);
    }
  });

  it('are not started for work too small to gain', () => {
    const network = denseNetwork({ sizes: [3, 8, 1], seed: 1, threads: 2 });
    const few = arraysDataset({
      inputs: { data: inputs.slice(0, 60), shape: [20, 3] },
      targets: { data: inputs.slice(0, 20), shape: [20] },
    });
    const line = subspace({
      layout: network.layout,
      shift: network.readWeights() as Float32Array,
      basis: [new Float32Array(network.layout.size).fill(0.1)],
    });
    const small = network.subspaceLikelihood(line, few, likelihood);
    const end = performance.now() + 100;
    while (performance.now() < end) small.values([Float64Array.of(1)]);
    expect(network.threads).toBe(1);
    expect(workers.length).toBe(0);
  });

  it('end with the network', async () => {
    const network = denseNetwork({ sizes, seed: 1, threads: 2 });
    const many = likelihoodOf(network);
    untilShared(() => many.values(points), many.values(points), 1);
    const ended = new Promise((resolve) => workers[0].once('exit', resolve));
    network.dispose();
    expect(network.threads).toBe(1);
    await ended;
    expect(() => many.values(points)).toThrow('values: the network is disposed, expected one in use');
  });

  it('keep no process alive', () => {
    const program = `
      import { arraysDataset, gaussianLikelihood, subspace } from '@subspace/core';
      import { denseNetwork } from '@subspace/dense';
      const network = denseNetwork({ sizes: [3, 64, 48, 1], threads: 2 });
      const x = new Float32Array(1800).map((_, i) => Math.sin(i));
      const data = arraysDataset({ inputs: { data: x, shape: [600, 3] }, targets: { data: x.slice(0, 600), shape: [600] } });
      const line = subspace({ layout: network.layout, shift: network.readWeights(), basis: [new Float32Array(network.layout.size).fill(0.1)] });
      const many = network.subspaceLikelihood(line, data, gaussianLikelihood({ variance: 1 }));
      const points = Array.from({ length: 16 }, () => Float64Array.of(1));
      const end = performance.now() + 15000;
      while (network.threads === 1 && performance.now() < end) many.values(points);
      console.log(network.threads);
    `;
    const { stdout, status, signal } = spawnSync(
      process.execPath,
      ['--conditions=@subspace/source', '--import', 'tsx', '--input-type=module', '-e', program],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8', timeout: 30_000 },
    );
    expect({ stdout, status, signal }).toEqual({ stdout: '2\n', status: 0, signal: null });
  });
});

describe('a failing worker', () => {
  const failing = async (fail: (worker: Worker) => unknown, expected: RegExp) => {
    const network = denseNetwork({ sizes, seed: 1, threads: 2 });
    const many = likelihoodOf(network);
    const values = many.values(points) as Float64Array;
    untilShared(() => many.values(points), values, 1);
    await fail(workers[0]);
    await vi.waitFor(
      () => {
        expect(() => many.values(points as Vector[])).toThrow(expected);
      },
      { timeout: 20_000, interval: 5 },
    );
    expect(network.threads).toBe(1);
    expect(many.values(points)).toEqual(values);
  };

  it('that ends is an error, once; then one thread goes on', () =>
    failing((worker) => worker.terminate(), /denseNetwork: a worker failed: it ended with code 1/));

  it('that throws is an error, once; then one thread goes on', () =>
    failing(
      (worker) => worker.emit('error', new Error('out of memory')),
      /denseNetwork: a worker failed: out of memory/,
    ));
});

import {
  adam,
  arraysDataset,
  type FitOptions,
  fit,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  linearDecay,
  type Network,
  sgd,
  swagSchedule,
} from '@subspace/core';
import { describe, expect, it, vi } from 'vitest';
import { lineData } from './line-data.ts';
import { linearNetwork } from './linear-network.ts';

const data = lineData(103, 1);
const likelihood = gaussianLikelihood({ variance: 1 });
const options: FitOptions = {
  likelihood,
  epochs: 30,
  batchSize: 10,
  optimizer: sgd({ momentum: 0.5 }),
  learningRate: 0.05,
  seed: 1,
};

describe('fit', () => {
  it('finds the weights of a line', async () => {
    const network = linearNetwork(2);
    const { loss } = await fit(network, data, options);
    expect(loss).toHaveLength(30);
    expect(loss[29]).toBeLessThan(loss[0]);
    const [a, b, c] = await network.readWeights();
    expect([a, b, c].map((w) => Math.round(w * 10) / 10)).toEqual([2, -1, 3]);
  });

  it('weighs every row alike, also in a ragged last batch: the loss of an epoch without steps is the mean over rows', async () => {
    const network = linearNetwork(2);
    const { loss } = await fit(network, data, { ...options, epochs: 1, learningRate: 0 });
    const targets = data.arrays!.targets.data as Float32Array;
    const expected = targets.reduce((sum, y) => sum - likelihood.logDensity(Float64Array.of(0), [y]), 0) / 103;
    expect(loss[0]).toBeCloseTo(expected, 12);
    expect(network.steps).toBe(11);
  });

  it('gives a network with batch norm no batch of a single row', async () => {
    const sizes = async (size: number, batchNorm: boolean) => {
      const network = linearNetwork(2);
      const found: number[] = [];
      const original = network.trainer;
      network.trainer = (...args) => {
        const trainer = original(...args);
        const step = trainer.step;
        const recorded: typeof step = (rows, ...rest) => {
          found.push(rows.length);
          return step(rows, ...rest);
        };
        return { ...trainer, step: recorded, ...(batchNorm && { run: () => expect.fail('cuts batches of its own') }) };
      };
      if (batchNorm) network.refreshStatistics = () => [];
      await fit(network, lineData(size, 1), { ...options, epochs: 1 });
      return found;
    };
    expect(await sizes(21, false)).toEqual([10, 10, 1]);
    expect(await sizes(21, true)).toEqual([10, 11]);
    expect(await sizes(22, true)).toEqual([10, 10, 2]);
    expect(await sizes(11, true)).toEqual([11]);
    await expect(sizes(1, true)).rejects.toThrow(
      'fit: data.size is 1, expected at least 2: batch norm has no statistics',
    );
    const network = Object.assign(linearNetwork(2), { refreshStatistics: () => [] });
    await expect(fit(network, data, { ...options, batchSize: 1 })).rejects.toThrow('fit: batchSize is 1, expected at');
  });

  it('repeats itself for the same seed, and shuffles anew each epoch unless told not to', async () => {
    const run = async (changes: object) => {
      const network = linearNetwork(2);
      const orders: number[][] = [];
      const original = network.trainer;
      network.trainer = (...args) => {
        const trainer = original(...args);
        const step = trainer.step;
        trainer.step = (rows, ...rest) => {
          orders.push([...rows]);
          return step(rows, ...rest);
        };
        return trainer;
      };
      await fit(network, data, { ...options, epochs: 2, ...changes });
      return { weights: await network.readWeights(), orders };
    };
    const first = await run({});
    expect(await run({})).toEqual(first);
    expect((await run({ seed: 2 })).orders).not.toEqual(first.orders);
    const [one, two] = [first.orders.slice(0, 11).flat(), first.orders.slice(11).flat()];
    expect(one).not.toEqual(two);
    const all = Array.from({ length: 103 }, (_, i) => i);
    for (const order of [one, two]) expect([...order].sort((a, b) => a - b)).toEqual(all);
    expect((await run({ shuffle: false })).orders.slice(0, 11).flat()).toEqual(all);
  });

  it('follows a schedule, epoch by epoch from 0', async () => {
    const asked: number[] = [];
    await fit(linearNetwork(2), data, { ...options, epochs: 3, learningRate: (epoch) => asked.push(epoch) * 0.01 });
    expect(asked).toEqual([0, 1, 2]);
  });

  it('collects the weights after epoch e ≥ from with (e − from) divisible by every', async () => {
    const seen: Float32Array[] = [];
    const collector = {
      collect: (weights: Float32Array) => {
        seen.push(weights.slice());
      },
      state: () => ({}),
      restore() {},
    };
    const network = linearNetwork(2);
    const afterEpoch: Float32Array[] = [];
    await fit(network, data, {
      ...options,
      epochs: 10,
      collect: { into: collector, from: 3, every: 2 },
      onEpoch: () => afterEpoch.push(network.readWeights() as Float32Array),
    });
    expect(seen).toEqual([3, 5, 7, 9].map((epoch) => afterEpoch[epoch]));
  });

  it('stops early when the validation loss stops improving, and goes back to the best weights', async () => {
    const validation = lineData(40, 2);
    const network = linearNetwork(2);
    const after: Float32Array[] = [];
    const result = await fit(network, data, {
      ...options,
      epochs: 200,
      // A rate that grows makes the run worse again.
      learningRate: (epoch) => 0.02 * 1.1 ** epoch,
      optimizer: sgd(),
      validation: { data: validation, patience: 4 },
      onEpoch: () => after.push(network.readWeights() as Float32Array),
    });
    const best = result.validationLoss.indexOf(Math.min(...result.validationLoss));
    expect(result.bestEpoch).toBe(best);
    expect(result.loss).toHaveLength(best + 5);
    expect(await network.readWeights()).toEqual(after[best]);
  });

  it('reports progress and every epoch', async () => {
    const progress: number[] = [];
    const epochs: number[] = [];
    await fit(linearNetwork(2), data, {
      ...options,
      onProgress: ({ epoch, of, secondsLeft }) => {
        progress.push(epoch);
        expect(of).toBe(30);
        expect(secondsLeft).toBeGreaterThanOrEqual(0);
      },
      onEpoch: ({ epoch, loss }) => {
        epochs.push(epoch);
        expect(loss).toBeGreaterThan(0);
      },
    });
    expect(progress.at(-1)).toBe(30);
    expect(epochs).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('is cancelled between steps, with the losses so far and the weights reached', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 40);
    const network = linearNetwork(2, { delay: 1 });
    const error = await fit(network, data, { ...options, epochs: 10_000, signal: controller.signal }).catch(
      (reason) => reason,
    );
    expect(error.code).toBe('ABORTED');
    expect(error.loss.length).toBeLessThan(100);
    expect(network.steps).toBeGreaterThan(0);
    expect((await network.readWeights())[2]).not.toBe(0);
  });

  it('gives the event loop a turn at least every 20 ms, or after each longer step', async () => {
    for (const milliseconds of [0.1, 7, 25]) {
      let clock = 0;
      const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
      let [last, worst, running] = [0, 0, true];
      const turn = () => {
        worst = Math.max(worst, clock - last);
        last = clock;
        if (running) setImmediate(turn);
      };
      setImmediate(turn);
      const network = linearNetwork(2);
      const original = network.trainer;
      network.trainer = (...args) => {
        const trainer = original(...args);
        const step: typeof trainer.step = (...stepArguments) => {
          clock += milliseconds;
          return trainer.step(...stepArguments);
        };
        return { ...trainer, step };
      };
      await fit(network, data, { ...options, epochs: 40 });
      running = false;
      now.mockRestore();
      expect(worst, `steps of ${milliseconds} ms`).toBeLessThanOrEqual(Math.max(20, milliseconds) + 1e-9);
    }
  });

  it('gives the event loop its turn, and stops, while it computes a long validation loss', async () => {
    const controller = new AbortController();
    const network = linearNetwork(2);
    const predict = network.predict;
    let [clock, predictions] = [0, 0];
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    network.predict = (...args) => {
      clock += 6;
      if (++predictions === 3) setImmediate(() => controller.abort());
      return predict(...args);
    };
    const long = lineData(30_000, 3);
    const running = fit(network, data, { ...options, validation: { data: long }, signal: controller.signal });
    await expect(running).rejects.toThrow('fit: cancelled');
    now.mockRestore();
    expect(predictions).toBeLessThan(7);
  });

  it('says so when the validation loss is no number', async () => {
    const network = linearNetwork(2);
    const predict = network.predict;
    network.predict = (...args) => {
      const outputs = predict(...args) as { data: Float32Array; shape: number[] };
      return { data: outputs.data.map(() => Number.NaN), shape: outputs.shape };
    };
    await expect(fit(network, data, { ...options, validation: { data } })).rejects.toThrow(
      'fit: validation loss is NaN in epoch 0',
    );
  });

  it('uses a fused run where the engine has one, with the same result wherever the run is cut', async () => {
    const plain = linearNetwork(2);
    await fit(plain, data, options);
    const fused = linearNetwork(2, { delay: 0 });
    const cuts: number[] = [];
    const original = fused.trainer;
    fused.trainer = (...args) => {
      const trainer = original(...args);
      trainer.run = (order, batchSize, rate, random) => {
        cuts.push(order.length);
        for (let start = 0; start < order.length; start += batchSize) {
          trainer.step(order.subarray(start, Math.min(order.length, start + batchSize)), rate, random);
        }
      };
      return trainer;
    };
    await fit(fused, data, options);
    expect(await fused.readWeights()).toEqual(await plain.readWeights());
    expect(new Set(cuts).size).toBeGreaterThan(1);
  });

  it('says so when the loss is no number any more', async () => {
    await expect(fit(linearNetwork(2), data, { ...options, learningRate: 1e30 })).rejects.toThrow(
      /fit: loss is (NaN|Infinity) in epoch \d+, expected a finite number\. Is the learning rate 1e\+30 too large\?/,
    );
  });

  it('gives back what about the data makes training hard: columns that are far from standardised', async () => {
    const { inputs, targets } = data.arrays!;
    const changed = (x: (value: number, column: number) => number, y: (value: number) => number) =>
      arraysDataset({
        inputs: { data: Float32Array.from(inputs.data, (value, i) => x(value, i % 2)), shape: inputs.shape },
        targets: { data: Float32Array.from(targets.data, y), shape: targets.shape },
      });
    const run = (changedData: typeof data, changes: object = {}) =>
      fit(linearNetwork(2), changedData, { ...options, learningRate: 0, epochs: 1, ...changes });
    expect((await run(data)).findings).toEqual([]);
    const years = changed(
      (value, column) => (column === 1 ? 2000 + value : value),
      (value) => 1000 * value,
    );
    const { findings } = await run(years);
    expect(findings.map(({ code }) => code)).toEqual(['inputs-scale', 'targets-scale']);
    expect(findings[0].problem).toMatch(
      /^1 of 2 columns of inputs, most of all column 1, has mean 2\.00e\+3 and standard deviation 0\.9/,
    );
    expect(findings[1].advice).toContain('`standardize` of @subspace/datasets');
    // What the learning rate is blamed for otherwise.
    await expect(run(years, { learningRate: 1, epochs: 100 })).rejects.toThrow(
      /expected a finite number\. 1 of 2 columns of inputs/,
    );
  });

  it('says at once that a network whose outputs are no variances can not have a heteroscedastic likelihood', async () => {
    const heteroscedastic = { ...options, likelihood: heteroscedasticGaussianLikelihood() };
    const network = linearNetwork(2);
    await expect(fit(network, data, heteroscedastic)).rejects.toThrow(
      'fit: the network has 1 outputs, expected means and as many variances',
    );
    const linear: Network = {
      ...network,
      predict: ({ shape }) => ({
        data: Float32Array.from({ length: 2 * shape[0] }, (_, i) => (i === 7 ? -0.5 : 1)),
        shape: [shape[0], 2],
      }),
    };
    await expect(fit(linear, data, heteroscedastic)).rejects.toThrow(
      'fit: the network predicts the variance -0.5 for row 3, expected none below 0',
    );
    expect(network.steps).toBe(0);
  });

  it('rejects bad options, each with one clear error', async () => {
    const run = (changes: object) => fit(linearNetwork(2), data, { ...options, ...changes });
    await expect(run({ epochs: 0 })).rejects.toThrow('fit: epochs is 0, expected an integer of at least 1');
    await expect(run({ batchSize: 2.5 })).rejects.toThrow('batchSize is 2.5');
    await expect(run({ seed: Infinity })).rejects.toThrow('seed is Infinity');
    await expect(run({ learningRate: -1 })).rejects.toThrow('learningRate is -1');
    await expect(run({ learningRate: () => Number.NaN })).rejects.toThrow('learningRate(0) is NaN');
    await expect(run({ likelihood: undefined })).rejects.toThrow('fit: likelihood is undefined, expected an object');
    await expect(run({ optimizer: undefined })).rejects.toThrow('fit: optimizer is undefined, expected an object');
    await expect(run({ momentum: 0.9 })).rejects.toThrow('option momentum is unknown');
    const into = { collect() {}, state: () => ({}), restore() {} };
    await expect(run({ collect: { into, from: 30 } })).rejects.toThrow(
      'collect.from is 30, expected less than epochs (30)',
    );
    await expect(run({ validation: { data, patience: 0 } })).rejects.toThrow('validation.patience is 0');
    await expect(run({ likelihood: { kind: 'z' } })).rejects.toThrow(
      'likelihood.kind is "z", expected one of gaussian',
    );
    await expect(run({ optimizer: { kind: 'foo' } })).rejects.toThrow(
      'optimizer.kind is "foo", expected sgd(…) or adam(…)',
    );
    await expect(run({ collect: { into, from: 0, evry: 2 } })).rejects.toThrow('option evry is unknown');
    await expect(run({ collect: { into: null, from: 0 } })).rejects.toThrow('collect.into is null');
    await expect(run({ validation: { data, patients: 3 } })).rejects.toThrow('option patients is unknown');
    await expect(run({ validation: { data: null } })).rejects.toThrow('validation.data is null');
    const wide = arraysDataset({
      inputs: { data: new Float32Array(3), shape: [1, 3] },
      targets: { data: new Float32Array(1), shape: [1] },
    });
    await expect(run({ validation: { data: wide } })).rejects.toThrow(
      'validation.data has rows [3] → [], expected [2] → [] as the data',
    );
    await expect(fit(linearNetwork(2), data, undefined as never)).rejects.toThrow('fit: options is undefined');
    await expect(fit(linearNetwork(2), null as never, options)).rejects.toThrow('fit: data is null');
    const loose = { inputs: data.arrays?.inputs, targets: data.arrays?.targets };
    await expect(fit(linearNetwork(2), loose as never, options)).rejects.toThrow(
      'fit: data is Object, expected a data set: arraysDataset({ inputs, targets })',
    );
  });
});

describe('schedules', () => {
  it('linearDecay is constant, then linear, then constant', () => {
    const rate = linearDecay({ learningRate: 1, epochs: 100, from: 0.5, to: 0.9, factor: 0.05 });
    expect([0, 50, 70, 90, 99].map(rate)).toEqual([1, 1, 1 - 0.95 / 2, 0.05, 0.05].map((x) => expect.closeTo(x, 12)));
    expect(() => linearDecay({ learningRate: 1, epochs: 10, from: 0.9, to: 0.5 })).toThrow(
      'expected 0 ≤ from < to ≤ 1',
    );
    expect(() => linearDecay({ learningRate: 0, epochs: 10 })).toThrow('learningRate is 0');
    expect(() => linearDecay({ learningRate: 1, epochs: 10, factor: Infinity })).toThrow('factor is Infinity');
    expect(() => linearDecay({ learningRate: 1, epochs: 10, factr: 1 } as never)).toThrow('option factr is unknown');
    expect(() => swagSchedule({ learningRate: 1, epochs: 10, swagLr: 1 } as never)).toThrow('option swagLr is unknown');
  });

  it('swagSchedule comes down to the SWAG rate at 0.9 of the start of collection', () => {
    const rate = swagSchedule({ learningRate: 0.05, swagLearningRate: 0.01, swagStart: 160, epochs: 300 });
    expect([0, 80, 112, 144, 299].map(rate)).toEqual([0.05, 0.05, 0.03, 0.01, 0.01].map((x) => expect.closeTo(x, 12)));
  });
});

describe('optimizers', () => {
  it('fill in defaults and reject what makes no sense', () => {
    expect(sgd()).toEqual({ kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0, biasLearningRateFactor: 1 });
    expect(adam()).toEqual({
      kind: 'adam',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      biasLearningRateFactor: 1,
    });
    expect(() => sgd({ momentum: 1 })).toThrow('sgd: momentum is 1, expected a number in [0, 1)');
    expect(() => sgd({ nesterov: true })).toThrow('momentum is 0, expected more with nesterov');
    expect(() => sgd({ weightDecay: -1 })).toThrow('weightDecay is -1');
    expect(() => adam({ epsilon: 0 })).toThrow('epsilon is 0');
    expect(() => adam({ learningRate: 1 } as object)).toThrow('option learningRate is unknown');
  });
});

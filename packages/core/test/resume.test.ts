import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adam,
  type CheckpointStore,
  type Draws,
  fit,
  gaussianLikelihood,
  logDensity,
  memoryStore,
  type Network,
  randomSource,
  type Schedule,
  sample,
} from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { bits } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lineData } from './line-data.ts';
import { linearNetwork } from './linear-network.ts';
import {
  adaptiveWalk,
  draw,
  fitOptions,
  runningMean,
  sampleOptions,
  slowTarget,
  type Trained,
  train,
} from './resumable-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-resume-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const drawn = ({ positions, infos, totals, divergent }: Draws) => bits({ positions, infos, totals, divergent });

let wholeTraining: Trained;
let wholeDraws: Draws;
beforeAll(async () => {
  wholeTraining = await train();
  wholeDraws = await draw();
});

/** A store that fails from the n-th write or append on, half-way through it. */
function failing(store: CheckpointStore, from: number): CheckpointStore {
  let count = 0;
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  return {
    read: store.read,
    async write(name, chunks) {
      if (count++ < from) return store.write(name, chunks);
      await store.write(
        name,
        (async function* () {
          for await (const chunk of chunks) {
            yield chunk;
            throw full;
          }
        })(),
      );
      throw full;
    },
    async append(name, bytes) {
      if (count++ < from) return store.append(name, bytes);
      await store.append(name, bytes.subarray(0, bytes.length / 2));
      throw full;
    },
  };
}

describe('fit with a checkpoint', () => {
  it('changes nothing but what is in the store', async () => {
    expect(bits(await train(memoryStore()))).toBe(bits(wholeTraining));
  });

  it('goes on bit for bit wherever it was stopped, and returns at once when there is nothing left to do', async () => {
    for (const epochs of [6, 7, 9, 23, 39]) {
      const store = memoryStore();
      await train(store, { epochs });
      expect(bits(await train(store)), `${epochs}`).toBe(bits(wholeTraining));
      let steps = 0;
      expect(bits(await train(store, { onEpoch: () => steps++ }))).toBe(bits(wholeTraining));
      expect(steps).toBe(0);
    }
  });

  it('loses no step when it is cancelled, in the middle of epochs and of validations, again and again', async () => {
    const random = randomSource('cancelled training');
    for (const asynchronous of [false, true]) {
      const plain = linearNetwork(2, { asynchronous });
      const store = memoryStore();
      const into = runningMean();
      let work = 0;
      let stopAt = Infinity;
      let signal = { aborted: false };
      // Counts steps and predictions. A rest is due only after 10 ms: make it so.
      const counted = () => {
        signal.aborted ||= ++work >= stopAt;
        if (signal.aborted) for (const until = performance.now() + 11; performance.now() < until; );
      };
      const network: Network = {
        ...plain,
        predict(...given) {
          counted();
          return plain.predict(...given);
        },
        trainer(...given) {
          const trainer = plain.trainer(...given);
          return {
            ...trainer,
            step(...rows) {
              counted();
              return trainer.step(...rows);
            },
          };
        },
      };
      const run = (checkpoint?: { store: CheckpointStore; resume: true }, collector = into) =>
        fit(network, lineData(103, 1), {
          ...fitOptions,
          learningRate: 0.01,
          collect: { into: collector, from: 5, every: 3 },
          validation: { data: lineData(20, 2), patience: 30 },
          signal,
          checkpoint,
        });
      const start = await plain.readWeights();
      const whole = bits([await run(), await plain.readWeights(), into.rows()]);
      const steps = plain.steps;
      plain.steps = 0;

      let stops = 0;
      for (let finished = false; !finished; ) {
        signal = { aborted: false };
        stopAt = work + 1 + Math.floor(70 * random.uniform());
        plain.writeWeights(start);
        const collector = runningMean();
        try {
          const result = await run({ store, resume: true }, collector);
          expect(bits([result, await plain.readWeights(), collector.rows()])).toBe(whole);
          finished = true;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ABORTED' });
          stops++;
        }
      }
      expect(stops).toBeGreaterThan(5);
      expect(plain.steps).toBe(steps);
    }
  });

  it('counts an epoch that was begun', async () => {
    const store = memoryStore();
    // Looked at before an epoch, and then within it.
    let looks = Number.NEGATIVE_INFINITY;
    const signal = {
      get aborted() {
        return ++looks > 1;
      },
    };
    const onEpoch = ({ epoch }: { epoch: number }) => {
      if (epoch === 7) looks = 0;
    };
    await expect(train(store, { signal, onEpoch }, 3)).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(train(store, { epochs: 8 })).rejects.toThrow('fit: epochs is 8, but the checkpoint has 9');
    await expect(
      train(store, { learningRate: (epoch) => (epoch < 8 ? (fitOptions.learningRate as Schedule)(epoch) : 1) }),
    ).rejects.toThrow('fit: learningRate(8) is 1, but the checkpoint was made with ');
    expect(bits(await train(store))).toBe(bits(wholeTraining));
  });

  it('starts anew without resume, and replaces what is there', async () => {
    const store = memoryStore();
    await train(store, { seed: 'other' });
    expect(bits(await train(undefined, { checkpoint: { store } }))).toBe(bits(wholeTraining));
    expect(bits(await train(store))).toBe(bits(wholeTraining));
  });

  it('saves every n epochs and at the end', async () => {
    const store = memoryStore();
    let writes = 0;
    const counting: CheckpointStore = {
      ...store,
      write(name, chunks) {
        writes++;
        return store.write(name, chunks);
      },
    };
    await train(undefined, { checkpoint: { store: counting, every: 12 } });
    expect(writes).toBe(4);
  });

  it('keeps the best weights of early stopping, and stops where it would have stopped', async () => {
    const validated = (store?: CheckpointStore, epochs = 60) =>
      train(store, {
        epochs,
        learningRate: 0.4,
        validation: { data: lineData(20, 2), patience: 7 },
      });
    const whole = await validated();
    expect(whole.result.loss.length).toBeLessThan(60);
    expect(whole.result.loss.length).toBeGreaterThan(9);
    for (const epochs of [6, whole.result.bestEpoch! + 2, whole.result.loss.length]) {
      const store = memoryStore();
      await validated(store, Math.max(6, epochs));
      expect(bits(await validated(store))).toBe(bits(whole));
    }
  });

  it('names what differs', async () => {
    const store = memoryStore();
    await train(store, { epochs: 10 });
    const data = lineData(103, 1);
    for (const [changes, message] of [
      [{ seed: 2 }, 'seed is "2", but the checkpoint was made with "resume"'],
      [{ batchSize: 11 }, 'batchSize is 11, but the checkpoint was made with 10'],
      [{ shuffle: false }, 'shuffle is false, but the checkpoint was made with true'],
      [{ optimizer: adam() }, 'optimizer.kind is "adam", but the checkpoint was made with "sgd"'],
      [
        { likelihood: gaussianLikelihood({ variance: 2 }) },
        'likelihood.variance is 2, but the checkpoint was made with 1',
      ],
      [{ learningRate: 0.04 }, 'learningRate(0) is 0.04, but the checkpoint was made with 0.05'],
      [
        { collect: { into: runningMean(), from: 6, every: 3 } },
        'collect.from is 6, but the checkpoint was made with 5',
      ],
      [{ collect: undefined }, 'collect is undefined, but the checkpoint was made with Object'],
      [{ epochs: 9 }, 'epochs is 9, but the checkpoint has 10; expected at least as many'],
    ] as const) {
      await expect(train(store, changes)).rejects.toThrow(`fit: ${message}`);
    }
    const on = (network: Network, rows = data) =>
      fit(network, rows, {
        ...fitOptions,
        collect: { into: runningMean(), from: 5, every: 3 },
        checkpoint: { store, resume: true },
      });
    await expect(on(linearNetwork(2), lineData(103, 3))).rejects.toThrow('fit: data.inputs is ');
    await expect(on(linearNetwork(2), lineData(50, 1))).rejects.toThrow(
      'fit: data.size is 50, but the checkpoint was made with 103',
    );
    await expect(on(linearNetwork(3))).rejects.toThrow(
      'fit: layout[0].shape[0] is 3, but the checkpoint was made with 2',
    );
    await expect(on({ ...linearNetwork(2), engine: 'abacus 2' })).rejects.toThrow(
      'fit: engine is "abacus 2", but the checkpoint was made with undefined; expected the same to resume',
    );
    // After all that, it still goes on.
    expect(bits(await train(store))).toBe(bits(wholeTraining));
  });

  it('loses nothing that was saved when the disk is full, and gives the losses with the error', async () => {
    const store = memoryStore();
    const error = await train(failing(store, 10)).catch(
      (reason: unknown) => reason as Error & { code: string; loss: number[] },
    );
    expect(error).toMatchObject({ code: 'STORAGE', cause: { code: 'ENOSPC' } });
    expect((error as { loss: number[] }).loss).toEqual(wholeTraining.result.loss.slice(0, 11));
    expect((error as Error).message).toBe(
      "fit: the checkpoint can't be saved (ENOSPC: no space left on device); what was saved before is still there",
    );
    const resumed: number[] = [];
    expect(bits(await train(store, { onEpoch: ({ epoch }) => resumed.push(epoch) }))).toBe(bits(wholeTraining));
    expect(resumed[0]).toBe(10);
  });

  it('refuses options that make no sense', async () => {
    const store = memoryStore();
    await expect(train(undefined, { checkpoint: { store, every: 0 } })).rejects.toThrow('checkpoint.every is 0');
    await expect(train(undefined, { checkpoint: {} as never })).rejects.toThrow('fit: checkpoint.store is no store');
    await expect(train(undefined, { checkpoint: { store, evry: 1 } as never })).rejects.toThrow(
      'option evry is unknown',
    );
  });
});

describe('sample with a checkpoint', () => {
  it('changes nothing but what is in the store', async () => {
    expect(drawn(await draw(memoryStore()))).toBe(drawn(wholeDraws));
  });

  it('goes on bit for bit wherever it was cancelled, also in warmup and again and again, synchronous or not', async () => {
    const random = randomSource('cancelled');
    for (const asynchronous of [false, true]) {
      const store = memoryStore();
      const plain = slowTarget();
      let evaluations = 0;
      let stops = 0;
      for (;;) {
        const after = evaluations + 1 + Math.floor(400 * random.uniform());
        const signal = { aborted: false };
        const target = {
          ...plain,
          values: (points: readonly Float64Array[]) => {
            evaluations += points.length;
            signal.aborted ||= evaluations >= after;
            // A rest is due only after 10 ms: make it so.
            if (signal.aborted) for (const until = performance.now() + 11; performance.now() < until; );
            return asynchronous ? Promise.resolve(plain.values(points)) : plain.values(points);
          },
        };
        try {
          const draws = await sample(adaptiveWalk(target), {
            ...sampleOptions,
            signal,
            checkpoint: { store, every: 7, resume: true },
          });
          expect(drawn(draws)).toBe(drawn(wholeDraws));
          break;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ABORTED' });
          stops++;
        }
      }
      expect(stops).toBeGreaterThan(3);
    }
  });

  it('lets draws grow, with the warmup of the checkpoint unless told otherwise', async () => {
    const store = memoryStore();
    await draw(store, { draws: 30, warmup: undefined });
    const grown = await draw(store, { draws: 90, warmup: undefined });
    expect(drawn(grown)).toBe(drawn(await draw(undefined, { draws: 90, warmup: 15 })));
    await expect(draw(store, { draws: 90, warmup: 16 })).rejects.toThrow(
      'sample: warmup is 16, but the checkpoint was made with 15; expected the same to resume',
    );
    await expect(draw(store, { draws: 89, warmup: 15 })).rejects.toThrow(
      'sample: draws is 89, but the checkpoint has 90; expected at least as many',
    );
  });

  it('starts anew without resume, and replaces what is there', async () => {
    const store = memoryStore();
    await draw(store, { seed: 'other', draws: 200 });
    expect(drawn(await draw(undefined, { checkpoint: { store } }))).toBe(drawn(wholeDraws));
    expect(drawn(await draw(store))).toBe(drawn(wholeDraws));
  });

  it('names what differs', async () => {
    const store = memoryStore();
    await draw(store, { draws: 20 });
    const start = () => Array.from({ length: 3 }, () => new Float64Array(3));
    for (const [changes, message] of [
      [{ seed: 8 }, 'seed is "8", but the checkpoint was made with "7"'],
      [{ thin: 1 }, 'thin is 1, but the checkpoint was made with 2'],
      [{ chains: 2 }, 'chains is 2, but the checkpoint was made with 3'],
      [{ initial: start() }, 'initial[0][0] is 0, but the checkpoint was made with '],
    ] as const) {
      await expect(draw(store, changes)).rejects.toThrow(`sample: ${message}`);
    }
    const walk = adaptiveWalk(slowTarget());
    for (const [algorithm, message] of [
      [{ ...walk, name: 'run' }, 'algorithm is "run", but the checkpoint was made with "walk"'],
      [{ ...walk, options: { growth: 2 } }, 'options.growth is 2, but the checkpoint was made with 1.01'],
      [
        { ...walk, target: { ...walk.target, engine: 'abacus' } },
        'target.engine is "abacus", but the checkpoint was made with undefined',
      ],
      [
        { ...walk, target: logDensity(3, (z) => -z[0] - z[1] ** 2 - z[2] ** 2) },
        "the target's value at point 1 of 5 drawn from the seed is ",
      ],
    ] as const) {
      const run = sample(algorithm, { ...sampleOptions, checkpoint: { store, resume: true } });
      await expect(run).rejects.toThrow(`sample: ${message}`);
    }
    expect(drawn(await draw(store))).toBe(drawn(wholeDraws));
  });

  it('appends draws and never writes one twice', async () => {
    const store = memoryStore();
    const appended: [string, number][] = [];
    const rewritten: string[] = [];
    const watching: CheckpointStore = {
      read: store.read,
      write(name, chunks) {
        if (name !== 'sample') rewritten.push(`${name}: ${[...(chunks as Iterable<Uint8Array>)].length}`);
        return store.write(name, chunks);
      },
      append(name, bytes) {
        appended.push([name, bytes.length]);
        return store.append(name, bytes);
      },
    };
    await draw(watching, { draws: 60 });
    await draw(watching);
    expect(new Set(appended.map(([name]) => name))).toEqual(new Set(['draws-0', 'draws-1']));
    expect(appended.length).toBeGreaterThan(20);
    // Logs are only ever begun, empty.
    expect(rewritten).toEqual(['draws-0: 0', 'draws-1: 0']);
  });

  it('loses nothing that was saved when the disk is full at any write, and gives the draws with the error', async () => {
    let failures = 0;
    for (let from = 0; from < 60; from++) {
      const store = memoryStore();
      const error = await draw(failing(store, from)).then(
        () => undefined,
        (reason: Error & { code: string; draws: Draws }) => reason,
      );
      if (!error) continue;
      failures++;
      expect(error).toMatchObject({ code: 'STORAGE', cause: { code: 'ENOSPC' } });
      error.draws.positions.forEach((chain, c) => {
        expect(bits(chain)).toBe(bits(wholeDraws.positions[c].slice(0, chain.length)));
      });
      expect(drawn(await draw(store))).toBe(drawn(wholeDraws));
    }
    expect(failures).toBeGreaterThan(40);
  });

  it('cuts a torn tail back to the last record that the state counts, and says so when counted records are missing', async () => {
    const path = join(folder, 'torn');
    await draw(fileStore(path), { draws: 60 });
    for (const tail of [Uint8Array.of(1), new Uint8Array(100).fill(255), new Uint8Array(5000)]) {
      const copy = join(folder, `torn-${tail.length}`);
      cpSync(path, copy, { recursive: true });
      appendFileSync(join(copy, 'draws-0'), tail);
      expect(drawn(await draw(fileStore(copy)))).toBe(drawn(wholeDraws));
      expect(drawn(await draw(fileStore(copy)))).toBe(drawn(wholeDraws));
    }
    truncateSync(join(path, 'draws-0'), readFileSync(join(path, 'draws-0')).length - 1);
    await expect(draw(fileStore(path))).rejects.toThrow(
      /^sample: the log draws-0 is damaged, expected \d+ bytes of whole records$/,
    );
  });

  it('wants a store that is one', async () => {
    await expect(draw({} as never)).rejects.toThrow('sample: checkpoint.store is no store');
  });
});

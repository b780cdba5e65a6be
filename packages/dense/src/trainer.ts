import type { MaybePromise, Trainer } from '@subspace/core';
import {
  argumentError,
  isFloat32Array,
  requireCount,
  requireFinite,
  requireLength,
  whenReady,
} from '@subspace/core/internals';
import { gatherBatch } from './batch.ts';
import type { CurrentWeights, WeightOwner } from './current-weights.ts';
import { type TrainingDesk, type TrainingParts, trainingDesk } from './training-desk.ts';

/** Rows of one step of a data set that is not in memory, at first; grows with the steps. */
const FIRST_BATCH = 128;

/**
 * Steps of an optimizer in the kernels' memory: gather, forward, loss, backward and update of a run of steps are one call.
 *
 * The rows of a step are cut into parts by the amount of work, and the parts' gradients are summed in order: the same numbers by any number of
 * threads. Where memory can't be shared, one thread trains: its memory changes with each step, and is too large to be sent around.
 */
export function denseTrainer(
  parts: TrainingParts & { readonly current: CurrentWeights; requireInUse(where: string): void },
): Trainer {
  const { shape, data, current, optimizer, points, team } = parts;
  const { order } = shape;
  const memory =
    optimizer.kind === 'adam' ? ['firstMoment', 'secondMoment'] : optimizer.momentum > 0 ? ['velocity'] : [];
  const own = points === undefined;
  const pointCount = points?.length ?? 1;
  let desk: TrainingDesk | undefined;
  let disposed = false;
  let steps = 0;
  let loss = { sum: 0, rows: 0 };

  const requireInUse = (where: string): void => {
    if (disposed) throw argumentError(where, 'the trainer is disposed, expected one in use');
    parts.requireInUse(where);
  };
  /** The memory of training, for batches of so many rows. It moves where batches grow. */
  const deskFor = (batch: number): TrainingDesk => {
    if (desk && desk.batch >= batch) return desk;
    const before = desk;
    desk = trainingDesk(parts, batch);
    for (let k = 0; k < pointCount; k++) {
      const vectors = before?.vectors(k) ?? [points?.[k] ?? current.read()];
      vectors.forEach((vector, i) => {
        desk!.load(k, i, vector);
      });
    }
    before?.close();
    return desk;
  };
  const owner: WeightOwner = { unload: (out) => desk?.vector(0, 0, out) };
  /** Somebody may have written the network's weights since the last step. */
  const claim = (at: TrainingDesk) => {
    if (own && !current.claim(owner)) at.load(0, 0, current.flat);
  };

  const perform = (
    at: TrainingDesk,
    rows: Int32Array,
    batch: number,
    rate: number,
    coefficients?: Float64Array,
  ): MaybePromise<void> => {
    claim(at);
    const count = Math.ceil(rows.length / batch);
    const done = at.steps(rows, batch, rate, { steps, loss: loss.sum }, coefficients);
    return whenReady(done, (sum) => {
      steps += count;
      loss = { sum, rows: loss.rows + rows.length };
    });
  };

  const check = (rows: Int32Array, learningRate: number, coefficients?: Float64Array) => {
    requireInUse('step');
    if (!Number.isFinite(learningRate)) {
      throw argumentError('step', `learningRate is ${learningRate}, expected a finite number`);
    }
    if (rows.length === 0) throw argumentError('step', 'rows is empty, expected at least one');
    if (coefficients) requireLength('step', 'coefficients', coefficients, pointCount);
    else if (pointCount > 1) throw argumentError('step', `coefficients is missing, expected ${pointCount}`);
    for (let i = 0; i < rows.length; i++) {
      if (!(rows[i] >= 0 && rows[i] < data.size)) {
        throw argumentError('step', `rows[${i}] is ${rows[i]}, expected a row from 0 to ${data.size - 1}`);
      }
    }
  };

  const trainer: Trainer = {
    step(rows, learningRate, random, coefficients) {
      check(rows, learningRate, coefficients);
      if (data.arrays) {
        return team.turn(() => perform(deskFor(rows.length), rows, rows.length, learningRate, coefficients));
      }
      return whenReady(gatherBatch(data, rows, random), (gathered) =>
        team.turn(() => {
          const at = deskFor(Math.max(FIRST_BATCH, rows.length));
          at.place(gathered);
          const all = Int32Array.from({ length: rows.length }, (_, row) => row);
          return perform(at, all, rows.length, learningRate, coefficients);
        }),
      );
    },
    takeLoss() {
      requireInUse('takeLoss');
      const taken = loss;
      loss = { sum: 0, rows: 0 };
      return taken;
    },
    points() {
      requireInUse('points');
      return team.turn(() =>
        Array.from({ length: pointCount }, (_, k) => (own ? current.read().slice() : deskFor(1).vector(k, 0))),
      );
    },
    state() {
      requireInUse('state');
      return team.turn(() => {
        const at = deskFor(1);
        claim(at);
        const state: Record<string, Float32Array | number | string> = {
          optimizer: optimizer.kind,
          steps,
          lossSum: loss.sum,
          lossRows: loss.rows,
        };
        for (let k = 0; k < pointCount; k++) {
          state[`points[${k}]`] = at.vector(k, 0);
          memory.forEach((name, i) => {
            state[`${name}[${k}]`] = at.vector(k, i + 1);
          });
        }
        return state;
      });
    },
    restore(state) {
      requireInUse('restore');
      if (state.optimizer !== optimizer.kind) {
        throw argumentError('restore', `state.optimizer is ${String(state.optimizer)}, expected ${optimizer.kind}`);
      }
      const vector = (name: string): Float32Array => {
        const values = state[name];
        if (!isFloat32Array(values)) throw argumentError('restore', `state has no ${name}, expected a Float32Array`);
        requireLength('restore', `state["${name}"]`, values, order.layout.size);
        requireFinite('restore', `state["${name}"]`, values);
        return values;
      };
      const restored = Array.from({ length: pointCount }, (_, k) => [
        vector(`points[${k}]`),
        ...memory.map((name) => vector(`${name}[${k}]`)),
      ]);
      requireCount('restore', 'state.steps', state.steps, 0);
      const at = deskFor(1);
      claim(at);
      restored.forEach((vectors, k) => {
        vectors.forEach((values, i) => {
          at.load(k, i, values);
        });
      });
      steps = state.steps;
      loss = { sum: Number(state.lossSum ?? 0), rows: Number(state.lossRows ?? 0) };
    },
    dispose() {
      if (disposed) return;
      if (own) current.release(owner);
      disposed = true;
      desk?.close();
    },
  };
  if (data.arrays && pointCount === 1) {
    trainer.run = (rows, batchSize, learningRate) => {
      check(rows, learningRate);
      requireCount('run', 'batchSize', batchSize);
      const from = (start: number): MaybePromise<void> => {
        const at = deskFor(Math.min(batchSize, rows.length));
        const end = Math.min(rows.length, start + at.mostSteps(batchSize) * batchSize);
        return whenReady(perform(at, rows.subarray(start, end), batchSize, learningRate), () =>
          end < rows.length ? from(end) : undefined,
        );
      };
      return team.turn(() => from(0));
    };
  }
  return trainer;
}

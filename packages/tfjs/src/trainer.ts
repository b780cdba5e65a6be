import type { BatchNormStatistics, Optimizer, Trainer } from '@subspace/core';
import {
  argumentError,
  isFloat32Array,
  isFloat64Array,
  requireCount,
  requireFinite,
  requireLength,
  requireTwoRows,
  whenReady,
} from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { unbiased } from './batch-norm.ts';
import type { DeviceData } from './device-data.ts';
import type { Mode } from './forward.ts';
import { add, scaled } from './kernels.ts';
import type { BatchNormLayer } from './layer.ts';
import { eachReady, mapReady } from './maybe-promise.ts';
import { joinWeights, type ModelWeights, splitWeights } from './model-weights.ts';
import { type Objective, rowValues, total } from './objective.ts';
import { type Memory, optimizerStep } from './optimizer-step.ts';
import { take } from './reading.ts';
import { scope } from './scope.ts';

export interface TrainerParts {
  readonly weights: ModelWeights;
  readonly batchNormLayers: readonly BatchNormLayer[];
  readonly objective: Objective;
  readonly data: DeviceData;
  readonly optimizer: Optimizer;
  /** Points to train; the network's own weights where absent. */
  readonly points?: readonly Float32Array[];
  readonly fixed?: readonly boolean[];
}

interface Point {
  /** Flat [D]; of the network's own weights, only while its variables hold what the last step left there. */
  value: tf.Tensor1D;
  memory: Memory;
  readonly fixed: boolean;
}

/**
 * Steps of an optimizer on the device, on the network's own weights or on points that span a curve.
 *
 * Weights and what the optimizer remembers are flat vectors, so that an update is a handful of operations however many layers there are.
 */
export function layersTrainer(parts: TrainerParts): Trainer {
  const { weights, objective, data, optimizer, batchNormLayers } = parts;
  const { layout } = weights;
  const step = optimizerStep(optimizer, layout);
  const own = parts.points === undefined;
  const points: Point[] = (parts.points ?? [undefined]).map((values, k) => ({
    value: values ? tf.keep(tf.tensor1d(new Float32Array(values))) : tf.keep(tf.tidy(() => currentWeights(weights))),
    memory: step.memoryNames.map(() => tf.keep(tf.zeros([layout.size]))),
    fixed: parts.fixed?.[k] ?? false,
  }));
  const written: (object | undefined)[] = weights.variables.map(({ val }) => val.dataId);
  let count = 0;
  const loss = lossTally();

  const update = (point: Point, gradient: tf.Tensor1D, rate: number) => {
    const [value, memory] = step.apply(point.value, gradient, point.memory, rate, count);
    replace(
      point,
      tf.keep(value),
      memory.map((vector) => tf.keep(vector)),
    );
  };

  const trainer: Trainer = {
    step(rows, learningRate, random, coefficients) {
      if (rows.length === 0) throw argumentError('step', 'rows is empty, expected at least one');
      if (batchNormLayers.length > 0) requireTwoRows('step', 'rows.length', rows.length);
      if (coefficients) requireLength('step', 'coefficients', coefficients, points.length);
      else if (points.length > 1) throw argumentError('step', `coefficients is missing, expected ${points.length}`);
      return whenReady(data.gather(rows, random), (batch) => {
        try {
          scope(() => {
            if (own && weights.variables.some(({ val }, i) => val.dataId !== written[i])) {
              // Somebody wrote the network's weights since the last step.
              replace(
                points[0],
                tf.keep(currentWeights(weights)),
                points[0].memory.map((vector) => tf.keep(tf.clone(vector))),
              );
            }
            const mixed = coefficients ? combination(points, coefficients) : points[0].value;
            const tensors =
              own && !coefficients ? weights.variables.map(({ val }) => val) : splitWeights(weights, mixed);
            const mode: Mode = {
              batchNorm: 'batch',
              dropout: random,
              onMoments: own
                ? (layer, moments) => updateStatistics(layer, moments.mean, moments.variance, moments.count)
                : undefined,
            };
            const { gradients, values } = objective.gradients(tensors, batch, mode);
            loss.add(values, rows.length);
            // The objective is a sum of log p: the loss is its mean, negated.
            let gradient = scaled(joinWeights(gradients), -1 / rows.length);
            if (optimizer.weightDecay > 0) gradient = add(gradient, scaled(mixed, optimizer.weightDecay));
            count++;
            points.forEach((point, k) => {
              if (point.fixed) return;
              update(point, coefficients ? scaled(gradient, coefficients[k]) : gradient, learningRate);
            });
            if (own) assign(weights, points[0].value, written);
          });
        } finally {
          batch.release();
        }
      });
    },
    takeLoss: () => loss.take(),
    points: () => mapReady(points, ({ value }) => take(tf.clone(value))),
    state() {
      const entries: [string, tf.Tensor][] = points.flatMap(({ value, memory }, k) => [
        [`points[${k}]`, value] as [string, tf.Tensor],
        ...memory.map((vector, i) => [`${step.memoryNames[i]}[${k}]`, vector] as [string, tf.Tensor]),
      ]);
      if (own) {
        batchNormLayers.forEach(({ movingMean, movingVariance }, i) => {
          entries.push([`mean[${i}]`, movingMean.val], [`variance[${i}]`, movingVariance.val]);
        });
      }
      const state: Record<string, Float32Array | number | string> = { optimizer: optimizer.kind, steps: count };
      return whenReady(
        eachReady(entries, ([name, tensor]) =>
          whenReady(take(tf.clone(tensor)), (values) => {
            state[name] = values;
          }),
        ),
        () => whenReady(loss.read(), ({ sum, rows }) => ({ ...state, lossSum: sum, lossRows: rows })),
      );
    },
    restore(state) {
      if (state.optimizer !== optimizer.kind) {
        throw argumentError('restore', `state.optimizer is ${String(state.optimizer)}, expected ${optimizer.kind}`);
      }
      const vector = (name: string, length: number): Float32Array => {
        const values = state[name];
        if (!isFloat32Array(values)) throw argumentError('restore', `state has no ${name}, expected a Float32Array`);
        requireLength('restore', `state["${name}"]`, values, length);
        return values;
      };
      requireCount('restore', 'state.steps', state.steps, 0);
      const restored = points.map((_, k) => ({
        value: vector(`points[${k}]`, layout.size),
        memory: step.memoryNames.map((name) => vector(`${name}[${k}]`, layout.size)),
      }));
      const statistics = own
        ? batchNormLayers.flatMap(({ movingMean }, i) => [
            vector(`mean[${i}]`, movingMean.val.size),
            vector(`variance[${i}]`, movingMean.val.size),
          ])
        : [];
      restored.forEach(({ value, memory }, k) => {
        replace(
          points[k],
          tf.keep(tf.tensor1d(new Float32Array(value))),
          memory.map((values) => tf.keep(tf.tensor1d(new Float32Array(values)))),
        );
      });
      count = state.steps;
      loss.set({ sum: Number(state.lossSum ?? 0), rows: Number(state.lossRows ?? 0) });
      if (own) {
        tf.tidy(() => assign(weights, points[0].value, written));
        writeStatistics(batchNormLayers, statistics);
      }
    },
    dispose() {
      for (const { value, memory } of points) tf.dispose([value, ...memory]);
      loss.dispose();
      step.dispose();
      data.dispose();
    },
  };
  return trainer;
}

/** Sets the layers' running statistics: mean, then variance of each. */
function writeStatistics(layers: readonly BatchNormLayer[], statistics: BatchNormStatistics): void {
  layers.forEach(({ movingMean, movingVariance }, i) => {
    [movingMean, movingVariance].forEach(({ val }, j) => {
      const tensor = tf.tensor1d(new Float32Array(statistics[2 * i + j]));
      val.assign(tensor);
      tensor.dispose();
    });
  });
}

/** Throws unless the points are flat weights of the layout. */
export function requirePoints(
  where: string,
  points: readonly Float32Array[],
  fixed: readonly boolean[] | undefined,
  size: number,
): void {
  if (points.length === 0) throw argumentError(where, 'points is empty, expected at least one');
  points.forEach((point, k) => {
    requireLength(where, `points[${k}]`, point, size);
    requireFinite(where, `points[${k}]`, point);
  });
  if (fixed) requireLength(where, 'fixed', fixed, points.length);
}

function currentWeights({ variables }: ModelWeights): tf.Tensor1D {
  return joinWeights(variables.map(({ val }) => val));
}

/** Σ coefficients[k]·θₖ, in order. */
function combination(points: readonly Point[], coefficients: Float64Array): tf.Tensor1D {
  return points
    .map(({ value }, k) => tf.mul(value, coefficients[k]) as tf.Tensor1D)
    .reduce((sum, term) => tf.add(sum, term));
}

function replace(point: Point, value: tf.Tensor1D, memory: Memory): void {
  tf.dispose([point.value, ...point.memory]);
  point.value = value;
  point.memory = memory;
}

/** Makes the variables hold the flat weights, and notes that they do. */
function assign(weights: ModelWeights, flat: tf.Tensor1D, written: (object | undefined)[]): void {
  splitWeights(weights, flat).forEach((tensor, i) => {
    weights.variables[i].val.assign(tensor);
    written[i] = tensor.dataId;
  });
}

/** running ← running + (1 − momentum)·(batch − running), with the unbiased variance: PyTorch's rule with Keras' momentum. */
function updateStatistics(layer: BatchNormLayer, mean: tf.Tensor, variance: tf.Tensor, count: number): void {
  tf.tidy(() => {
    const towards = (running: tf.Variable, batch: tf.Tensor) =>
      running.assign(tf.add(tf.mul(running, layer.momentum), tf.mul(batch, 1 - layer.momentum)));
    towards(layer.movingMean.val, mean);
    towards(layer.movingVariance.val, tf.mul(variance, unbiased(count)));
  });
}

/** Losses since they were last taken: in float64 where values are at hand, on the device where reading them would stall it. */
function lossTally() {
  let sum = 0;
  let rows = 0;
  let onDevice: tf.Tensor | undefined;
  const tally = {
    add(values: Float64Array | tf.Tensor, count: number): void {
      rows += count;
      if (isFloat64Array(values)) sum -= total(values);
      else {
        const before = onDevice;
        onDevice = tf.keep(before ? tf.sub(before, tf.sum(values)) : tf.neg(tf.sum(values)));
        tf.dispose([values, ...(before ? [before] : [])]);
      }
    },
    take() {
      const read = onDevice ? rowValues(onDevice) : undefined;
      const counted = rows;
      const known = sum;
      onDevice = undefined;
      sum = 0;
      rows = 0;
      return read === undefined
        ? { sum: known, rows: counted }
        : whenReady(read, ([value]) => ({ sum: known + value, rows: counted }));
    },
    /** What `take` would give, which stays. */
    read: () =>
      whenReady(tally.take(), (taken) => {
        tally.set(taken);
        return taken;
      }),
    set(taken: { readonly sum: number; readonly rows: number }): void {
      onDevice?.dispose();
      onDevice = undefined;
      ({ sum, rows } = taken);
    },
    dispose(): void {
      onDevice?.dispose();
    },
  };
  return tally;
}

import type { Arrays, BatchNormStatistics, Dataset, Likelihood, MaybePromise, Network } from '@subspace/core';
import {
  argumentError,
  readsLogits,
  requireArrays,
  requireCount,
  requireDataset,
  requireKnownOptions,
  requireLength,
  requireLikelihood,
  requireSameLayout,
  requireTwoRows,
  subspaceIdentity,
  whenReady,
} from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { engineName, registerKernels, requireBackend } from './backend.ts';
import { dataUploads, upload32 } from './device-data.ts';
import { endingOf, requireNoProbabilities, splitBefore } from './ending.ts';
import { inUse } from './in-use.ts';
import { linearise } from './jacobian.ts';
import { isBatchNorm, leafLayers } from './layer.ts';
import { activationsPerRow, requireModel } from './layers-model.ts';
import { eachReady, lastly, mapReady } from './maybe-promise.ts';
import { modelIdentity } from './model-identity.ts';
import { joinWeights, modelWeights, readVariables, splitWeights, writeVariables } from './model-weights.ts';
import { movingLayers } from './moving-layers.ts';
import { type NetworkFunction, networkFunction } from './network-function.ts';
import { objective, rowValues, total } from './objective.ts';
import { take } from './reading.ts';
import { scope } from './scope.ts';
import { batchesOf, refreshed, runningMode, uploadStatistics } from './statistics.ts';
import { layersSubspaceLikelihood } from './subspace-likelihood.ts';
import { requireGradients, requireSecondGradients, requireSeedable } from './trainability.ts';
import { layersTrainer, requirePoints } from './trainer.ts';

/** Batch of a network with batch norm, whose value depends on it; of others, what fits this many activations. */
const batchNormBatch = 128;
const activationBudget = 2 ** 25;

/**
 * A TensorFlow.js layers model as a `Network`.
 *
 * Any model with one input and one output: sequential or functional, nested, with shared or custom layers. The weights stay the model's own; weight
 * decay and priors are this project's, so regularizers and constraints of the layers are not applied. Batch norm and dropout follow PyTorch's rules: running
 * variances are unbiased, dropout is drawn from the stream it is given and is off in evaluation.
 *
 * Of a model that ends in softmax, or in a sigmoid of one unit, `categoricalLikelihood` and `binaryLikelihood` read the logits that go into it; other
 * likelihoods, and `predict` without `logits`, the outputs as they are.
 *
 * @param model built (it knows its input shape); it must outlive the network, and is not disposed with it
 * @returns its layout has the trainable weights in the model's order, named `layer/weight`, shaped as TensorFlow has them: dense [in, out]. A model that
 * is built again goes on with the first one's subspaces, moments and checkpoints: the numbers in TensorFlow's own names (`dense_Dense1`) do not count
 * @throws if the model is not built, has several inputs or outputs, or no trainable weights; and by name at layers that are no function of inputs and weights
 * (stateful ones, `RandomWidth`), or that TensorFlow.js computes wrongly
 * @example
 * ```ts
 * import { layersNetwork, useBackend } from '@subspace/tfjs';
 * import { layers, sequential } from '@tensorflow/tfjs-layers';
 *
 * await useBackend('auto');
 * const model = sequential({
 *   layers: [layers.dense({ units: 8, activation: 'relu', inputShape: [2] }), layers.dense({ units: 1 })],
 * });
 * const network = layersNetwork(model);
 * network.layout.size; // 33
 * await network.predict({ data: Float32Array.of(0, 0, 1, 1), shape: [2, 2] }); // { data: Float32Array [0, …], shape: [2, 1] }
 * network.dispose();
 * ```
 */
export function layersNetwork(model: LayersModel): Network {
  const container = requireModel(model);
  requireBackend('layersNetwork');
  registerKernels();
  const weights = modelWeights(container);
  const { layout, variables } = weights;
  const network = networkFunction(container, weights);
  const leaves = leafLayers(container);
  const moving = movingLayers(container, variables);
  const batchNormLayers = leaves.filter(isBatchNorm);
  const uploads = dataUploads();
  const inputShape = container.inputs[0].shape;
  const outputShape = container.outputs[0].shape;

  const requireInputs = (where: string, shape: readonly number[]) => {
    const fits =
      shape.length === inputShape.length && shape.every((length, i) => i === 0 || (inputShape[i] ?? length) === length);
    if (!fits) {
      const expected = inputShape.map((length, i) => (i === 0 ? 'N' : (length ?? 'any'))).join(', ');
      throw argumentError(where, `inputs have shape [${shape.join(', ')}], expected [${expected}]`);
    }
  };
  /** Batch norm takes its statistics from batches of at least two rows. */
  const requireBatches = (where: string, name: string, rows: number, batchSize: number) => {
    if (batchNormLayers.length === 0) return;
    requireTwoRows(where, name, rows);
    requireTwoRows(where, 'batchSize', batchSize);
  };
  let withLogits: NetworkFunction | undefined;
  /** The model up to a final softmax or sigmoid, if it ends in one. */
  const logits = (where: string, rowShape: readonly number[]): NetworkFunction => {
    if (withLogits) return withLogits;
    const ending = endingOf(where, container);
    if (ending.activation) {
      withLogits = networkFunction(container, weights, splitBefore(ending, container, variables));
      return withLogits;
    }
    if (!ending.known) requireNoProbabilities(where, ending, network, variables, rowShape);
    withLogits = network;
    return network;
  };
  /** The model as a likelihood reads it. */
  const readBy = (where: string, likelihood: Likelihood, data: Dataset): NetworkFunction => {
    requireLikelihood(where, likelihood);
    return readsLogits(likelihood) ? logits(where, data.inputShape) : network;
  };
  const requireData = (where: string, data: Dataset) => {
    requireDataset(where, data);
    requireInputs(where, [data.size, ...data.inputShape]);
  };
  const rowsAtOnce = (rows: number) =>
    Math.max(1, Math.min(rows, Math.floor(activationBudget / activationsPerRow(container))));

  /** `f` with tensors of flat weights, the model's own by default. */
  const withWeights = <A>(
    where: string,
    flat: Float32Array | undefined,
    f: (tensors: tf.Tensor[]) => MaybePromise<A>,
  ): MaybePromise<A> => {
    if (!flat) return f(variables.map(({ val }) => val));
    requireLength(where, 'weights', flat, layout.size);
    const tensors = tf.tidy(() => splitWeights(weights, tf.tensor1d(new Float32Array(flat))));
    return lastly(
      () => f(tensors),
      () => tf.dispose(tensors),
    );
  };

  const own: Network = {
    layout,
    get engine() {
      return engineName();
    },
    identity: () => modelIdentity(container, leaves),
    readWeights: () => readVariables(weights),
    writeWeights: (flat) => writeVariables('writeWeights', weights, flat),

    predict(inputs, options = {}) {
      requireKnownOptions('predict', options, ['weights', 'statistics', 'dropout', 'logits']);
      requireArrays('predict', 'inputs', inputs);
      requireInputs('predict', inputs.shape);
      const { statistics, dropout } = options;
      if (statistics) requireStatistics('predict', statistics, batchNormLayers);
      if (dropout) requireSeedable('predict', container);
      const view = options.logits ? logits('predict', inputs.shape.slice(1)) : network;
      const rows = inputs.shape[0];
      const width = inputs.data.length / rows;
      const batch = rowsAtOnce(rows);
      return withWeights('predict', options.weights, (tensors) => {
        const running = statistics && uploadStatistics(statistics);
        const mode = { ...runningMode(batchNormLayers, running), dropout };
        const parts: Float32Array[] = [];
        let shape: number[] = [];
        const starts = Array.from({ length: Math.ceil(rows / batch) }, (_, i) => i * batch);
        return lastly(
          () =>
            whenReady(
              eachReady(starts, (start) => {
                const end = Math.min(start + batch, rows);
                const part = {
                  data: inputs.data.subarray(start * width, end * width),
                  shape: [end - start, ...inputs.shape.slice(1)],
                };
                // A layer may return its input, which must not be disposed with the output.
                const outputs = tf.tidy(() => tf.clone(view.outputs(tensors, upload32(part), mode)));
                shape = outputs.shape;
                return whenReady(take(outputs), (values) => {
                  parts.push(values);
                });
              }),
              (): Arrays => ({ data: joined(parts), shape: [rows, ...shape.slice(1)] }),
            ),
          () => tf.dispose(running?.flat() ?? []),
        );
      });
    },

    trainer(data, likelihood, optimizer, options = {}) {
      requireKnownOptions('trainer', options, ['points', 'fixed']);
      requireData('trainer', data);
      requireGradients('trainer', moving);
      requireSeedable('trainer', container);
      if (options.points) requirePoints('trainer', options.points, options.fixed, layout.size);
      const trainer = layersTrainer({
        weights,
        batchNormLayers,
        optimizer,
        objective: objective('trainer', readBy('trainer', likelihood, data), outputShape, data, likelihood),
        data: uploads.open(data),
        points: options.points,
        fixed: options.fixed,
      });
      return inUse('trainer', trainer, used).object;
    },

    subspaceLikelihood(subspace, data, likelihood, options = {}) {
      const where = 'subspaceLikelihood';
      requireKnownOptions(where, options, ['batchSize', 'batchNorm']);
      requireSameLayout(where, 'subspace', subspace.layout, layout);
      requireData(where, data);
      const { batchNorm = 'batch-statistics' } = options;
      if (batchNorm !== 'batch-statistics' && batchNorm !== 'refresh') {
        throw argumentError(where, `batchNorm is ${JSON.stringify(batchNorm)}, expected batch-statistics or refresh`);
      }
      const batchSize = options.batchSize ?? (batchNormLayers.length > 0 ? batchNormBatch : rowsAtOnce(data.size));
      requireCount(where, 'batchSize', batchSize);
      requireBatches(where, 'data.size', data.size, batchSize);
      const view = readBy(where, likelihood, data);
      const density = layersSubspaceLikelihood({
        subspace,
        network: view,
        weights,
        batchSize,
        batchNormLayers,
        batchNorm,
        objective: objective(where, view, outputShape, data, likelihood),
        data: uploads.open(data),
        requireGradients: (caller) => requireGradients(caller, moving),
        requireSecondGradients: (caller) => requireSecondGradients(caller, moving),
        identity: () =>
          subspaceIdentity({
            ...{ network: own, subspace, data, likelihood },
            ...(batchNormLayers.length > 0 && { batchNorm: { policy: batchNorm, batchSize } }),
          }),
      });
      return inUse('likelihood', density, used).object;
    },

    lossAndGradient(flat, data, rows, likelihood, out = new Float32Array(layout.size)) {
      const where = 'lossAndGradient';
      requireData(where, data);
      requireGradients(where, moving);
      requireLength(where, 'out', out, layout.size);
      const target = objective(where, readBy(where, likelihood, data), outputShape, data, likelihood);
      return withBatches(where, data, rows, (batches) =>
        withWeights(where, flat, (tensors) => {
          out.fill(0);
          let loss = 0;
          const mode = runningMode(batchNormLayers);
          const pass = batches.each((batch) => {
            const { gradients, values } = scope(
              () => {
                const found = target.gradients(tensors, batch, mode);
                return { gradients: joinWeights(found.gradients), values: found.values };
              },
              (result) => [result.gradients],
            );
            return whenReady(take(gradients), (read) => {
              for (let i = 0; i < read.length; i++) out[i] -= read[i];
              return whenReady(rowValues(values), (logDensities) => {
                loss -= total(logDensities);
              });
            });
          });
          return whenReady(pass, () => ({ loss, gradient: out }));
        }),
      );
    },

    jacobian(flat, inputs, options = {}) {
      requireKnownOptions('jacobian', options, ['logits']);
      requireLength('jacobian', 'weights', flat, layout.size);
      requireArrays('jacobian', 'inputs', inputs);
      requireInputs('jacobian', inputs.shape);
      requireGradients('jacobian', moving);
      const view = options.logits ? logits('jacobian', inputs.shape.slice(1)) : network;
      const input = tf.keep(upload32(inputs));
      const tensors = tf.tidy(() => splitWeights(weights, tf.tensor1d(new Float32Array(flat))));
      for (const tensor of tensors) tf.keep(tensor);
      const mode = runningMode(batchNormLayers);
      return {
        times(v) {
          requireLength('jacobian', 'v', v, layout.size);
          requireSecondGradients('jacobian', moving);
          const moved = tf.tidy(() => {
            const tangents = splitWeights(weights, tf.tensor1d(new Float32Array(v)));
            return tf.clone(linearise(view, variables, tensors, input, mode).times(tangents));
          });
          const { shape } = moved;
          return whenReady(take(moved), (data) => ({ data, shape }));
        },
        transposeTimes(u) {
          requireArrays('jacobian', 'u', u);
          const product = tf.tidy(() => {
            const cotangent = upload32(u);
            return joinWeights(
              view.gradients(tensors, input, mode, {
                value: (outputs) => tf.sum(tf.mul(outputs, cotangent)),
                cotangent(outputs) {
                  requireShape('jacobian', 'u', u.shape, outputs.shape);
                  return tf.clone(cotangent);
                },
              }),
            );
          });
          return take(product);
        },
        dispose: () => tf.dispose([input, ...tensors]),
      };
    },
    dispose() {},
  };
  if (batchNormLayers.length > 0) {
    own.refreshStatistics = (flat, data, options = {}) => {
      const where = 'refreshStatistics';
      requireKnownOptions(where, options, ['fraction', 'batchSize']);
      requireData(where, data);
      const { fraction = 1, batchSize = batchNormBatch } = options;
      requireCount(where, 'batchSize', batchSize);
      if (!(fraction > 0 && fraction <= 1))
        throw argumentError(where, `fraction is ${fraction}, expected a number in (0, 1]`);
      const rows = Math.ceil(fraction * data.size);
      requireBatches(where, 'fraction · data.size', rows, batchSize);
      const opened = uploads.open(data, { resident: false });
      return withWeights(where, flat, (tensors) =>
        lastly(
          () =>
            whenReady(
              refreshed(network, tensors, batchNormLayers, batchesOf(opened, rows, batchSize, 2)),
              (statistics) => mapReady(statistics.flat(), take),
            ),
          () => opened.dispose(),
        ),
      );
    };
    own.writeStatistics = (statistics) => {
      requireStatistics('writeStatistics', statistics, batchNormLayers);
      batchNormLayers.forEach((layer, i) => {
        for (const [variable, values] of [
          [layer.movingMean.val, statistics[2 * i]],
          [layer.movingVariance.val, statistics[2 * i + 1]],
        ] as const) {
          const tensor = tf.tensor1d(values.slice());
          variable.assign(tensor);
          tensor.dispose();
        }
      });
    };
  }
  const used = inUse('network', own, {
    get disposed() {
      return variables.some(({ val }) => val.isDisposed) ? 'model' : undefined;
    },
  });
  return used.object;

  function withBatches<A>(
    where: string,
    data: Dataset,
    rows: Int32Array,
    f: (batches: ReturnType<typeof batchesOf>) => MaybePromise<A>,
  ): MaybePromise<A> {
    if (rows.length === 0) throw argumentError(where, 'rows is empty, expected at least one');
    const opened = uploads.open(data, { resident: false });
    const parts = { slice: (start: number, end: number) => opened.gather(rows.subarray(start, end)) };
    return lastly(
      () => f(batchesOf(parts, rows.length, rowsAtOnce(rows.length), 1)),
      () => opened.dispose(),
    );
  }
}

function requireStatistics(
  where: string,
  statistics: BatchNormStatistics,
  layers: readonly { movingMean: { val: tf.Tensor } }[],
): void {
  requireLength(where, 'statistics', statistics, 2 * layers.length);
  layers.forEach(({ movingMean }, i) => {
    requireLength(where, `statistics[${2 * i}]`, statistics[2 * i], movingMean.val.size);
    requireLength(where, `statistics[${2 * i + 1}]`, statistics[2 * i + 1], movingMean.val.size);
  });
}

function requireShape(where: string, name: string, shape: readonly number[], expected: readonly number[]): void {
  if (shape.join() !== expected.join()) {
    throw argumentError(where, `${name} has shape [${shape.join(', ')}], expected [${expected.join(', ')}]`);
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

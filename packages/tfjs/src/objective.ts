import type { Arrays, Dataset, Likelihood, MaybePromise } from '@subspace/core';
import { argumentError, isFloat64Array, readsLogits, whenReady } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { type Batch, targetTensor } from './device-data.ts';
import type { Mode } from './forward.ts';
import { rowGradients, rowLogDensities } from './likelihood-rows.ts';
import { logDensityTensors } from './likelihood-tensors.ts';
import type { Head, NetworkFunction } from './network-function.ts';
import { readsAtOnce, take } from './reading.ts';
import { scope } from './scope.ts';

/** The log likelihood of batches under a network, and its gradient in the weights. */
export interface Objective {
  readonly likelihood: Likelihood;
  /** M, the number of outputs a row. */
  readonly width: number;
  /** log p of each row times its weight, in float64. */
  values(weights: readonly tf.Tensor[], batch: Batch, mode: Mode): MaybePromise<Float64Array>;
  /**
   * Gradients of the sum of those values, and the values; inside `tf.tidy`. The values are an array, or where reading would stall the device a
   * tensor for `rowValues`.
   */
  gradients(weights: readonly tf.Tensor[], batch: Batch, mode: Mode): WeightGradients;
  /** The sum of the values as a head for the tape. */
  head(batch: Batch): Head & { readonly values: () => Float64Array | tf.Tensor };
}

export interface WeightGradients {
  readonly gradients: tf.Tensor[];
  readonly values: Float64Array | tf.Tensor;
}

/** @throws if the network's outputs are not what the likelihood expects for these targets, or a label is out of range */
export function objective(
  where: string,
  network: NetworkFunction,
  outputShape: readonly (number | null)[],
  data: Dataset,
  likelihood: Likelihood,
): Objective {
  const width = requireOutputs(where, outputShape, data, likelihood);
  const tensors = logDensityTensors(where, likelihood);
  // Labels in memory were checked above, once.
  const requireBatch = (batch: Batch) => {
    if (readsLogits(likelihood) && !data.arrays) requireLabels('data.gather', batch.targets, width);
  };
  // Named likelihoods are computed in float64 beside the device where its tensors can be read at once: fewer, cheaper and more exact operations.
  const onHost = () => likelihood.kind !== 'custom' && readsAtOnce();
  const flat = (outputs: tf.Tensor) => tf.reshape(outputs, [-1, width]) as tf.Tensor2D;
  const rows = (outputs: tf.Tensor, batch: Batch) => ({
    outputs: outputs.dataSync() as Float32Array,
    width,
    targets: batch.targets.data,
  });
  const weighted = (outputs: tf.Tensor, batch: Batch) => {
    const values = tensors(flat(outputs), targetTensor(batch.targets));
    if (values.shape.length !== 1 || values.shape[0] !== batch.rows) {
      throw argumentError(
        where,
        `likelihood.logDensity returned shape [${values.shape.join(', ')}], expected [${batch.rows}], a value for each row`,
      );
    }
    return batch.rowWeights ? tf.mul(values, tf.tensor1d(new Float32Array(batch.rowWeights))) : values;
  };
  const head: Objective['head'] = (batch) => {
    let values: Float64Array | tf.Tensor;
    if (onHost() && likelihood.kind !== 'custom') {
      return {
        values: () => values,
        value: (outputs) => tf.sum(weighted(outputs, batch)),
        cotangent(outputs) {
          const read = rows(outputs, batch);
          values = weightedBy(rowLogDensities(likelihood, read), batch.rowWeights);
          return tf.tensor(rowGradients(likelihood, read, batch.rowWeights), outputs.shape, 'float32');
        },
      };
    }
    return {
      values: () => values,
      value(outputs) {
        const tensor = weighted(outputs, batch);
        values = tf.keep(tf.clone(tensor));
        return tf.sum(tensor);
      },
    };
  };
  return {
    likelihood,
    width,
    head,
    values(weights, batch, mode) {
      requireBatch(batch);
      if (onHost() && likelihood.kind !== 'custom') {
        return scope(() => {
          const outputs = network.outputs(weights, batch.inputs, mode);
          return weightedBy(rowLogDensities(likelihood, rows(outputs, batch)), batch.rowWeights);
        });
      }
      return rowValues(tf.tidy(() => weighted(network.outputs(weights, batch.inputs, mode), batch)));
    },
    gradients(weights, batch, mode) {
      requireBatch(batch);
      const own = head(batch);
      const gradients = network.gradients(weights, batch.inputs, mode, own);
      return { gradients, values: own.values() };
    },
  };
}

/** Row values as an array; a tensor of them is disposed. */
export function rowValues(values: Float64Array | tf.Tensor): MaybePromise<Float64Array> {
  if (isFloat64Array(values)) return values;
  return whenReady(take(values), (read) => Float64Array.from(read));
}

/** Σ, in float64. */
export function total(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

function weightedBy(values: Float64Array, rowWeights?: Float32Array): Float64Array {
  if (rowWeights) for (let i = 0; i < values.length; i++) values[i] *= rowWeights[i];
  return values;
}

/** Of as many classes as there are logits; of one logit two. */
function requireLabels(where: string, { data }: Arrays, width: number): void {
  const classes = Math.max(2, width);
  for (let i = 0; i < data.length; i++) {
    if (!Number.isInteger(data[i]) || data[i] < 0 || data[i] >= classes) {
      throw argumentError(where, `targets[${i}] is ${data[i]}, expected a label from 0 to ${classes - 1}`);
    }
  }
}

function requireOutputs(
  where: string,
  outputShape: readonly (number | null)[],
  data: Dataset,
  likelihood: Likelihood,
): number {
  const perRow = outputShape.slice(1);
  const product = (shape: readonly (number | null)[]) =>
    shape.reduce<number>((size, length) => size * (length ?? 1), 1);
  const width = product(perRow);
  const targets = product(data.targetShape);
  if (likelihood.kind === 'gaussian' || likelihood.kind === 'heteroscedastic-gaussian') {
    const expected = likelihood.kind === 'gaussian' ? targets : 2 * targets;
    if (width !== expected) {
      const what = likelihood.kind === 'gaussian' ? 'a mean' : 'a mean and a variance';
      throw argumentError(where, `network has ${width} outputs, expected ${expected}, ${what} for each target`);
    }
  } else if (readsLogits(likelihood)) {
    if (likelihood.kind === 'categorical' ? width < 2 : width !== 1) {
      const expected =
        likelihood.kind === 'categorical'
          ? '2 or more, a logit for each class; or binaryLikelihood for two classes and one logit'
          : '1, the logit of class 1; or categoricalLikelihood for a logit for each class';
      throw argumentError(where, `network has ${width} ${width === 1 ? 'output' : 'outputs'}, expected ${expected}`);
    }
    if (targets !== 1) {
      const problem = `targets have ${targets} values a row, expected one label: one-hot? give class numbers`;
      throw argumentError(where, problem);
    }
    if (data.arrays) requireLabels(where, data.arrays.targets, width);
  }
  return width;
}

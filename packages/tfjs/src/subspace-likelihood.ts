import type { Evaluation, MaybePromise, Subspace, SubspaceLikelihood, Vector } from '@subspace/core';
import { argumentError, requireLength, requireTwoRows, whenReady } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { engineName } from './backend.ts';
import type { DeviceData } from './device-data.ts';
import type { Mode } from './forward.ts';
import { addGram, informationTimes } from './gauss-newton.ts';
import { linearise } from './jacobian.ts';
import { add, product, reshaped } from './kernels.ts';
import type { BatchNormLayer } from './layer.ts';
import { eachReady, lastly, mapReady } from './maybe-promise.ts';
import { type ModelWeights, splitWeights } from './model-weights.ts';
import type { NetworkFunction } from './network-function.ts';
import { type Objective, rowValues, total } from './objective.ts';
import { readsAtOnce, take } from './reading.ts';
import { scope } from './scope.ts';
import { type Batches, batchesOf, type DeviceStatistics, refreshed, runningMode } from './statistics.ts';
import { gradientsThroughStatistics } from './statistics-gradient.ts';

export interface SubspaceLikelihoodParts {
  readonly subspace: Subspace;
  readonly network: NetworkFunction;
  readonly weights: ModelWeights;
  readonly objective: Objective;
  readonly data: DeviceData;
  readonly batchSize: number;
  readonly batchNormLayers: readonly BatchNormLayer[];
  readonly batchNorm: 'batch-statistics' | 'refresh';
  identity(): MaybePromise<object | undefined>;
  /** Throws where the backend has no gradient of a layer. */
  requireGradients(where: string): void;
  /** Throws where TensorFlow.js cannot go backward twice through a layer. */
  requireSecondGradients(where: string): void;
}

/**
 * log p(D | ŵ + zᵀP) and its derivatives in z.
 *
 * One z at a time: a batched matrix product is slower than a loop on WebAssembly, and a value never depends on what else is asked for. Data and basis
 * stay on the device; rows are summed in float64.
 */
export function layersSubspaceLikelihood(parts: SubspaceLikelihoodParts): SubspaceLikelihood {
  const { subspace, network, weights, objective, data, batchSize, batchNormLayers, requireGradients } = parts;
  const dim = subspace.basis.length;
  const { size } = subspace.layout;
  const shift = tf.keep(tf.tensor1d(new Float32Array(subspace.shift)));
  const basis = tf.keep(
    tf.tidy(() => tf.stack(subspace.basis.map((row) => tf.tensor1d(new Float32Array(row)))) as tf.Tensor2D),
  );
  const all = batchesOf(data, data.size, batchSize, batchNormLayers.length > 0 ? 2 : 1);
  const refreshes = parts.batchNorm === 'refresh' && batchNormLayers.length > 0;
  const mode: Mode = { batchNorm: batchNormLayers.length > 0 && !refreshes ? 'batch' : 'running' };

  /** `f` with the weights of z, and the mode to evaluate them in. */
  const at = <A>(
    where: string,
    point: Vector,
    f: (tensors: tf.Tensor[], mode: Mode, statistics?: DeviceStatistics) => MaybePromise<A>,
  ): MaybePromise<A> => {
    requireLength(where, 'point', point, dim);
    const tensors = tf.tidy(() => {
      const z = tf.tensor2d(Float32Array.from(point), [1, dim]);
      return splitWeights(weights, add(reshaped(product(z, basis), [size]), shift));
    });
    return lastly(
      () => {
        if (!refreshes) return f(tensors, mode);
        return whenReady(refreshed(network, tensors, batchNormLayers, all), (statistics) =>
          lastly(
            () => f(tensors, runningMode(batchNormLayers, statistics), statistics),
            () => tf.dispose(statistics.flat()),
          ),
        );
      },
      () => tf.dispose(tensors),
    );
  };

  const evaluate = (where: string, point: Vector, batches: Batches, factor: number): MaybePromise<Evaluation> =>
    at(where, point, (tensors, atMode, statistics) => {
      let value = 0;
      const gradient = new Float64Array(dim);
      const towardsGradient = (gradients: tf.Tensor[]) => projected(gradients, basis, subspace, gradient);
      const pass = statistics
        ? gradientsThroughStatistics(parts, tensors, statistics, batches, all, towardsGradient)
        : batches.each((batch) => {
            const { gradients, values } = scope(
              () => objective.gradients(tensors, batch, atMode),
              (result) => result.gradients,
            );
            return whenReady(rowValues(values), (read) => {
              value += total(read);
              return towardsGradient(gradients);
            });
          });
      return whenReady(pass, (sum) => ({
        value: factor * (typeof sum === 'number' ? sum : value),
        gradient: gradient.map((g) => factor * g),
      }));
    });

  const rows = (where: string, point: Vector, visit: (values: Float64Array) => void): MaybePromise<void> =>
    at(where, point, (tensors, atMode) =>
      all.each((batch) => whenReady(objective.values(tensors, batch, atMode), visit)),
    );

  return {
    engine: engineName(),
    identity: parts.identity,
    dim,
    rows: data.size,
    values: (points) => {
      const values = new Float64Array(points.length);
      let i = 0;
      return whenReady(
        eachReady(points, (point) => {
          const place = i++;
          return rows('values', point, (read) => {
            values[place] += total(read);
          });
        }),
        () => values,
      );
    },
    valuesAndGradients(points) {
      requireGradients('valuesAndGradients');
      return mapReady(points, (point) => evaluate('valuesAndGradients', point, all, 1));
    },
    minibatch(points, indices) {
      requireGradients('minibatch');
      if (indices.length === 0) throw argumentError('minibatch', 'rows is empty, expected at least one');
      if (mode.batchNorm === 'batch') requireTwoRows('minibatch', 'rows.length', indices.length);
      return whenReady(data.gather(indices), (batch) =>
        lastly(
          () => {
            const batches: Batches = { rows: indices.length, each: (f) => f(batch) };
            return mapReady(points, (point) => evaluate('minibatch', point, batches, data.size / indices.length));
          },
          () => batch.release(),
        ),
      );
    },
    pointwise(point) {
      const values = new Float64Array(data.size);
      let offset = 0;
      return whenReady(
        rows('pointwise', point, (read) => {
          values.set(read, offset);
          offset += read.length;
        }),
        () => values,
      );
    },
    gaussNewton(point) {
      parts.requireGradients('gaussNewton');
      parts.requireSecondGradients('gaussNewton');
      if (refreshes) {
        throw argumentError(
          'gaussNewton',
          "batchNorm is 'refresh', expected 'batch-statistics': its outputs are no function of rows alone",
        );
      }
      const matrix = new Float64Array(dim * dim);
      const directions = tf.tidy(() =>
        subspace.basis.map((_, k) => splitWeights(weights, tf.slice(basis, [k, 0], [1, size]))),
      );
      return lastly(
        () =>
          whenReady(
            at('gaussNewton', point, (tensors, atMode) =>
              all.each((batch) => {
                const read = tf.tidy(() => {
                  const at = linearise(network, weights.variables, tensors, batch.inputs, atMode);
                  return [at.outputs, ...directions.map((tangents) => at.times(tangents))].map((tensor) =>
                    tf.clone(tensor),
                  );
                });
                return whenReady(mapReady(read, take), ([outputs, ...tangents]) =>
                  whenReady(informationTimes(objective, outputs, tangents), (products) => {
                    addGram(matrix, tangents, products, objective.width, batch);
                  }),
                );
              }),
            ),
            () => matrix,
          ),
        () => tf.dispose(directions.flat()),
      );
    },
    dispose() {
      tf.dispose([shift, basis]);
      data.dispose();
    },
  };
}

/** Adds P·gradient to `out`: in float64 where the gradient can be read at once. The gradients are disposed. */
function projected(
  gradients: tf.Tensor[],
  basis: tf.Tensor2D,
  { basis: rows, layout }: Subspace,
  out: Float64Array,
): MaybePromise<void> {
  if (!readsAtOnce()) {
    const product = tf.tidy(() => {
      const flat = tf.concat1d(gradients.map((gradient) => tf.reshape(gradient, [gradient.size])));
      return tf.reshape(tf.matMul(basis, tf.reshape(flat, [layout.size, 1])), [rows.length]);
    });
    tf.dispose(gradients);
    return whenReady(take(product), (values) => {
      for (let k = 0; k < values.length; k++) out[k] += values[k];
    });
  }
  gradients.forEach((gradient, i) => {
    const values = gradient.dataSync() as Float32Array;
    const { offset } = layout.entries[i];
    rows.forEach((row, k) => {
      let sum = 0;
      for (let j = 0; j < values.length; j++) sum += row[offset + j] * values[j];
      out[k] += sum;
    });
    gradient.dispose();
  });
}

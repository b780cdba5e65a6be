import type { MaybePromise } from '@subspace/core';
import { isFloat64Array, whenReady } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';
import { unbiased } from './batch-norm.ts';
import type { BatchNormLayer } from './layer.ts';
import { undoing } from './maybe-promise.ts';
import { type NetworkFunction, tapeGradients } from './network-function.ts';
import { type Objective, total } from './objective.ts';
import { scope } from './scope.ts';
import { type Batches, type DeviceStatistics, runningMode } from './statistics.ts';

interface RefreshedObjective {
  readonly network: NetworkFunction;
  readonly objective: Objective;
  readonly batchNormLayers: readonly BatchNormLayer[];
}

/**
 * The gradient where the statistics are refreshed, and so depend on the weights as well: ∂L/∂w + (∂s/∂w)ᵀ·∂L/∂s, the second term in another pass
 * over the batches that the statistics s are an average of.
 *
 * @returns the value
 */
export function gradientsThroughStatistics(
  { network, objective, batchNormLayers }: RefreshedObjective,
  tensors: readonly tf.Tensor[],
  statistics: DeviceStatistics,
  batches: Batches,
  all: Batches,
  visit: (gradients: tf.Tensor[]) => MaybePromise<void>,
): MaybePromise<number> {
  const flat = statistics.flat();
  let byStatistics: tf.Tensor[] | undefined;
  let value = 0;
  const first = () =>
    batches.each((batch) => {
      const { head, gradients } = scope(
        () => {
          const own = objective.head(batch);
          const mode = runningMode(batchNormLayers, statistics);
          const f = () => own.value(network.taped(tensors, batch.inputs, mode));
          const found = tapeGradients(f, [...tensors, ...flat]);
          const before = byStatistics;
          const here = found.slice(tensors.length);
          byStatistics = here.map((gradient, i) => tf.keep(before ? tf.add(before[i], gradient) : tf.clone(gradient)));
          if (before) tf.dispose(before);
          return { head: own, gradients: found.slice(0, tensors.length) };
        },
        (result) => result.gradients,
      );
      return whenReady(visit(gradients), () =>
        whenReady(objective.values(tensors, batch, runningMode(batchNormLayers, statistics)), (read) => {
          value += total(read);
          const kept = head.values();
          if (kept && !isFloat64Array(kept)) kept.dispose();
        }),
      );
    });
  const second = () =>
    whenReady(
      all.each((batch) => {
        const gradients = tf.tidy(() => {
          const share = batch.rows / all.rows;
          const terms: tf.Tensor[] = [];
          const f = () => {
            network.taped(tensors, batch.inputs, {
              batchNorm: 'batch',
              onMoments(layer, { mean, variance, count }) {
                const place = 2 * batchNormLayers.indexOf(layer);
                const by = byStatistics as tf.Tensor[];
                terms.push(tf.sum(tf.mul(mean, tf.mul(by[place], share))));
                terms.push(tf.sum(tf.mul(variance, tf.mul(by[place + 1], share * unbiased(count)))));
              },
            });
            return tf.addN(terms) as tf.Scalar;
          };
          return tapeGradients(f, tensors);
        });
        return visit(gradients);
      }),
      () => {
        tf.dispose(byStatistics ?? []);
        return value;
      },
    );
  return undoing(
    () => whenReady(first(), second),
    () => tf.dispose(byStatistics ?? []),
  );
}

import { argumentError, requireCount, requireKnownOptions, requireOptions } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Network } from '../engine/network.ts';
import { requireVariances } from './require-variances.ts';
import { type FitResult, train } from './train.ts';
import { type FitOptions, requireTraining } from './training-options.ts';

/**
 * Trains a network by gradient steps on the mean −log p of shuffled batches, and collects weights on the way.
 *
 * The engine owns weights and steps; epochs, order, schedule, collection and stopping are here. The network keeps the weights it reached, also when
 * cancelled. The same seed gives the same run. The event loop gets a turn at least every 20 ms, or after each longer step.
 *
 * With a checkpoint, a run that was killed goes on from its last saved epoch and gives the numbers of one that was not. One that was cancelled by
 * `signal` saves the epoch under way first, and loses nothing. `epochs` may grow.
 *
 * @throws on invalid options, on batches of one row under batch norm, or as soon as an epoch's loss is not finite (the network then keeps the weights that gave it); when cancelled, an error with `code: 'ABORTED'` and the losses so far;
 * when resumed with another network, engine, data set, likelihood, optimizer, option or seed, naming the difference; on a damaged checkpoint; when the
 * store fails, with `code: 'STORAGE'` and the losses so far
 * @example
 * ```ts
 * import { type FitOptions, gaussianLikelihood, memoryStore, sgd } from '@subspace/core';
 *
 * // fit(network, data, options): the same call starts the run and, after a crash, goes on with it.
 * const options: FitOptions = {
 *   likelihood: gaussianLikelihood({ variance: 1 }),
 *   epochs: 100,
 *   batchSize: 50,
 *   optimizer: sgd({ momentum: 0.9 }),
 *   learningRate: 0.01,
 *   seed: 1,
 *   checkpoint: { store: memoryStore(), every: 10, resume: true },
 * };
 * ```
 */
export async function fit(network: Network, data: Dataset, options: FitOptions): Promise<FitResult> {
  requireOptions('fit', 'options', options);
  const { likelihood, optimizer } = options;
  check(network, data, options);
  await requireVariances('fit', network, data, likelihood);
  const trainer = network.trainer(data, likelihood, optimizer);
  try {
    return await train({ where: 'fit', network, data, options, trainer });
  } finally {
    trainer.dispose();
  }
}

function check(network: Network, data: Dataset, options: FitOptions): void {
  requireTraining('fit', network, data, options, ['collect', 'validation']);
  if (options.collect) {
    requireKnownOptions('fit: collect', options.collect, ['into', 'from', 'every']);
    requireOptions('fit', 'collect.into', options.collect.into);
    requireCount('fit', 'collect.from', options.collect.from, 0);
    requireCount('fit', 'collect.every', options.collect.every ?? 1);
    if (options.collect.from >= options.epochs) {
      throw argumentError(
        'fit',
        `collect.from is ${options.collect.from}, expected less than epochs (${options.epochs})`,
      );
    }
  }
  if (options.validation) {
    requireKnownOptions('fit: validation', options.validation, ['data', 'patience']);
    requireOptions('fit', 'validation.data', options.validation.data);
    const { data: other, patience } = options.validation;
    if (
      String(other.inputShape) !== String(data.inputShape) ||
      String(other.targetShape) !== String(data.targetShape)
    ) {
      throw argumentError(
        'fit',
        `validation.data has rows [${other.inputShape}] → [${other.targetShape}], expected [${data.inputShape}] → [${data.targetShape}] as the data`,
      );
    }
    if (patience !== undefined) requireCount('fit', 'validation.patience', patience);
  }
}

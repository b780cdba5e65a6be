import {
  type CancelSignal,
  type CheckpointStore,
  predictRegression,
  type RegressionPrediction,
  randomSource,
  type Standardization,
  savePosterior,
  subspaceDraws,
} from '@subspace/core';
import { requireCount, requireKnownOptions, requireSeed } from '@subspace/core/internals';
import { requireCoverage } from './coverage.ts';
import { inputsFor, savedTransform } from './input-transform.ts';
import { mixtureQuantile } from './mixture-quantile.ts';
import type { PredictorParts } from './predictor-parts.ts';
import type { Intervals } from './regression-model.ts';
import type { Rows } from './table.ts';

/** The Bayesian model average in the data's units, with its members and as many draws of the targets. */
export interface RegressorPrediction extends RegressionPrediction {
  readonly members: NonNullable<RegressionPrediction['members']>;
  /** Draws of the targets, noise included: one of each member. */
  readonly samples: readonly Float64Array[];
}

export interface EstimatorPredictOptions {
  /** Draws to average over; default: the estimator's `samples`. */
  readonly samples?: number;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: { readonly sample: number; readonly of: number }) => void;
}

/** A regressor that was fitted, here or elsewhere: all in the data's units. */
export interface RegressionPredictor {
  predict(inputs: Rows, options?: EstimatorPredictOptions): Promise<RegressorPrediction>;
  /** Between equal tails of the predictive distribution, a mixture of normals. `coverage` is 0.95 by default. */
  predictInterval(inputs: Rows, options?: EstimatorPredictOptions & { readonly coverage?: number }): Promise<Intervals>;
  /** Draws of the targets, noise included: [count][N·M]. */
  sample(
    inputs: Rows,
    options: { readonly count: number; readonly seed: number | string },
  ): Promise<readonly Float64Array[]>;
  /** What `fit` did and found, in words. */
  report(): string;
  /** Weights, transforms and draws as one entry of the store: see `loadRegressor`. */
  save(store: CheckpointStore): Promise<void>;
  dispose(): void;
}

/** What a regressor predicts with. */
export interface RegressorParts extends PredictorParts {
  readonly targetTransform: Standardization;
}

/** What tells the file of a regressor from others. */
export const REGRESSOR = 'subspace-regressor';

/** @param where the function that made the estimator, for errors */
export function regressionPredictor(where: string, parts: RegressorParts): RegressionPredictor {
  const { network, subspace, draws, likelihood, inputTransform, targetTransform, samples, seed, report } = parts;

  async function predict(
    method: string,
    rows: Rows,
    options: EstimatorPredictOptions,
    from: number | string = seed,
  ): Promise<RegressorPrediction> {
    const { samples: count = samples, signal, onProgress } = options;
    requireCount(method, 'samples', count);
    const inputs = inputsFor(method, inputTransform, rows);
    const prediction = await predictRegression(network, subspaceDraws(subspace, draws), inputs, {
      likelihood,
      samples: count,
      seed: from,
      keepMembers: true,
      signal,
      onProgress,
    });
    const { members, ...moments } = targetTransform.invertPrediction(prediction);
    const { means, variances } = members!;
    const random = randomSource(from).fork('targets');
    const drawn = means.map((mean, s) => mean.map((value, i) => value + Math.sqrt(variances[s][i]) * random.normal()));
    return { ...moments, members: members!, samples: drawn };
  }

  return {
    async predict(inputs, options = {}) {
      requireKnownOptions(`${where}.predict`, options, ['samples', 'signal', 'onProgress']);
      return predict(`${where}.predict`, inputs, options);
    },
    async predictInterval(inputs, { coverage = 0.95, ...options } = {}) {
      const method = `${where}.predictInterval`;
      requireKnownOptions(method, options, ['samples', 'signal', 'onProgress']);
      requireCoverage(method, coverage);
      const { members, mean } = await predict(method, inputs, options);
      const at = (values: readonly Float64Array[], i: number) => Float64Array.from(values, (member) => member[i]);
      const tail = (1 - coverage) / 2;
      const edge = (probability: number) =>
        mean.map((_, i) => mixtureQuantile(at(members.means, i), at(members.variances, i), probability));
      return { lower: edge(tail), upper: edge(1 - tail) };
    },
    async sample(inputs, options) {
      const method = `${where}.sample`;
      requireKnownOptions(method, options, ['count', 'seed']);
      const { count, seed: from } = options;
      requireCount(method, 'count', count);
      requireSeed(method, from);
      const drawn: Float64Array[] = [];
      // A finite sampler has so many weights: each of them as often as needed.
      for (let round = 0; drawn.length < count; round++) {
        const { samples } = await predict(method, inputs, { samples: count - drawn.length }, `${from}, ${round}`);
        drawn.push(...samples);
      }
      return drawn;
    },
    report: () => report,
    async save(store) {
      await savePosterior(store, {
        network: { kind: REGRESSOR, samples, seed, report },
        subspace,
        draws,
        likelihood,
        inputTransform: savedTransform(inputTransform),
        targetTransform: { mean: targetTransform.mean, std: targetTransform.std },
      });
    },
    dispose() {
      parts.posterior?.dispose();
      network.dispose();
    },
  };
}

import {
  type CheckpointStore,
  type ClassificationPrediction,
  predictClassification,
  randomSource,
  savePosterior,
  subspaceDraws,
} from '@subspace/core';
import { requireCount, requireKnownOptions, requireSeed } from '@subspace/core/internals';
import { requireCoverage } from './coverage.ts';
import { inputsFor, savedTransform } from './input-transform.ts';
import type { Label } from './labels.ts';
import { smallestSet } from './prediction-sets.ts';
import type { PredictorParts } from './predictor-parts.ts';
import type { EstimatorPredictOptions } from './regression-predictor.ts';
import type { Rows } from './table.ts';

/** The Bayesian model average, and what it is most sure of. */
export interface ClassifierPrediction extends ClassificationPrediction {
  /** The most probable class of each row. */
  readonly labels: readonly Label[];
}

/** A classifier that was fitted, here or elsewhere. */
export interface ClassificationPredictor {
  /** What the columns of `probabilities` are called. */
  readonly labels: readonly Label[];
  predict(inputs: Rows, options?: EstimatorPredictOptions): Promise<ClassifierPrediction>;
  /** Of each row the fewest classes whose probabilities sum to `coverage` (default 0.95), the most probable first. */
  predictSet(
    inputs: Rows,
    options?: EstimatorPredictOptions & { readonly coverage?: number },
  ): Promise<readonly (readonly Label[])[]>;
  /** Draws of the classes: [count][N]. */
  sample(
    inputs: Rows,
    options: { readonly count: number; readonly seed: number | string },
  ): Promise<readonly (readonly Label[])[]>;
  /** What `fit` did and found, in words. */
  report(): string;
  /** Weights, transforms and draws as one entry of the store: see `loadClassifier`. */
  save(store: CheckpointStore): Promise<void>;
  dispose(): void;
}

/** What a classifier predicts with. */
export interface ClassifierParts extends PredictorParts {
  readonly labels: readonly Label[];
}

/** What tells the file of a classifier from others. */
export const CLASSIFIER = 'subspace-classifier';

/** @param where the function that made the estimator, for errors */
export function classificationPredictor(where: string, parts: ClassifierParts): ClassificationPredictor {
  const { network, subspace, draws, likelihood, inputTransform, labels, samples, seed, report } = parts;

  async function predict(
    method: string,
    rows: Rows,
    { samples: count = samples, signal, onProgress }: EstimatorPredictOptions,
  ): Promise<ClassifierPrediction> {
    requireCount(method, 'samples', count);
    const prediction = await predictClassification(
      network,
      subspaceDraws(subspace, draws),
      inputsFor(method, inputTransform, rows),
      { samples: count, seed, signal, onProgress },
    );
    const best = rowsOf(prediction).map((row) => labels[row.reduce((top, p, c) => (p > row[top] ? c : top), 0)]);
    return { ...prediction, labels: best };
  }

  return {
    labels,
    async predict(inputs, options = {}) {
      requireKnownOptions(`${where}.predict`, options, ['samples', 'signal', 'onProgress']);
      return predict(`${where}.predict`, inputs, options);
    },
    async predictSet(inputs, { coverage = 0.95, ...options } = {}) {
      const method = `${where}.predictSet`;
      requireKnownOptions(method, options, ['samples', 'signal', 'onProgress']);
      requireCoverage(method, coverage);
      const prediction = await predict(method, inputs, options);
      return rowsOf(prediction).map((row) => smallestSet(row, coverage).map((c) => labels[c]));
    },
    async sample(inputs, options) {
      const method = `${where}.sample`;
      requireKnownOptions(method, options, ['count', 'seed']);
      requireCount(method, 'count', options.count);
      requireSeed(method, options.seed);
      const random = randomSource(options.seed);
      const rows = rowsOf(await predict(method, inputs, {}));
      return Array.from({ length: options.count }, () => rows.map((row) => labels[drawn(row, random.uniform())]));
    },
    report: () => report,
    async save(store) {
      await savePosterior(store, {
        network: { kind: CLASSIFIER, labels, samples, seed, report },
        ...{ subspace, draws, likelihood },
        inputTransform: savedTransform(inputTransform),
      });
    },
    dispose() {
      parts.posterior?.dispose();
      network.dispose();
    },
  };
}

function rowsOf({ probabilities, classes }: ClassificationPrediction): readonly Float64Array[] {
  return Array.from({ length: probabilities.length / classes }, (_, i) =>
    probabilities.subarray(i * classes, (i + 1) * classes),
  );
}

/** The class whose stretch of [0, 1) the number is in. */
function drawn(row: Float64Array, uniform: number): number {
  let left = uniform;
  for (let c = 0; c < row.length - 1; c++) {
    left -= row[c];
    if (left < 0) return c;
  }
  return row.length - 1;
}

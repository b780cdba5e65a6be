import { type RandomSource, randomSource } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireNonNegative,
  requireOptions,
  requireSeed,
  show,
} from '@subspace/core/internals';
import type { ClassificationModel, PredictedClasses } from './classification-model.ts';
import { conformalQuantile } from './conformal-quantile.ts';
import { requireCoverage } from './coverage.ts';
import { type Label, readLabels } from './labels.ts';
import { byProbability } from './prediction-sets.ts';
import type { Rows } from './table.ts';

export interface ConformalClassifierOptions {
  /** `'aps'` (the default): adaptive prediction sets. `'raps'`: with a penalty on classes far down the list, for smaller sets of many classes. */
  readonly method?: 'aps' | 'raps';
  /** Of `'raps'`: what each class beyond `freeRanks` adds to a score. Default 0.01. */
  readonly penalty?: number;
  /** Of `'raps'`: how many classes are free of it. Default 5. */
  readonly freeRanks?: number;
  /** Of the uniform numbers that break a score into any part of a class's probability: each row's belongs to its probabilities. Default 0. */
  readonly seed?: number | string;
}

export interface ConformalClassifier<M extends ClassificationModel> {
  /** As the model's own; not needed for one that is fitted already. */
  readonly fit: M['fit'];
  /** Learns from rows that the model has not seen how far down its list the right class is. Replaces what was learnt before. */
  conformalize(inputs: Rows, targets: ArrayLike<Label>): Promise<void>;
  /** Of each row the classes, the most probable first; never none. `coverage` is 0.95 by default. */
  predictSet(inputs: Rows, options?: { readonly coverage?: number }): Promise<readonly (readonly Label[])[]>;
}

/**
 * Sets of classes that hold what they say, of any classifier: split conformal prediction with adaptive prediction sets.
 *
 * The score of a class is the probability of all that are more probable, and u ~ U(0, 1) times its own; under `'raps'` also `penalty`·(rank − `freeRanks`) beyond those. P(class in the set) ≥ `coverage`, whatever the
 * model and the distribution, if the rows of `conformalize` and the new one are exchangeable (drawn alike, and none of them seen by the model). A set has the most probable class at least, so
 * where the model is right more often than `coverage`, so are the sets.
 *
 * It is a promise on average over all rows, and can hurt: see `conformalRegressor`. Nothing is promised where new rows come from elsewhere, or for each class by itself; and an underconfident
 * model's sets become smaller.
 *
 * @param model that predicts probabilities: an estimator of this package, or your own
 * @throws on invalid options; `predictSet` before `conformalize`; a target that is none of the model's classes
 * @see Romano, Sesia & Candès (2020), "Classification with valid and adaptive coverage"; Angelopoulos et al. (2021), "Uncertainty sets for image classifiers using conformal prediction"
 * @example
 * ```ts
 * import { type ClassificationModel, conformalClassifier } from '@subspace/estimators';
 *
 * // A coin of which the model is too sure.
 * const model: ClassificationModel = {
 *   labels: ['heads', 'tails'],
 *   fit() {},
 *   predict: (rows) => ({ classes: 2, probabilities: Float64Array.from((rows as number[][]).flatMap(() => [0.95, 0.05])) }),
 * };
 * const calibrated = conformalClassifier(model);
 * const flips = Array.from({ length: 100 }, (_, i) => (i % 2 ? 'heads' : 'tails'));
 * await calibrated.conformalize(flips.map(() => [0]), flips);
 * await calibrated.predictSet([[0]], { coverage: 0.9 }); // [['heads', 'tails']]
 * ```
 */
export function conformalClassifier<M extends ClassificationModel>(
  model: M,
  options: ConformalClassifierOptions = {},
): ConformalClassifier<M> {
  const where = 'conformalClassifier';
  requireOptions(where, 'model', model);
  requireKnownOptions(where, options, ['method', 'penalty', 'freeRanks', 'seed']);
  const { method = 'aps', penalty = 0.01, freeRanks = 5, seed = 0 } = options;
  if (method !== 'aps' && method !== 'raps') {
    throw argumentError(where, `method is ${show(method)}, expected 'aps' or 'raps'`);
  }
  requireNonNegative(where, 'penalty', penalty);
  requireCount(where, 'freeRanks', freeRanks, 0);
  requireSeed(where, seed);
  const random = randomSource(seed);
  const costOf = (rank: number) => (method === 'raps' ? penalty * Math.max(0, rank + 1 - freeRanks) : 0);
  let scores: Float64Array | undefined;

  return {
    fit: (inputs, targets, ...more: []) => model.fit(inputs, targets, ...more),
    async conformalize(inputs, targets) {
      const method = `${where}.conformalize`;
      const prediction = await model.predict(inputs);
      const { indices } = readLabels(method, 'targets', targets, labelsOf(model, prediction));
      const rows = scored(prediction, random, costOf);
      if (rows.length !== indices.length) {
        throw argumentError(method, `targets have length ${indices.length}, expected ${rows.length} as the inputs`);
      }
      scores = Float64Array.from(rows, (row, i) => row.find(({ index }) => index === indices[i])!.score);
    },
    async predictSet(inputs, given = {}) {
      const method = `${where}.predictSet`;
      requireKnownOptions(method, given, ['coverage']);
      const { coverage = 0.95 } = given;
      requireCoverage(method, coverage);
      if (!scores) {
        throw argumentError(method, 'nothing was conformalized, expected conformalize(inputs, targets) before');
      }
      const limit = conformalQuantile(scores, coverage);
      const prediction = await model.predict(inputs);
      const labels = labelsOf(model, prediction);
      return scored(prediction, random, costOf).map((row) =>
        row.filter(({ score }, rank) => rank === 0 || score <= limit).map(({ index }) => labels[index]),
      );
    },
  };
}

/** Of each row all classes with their scores, the most probable first: scores go up. */
function scored(
  { probabilities, classes }: PredictedClasses,
  random: RandomSource,
  costOf: (rank: number) => number,
): readonly (readonly { readonly index: number; readonly score: number }[])[] {
  return Array.from({ length: probabilities.length / classes }, (_, i) => {
    const row = Float64Array.from({ length: classes }, (_, c) => probabilities[i * classes + c]);
    // The row's own: the same set, whichever rows it is asked with; of rows asked one by one not the same number for all.
    const part = random.fork(row.join()).uniform();
    let above = 0;
    return byProbability(row).map((index, rank) => {
      const score = above + part * row[index] + costOf(rank);
      above += row[index];
      return { index, score };
    });
  });
}

function labelsOf({ labels }: ClassificationModel, { classes }: PredictedClasses): readonly Label[] {
  return labels ?? Array.from({ length: classes }, (_, c) => c);
}

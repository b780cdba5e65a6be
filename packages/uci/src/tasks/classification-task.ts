import { requireKnownOptions } from '@subspace/core/internals';
import { standardize } from '@subspace/datasets';
import type { ClassificationModel } from '../model.ts';
import { type ClassificationScores, classificationScores } from '../scores.ts';
import { labelsOf, predictedClasses, requireModel, rowsOf, type SplitOptions, splitOf, timed } from './task-data.ts';
import type { TaskResult } from './task-result.ts';

export interface ClassificationTaskOptions extends SplitOptions {
  readonly model: ClassificationModel;
  /** Standardise inputs by all rows, as the original code does. Default false: by the training rows. */
  readonly paperCompat?: boolean;
}

export interface ClassificationTaskScores extends ClassificationScores {
  readonly fitSeconds: number;
  readonly inferenceSeconds: number;
}

/** `arrays`: the test rows' labels, and their probabilities [N, C]. */
export type ClassificationResult = TaskResult<ClassificationTaskScores>;

/**
 * One classifier on one split: fitted to the training rows with standardised inputs, scored on the test rows.
 *
 * Probabilities are clipped to [1e-12, 1 − 1e-12], as in the original, so that one wrong certainty is not worth infinitely much.
 *
 * @throws on labels that are no classes, and on predictions of another length or that do not sum to one, naming the first one
 * @example
 * ```ts
 * import { classificationTask } from '@subspace/uci';
 *
 * const dataset = {
 *   name: 'toy',
 *   inputs: { data: Float64Array.from({ length: 40 }, (_, i) => i), shape: [40, 1] },
 *   targets: { data: Int32Array.from({ length: 40 }, (_, i) => (i < 20 ? 0 : 1)), shape: [40] },
 * };
 * const model = {
 *   fit: () => {},
 *   predict: ({ data }) => ({
 *     classes: 2,
 *     probabilities: Float64Array.from({ length: 2 * data.length }, (_, i) => (i % 2 === Number(data[i >> 1] > 0) ? 0.9 : 0.1)),
 *   }),
 * };
 * const { scores } = await classificationTask({ dataset, split: 1, model });
 * scores.accuracy; // near 1
 * ```
 */
export async function classificationTask(options: ClassificationTaskOptions): Promise<ClassificationResult> {
  const where = 'classificationTask';
  requireKnownOptions(where, options, ['dataset', 'split', 'splits', 'model', 'paperCompat']);
  const { dataset, model, split, paperCompat = false } = options;
  requireModel(where, model);
  const { train, test } = splitOf(where, options);
  const { labels, classes } = labelsOf(where, dataset.targets);
  const { arrays: inputs } = standardize(dataset.inputs, paperCompat ? { paperCompat } : { rows: train });
  const labelsAt = (rows: Int32Array) => Int32Array.from(rows, (row) => labels[row]);
  const fitting = await timed(() => model.fit(rowsOf(inputs, train), labelsAt(train)));
  const inference = await timed(() => predictedClasses(where, model, rowsOf(inputs, test), classes));
  const targets = labelsAt(test);
  return {
    task: 'classification',
    dataset: dataset.name,
    split,
    scores: {
      ...classificationScores(inference.value, classes, targets),
      fitSeconds: fitting.seconds,
      inferenceSeconds: inference.seconds,
    },
    arrays: { targets: Float64Array.from(targets), probabilities: inference.value },
  };
}

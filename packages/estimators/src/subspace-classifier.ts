import {
  arraysDataset,
  binaryLikelihood,
  type CheckpointStore,
  type Collector,
  categoricalLikelihood,
  type Likelihood,
} from '@subspace/core';
import { argumentError, requireOptions } from '@subspace/core/internals';
import { CLASSIFIER, type ClassificationPredictor, classificationPredictor } from './classification-predictor.ts';
import { type EstimatorFitOptions, readSettings, type SubspaceEstimatorOptions } from './estimator-options.ts';
import { fitReport, plural } from './fit-report.ts';
import { inputTransform } from './input-transform.ts';
import { type Label, readLabels } from './labels.ts';
import { networkShape } from './network-for.ts';
import { type LoadEstimatorOptions, loadEstimator } from './saved-estimator.ts';
import { fitSubspace, type SubspaceFit } from './subspace-fit.ts';
import { memberNames, type Rows, readInputs, requireSameRows } from './table.ts';

/** A classifier of parts that are handed in. Before `fit`, everything else is an error. */
export interface SubspaceClassifier<M> extends ClassificationPredictor {
  /**
   * From rows to draws.
   *
   * @param targets a label a row: words, numbers or booleans; or the name of a member of the rows, whose other members are then the inputs
   * @param options `seed` is 0 by default
   * @returns the object of every stage
   */
  fit(
    inputs: Rows,
    targets: ArrayLike<Label> | string,
    options?: Partial<EstimatorFitOptions>,
  ): Promise<SubspaceFit<M>>;
}

/**
 * From data to sets of classes: `subspaceRegressor` for labels, of a network with an output (a logit) for each class, or with one for two classes.
 *
 * Classes are those that occur, in order: `labels`. Inner parts have them in proportion.
 *
 * @throws `fit`: on missing labels or labels of several types, a single class, missing or non-numeric cells, naming them
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { ellipticalSlice } from '@subspace/ess';
 * import { subspaceClassifier } from '@subspace/estimators';
 * import { pcaSubspace, swagMoments } from '@subspace/swag';
 *
 * const random = randomSource(1);
 * const rows = Array.from({ length: 90 }, () => [random.normal(), random.normal()]);
 * const targets = rows.map(([a, b]) => (a + 0.3 * random.normal() > b ? 'above' : 'below'));
 * const model = subspaceClassifier({
 *   network: ({ inputs, outputs, seed }) => denseNetwork({ sizes: [inputs, 10, outputs], seed }),
 *   moments: swagMoments,
 *   subspace: (moments) => pcaSubspace(moments, { rank: { upTo: 3 } }),
 *   sampler: ellipticalSlice,
 *   training: { epochs: 50 }, // for a quick example
 *   sampling: { draws: 50, mostDraws: 50 },
 *   inner: { splits: 1 },
 * });
 * await model.fit(rows, targets, { seed: 1 });
 * (await model.predict([[2, -2], [-2, 2]])).labels; // ['above', 'below']
 * await model.predictSet([[0, 0]]); // both classes
 * model.dispose();
 * ```
 */
export function subspaceClassifier<M extends Collector>(options: SubspaceEstimatorOptions<M>): SubspaceClassifier<M> {
  const where = 'subspaceClassifier';
  requireOptions(where, 'options', options);
  const settings = readSettings(where, options);
  let fitted: ClassificationPredictor | undefined;
  const predictor = (method: string): ClassificationPredictor => {
    if (fitted) return fitted;
    throw argumentError(`${where}.${method}`, 'the model has not been fitted, expected fit(inputs, targets) before');
  };
  return {
    get labels() {
      return predictor('labels').labels;
    },
    async fit(inputs, targets, run = {}) {
      const method = `${where}.fit`;
      requireOptions(method, 'options', run);
      const seed = run.seed ?? 0;
      const x = readInputs(method, inputs, targets);
      const given = typeof targets === 'string' ? labelColumn(method, inputs, targets) : targets;
      const { classes, indices } = readLabels(method, 'targets', given);
      requireSameRows(method, x, indices.length);
      const { inputs: standardInputs, transform } = inputTransform(x);
      const data = arraysDataset({ inputs: standardInputs, targets: { data: indices, shape: [indices.length] } });
      const outputs = classes.length;
      const shape = networkShape(transform, outputs, seed);
      const result = await fitSubspace(
        method,
        { data, classes: indices, shape, likelihood: (width) => classesFor(method, width, outputs) },
        options,
        settings,
        { ...run, seed },
      );
      fitted?.dispose();
      fitted = classificationPredictor(where, {
        ...result,
        inputTransform: transform,
        labels: classes,
        samples: settings.samples,
        seed,
        report: fitReport(
          `${data.size} rows of ${plural(shape.inputs, 'input')}, ${outputs} classes`,
          result,
          options,
          0,
        ),
      });
      return result;
    },
    predict: async (inputs, given) => predictor('predict').predict(inputs, given),
    predictSet: async (inputs, given) => predictor('predictSet').predictSet(inputs, given),
    sample: async (inputs, given) => predictor('sample').sample(inputs, given),
    report: () => predictor('report').report(),
    save: async (store) => predictor('save').save(store),
    dispose: () => fitted?.dispose(),
  };
}

/**
 * A classifier as `save` saved it: predicts the same numbers, in any process.
 *
 * @param options `network`: the function that the classifier was made with; `maps` for subspaces that are no affine ones, as `loadPosterior` takes them
 * @throws if the store has none, or the network has other weights
 * @example
 * ```ts
 * import { memoryStore } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { ellipticalSlice } from '@subspace/ess';
 * import { loadClassifier, subspaceClassifier } from '@subspace/estimators';
 * import { pcaSubspace, swagMoments } from '@subspace/swag';
 *
 * const network = ({ inputs, outputs }: { inputs: number; outputs: number }) => denseNetwork({ sizes: [inputs, 5, outputs], seed: 1 });
 * const subspace = (moments: ReturnType<typeof swagMoments>) => pcaSubspace(moments, { rank: { upTo: 3 } });
 * const quick = { training: { epochs: 30 }, sampling: { draws: 50, mostDraws: 50 }, inner: { splits: 1 } };
 * const model = subspaceClassifier({ network, moments: swagMoments, subspace, sampler: ellipticalSlice, ...quick });
 * const x = Array.from({ length: 40 }, (_, i) => i / 10);
 * await model.fit(x, x.map((value) => (value < 2 ? 'low' : 'high')));
 *
 * const store = memoryStore(); // or fileStore('model') of @subspace/core/node
 * await model.save(store);
 * const loaded = await loadClassifier(store, { network });
 * (await loaded.predict([0.5])).labels; // as model.predict([0.5])
 * ```
 */
export async function loadClassifier(
  store: CheckpointStore,
  options: LoadEstimatorOptions,
): Promise<ClassificationPredictor> {
  const where = 'loadClassifier';
  const saved = await loadEstimator<{ readonly labels: readonly Label[] }>(
    where,
    CLASSIFIER,
    store,
    options,
    ({ labels }) => labels.length,
  );
  return classificationPredictor(where, saved);
}

/** The likelihood for C classes that a network's number of outputs is for. */
function classesFor(where: string, width: number, classes: number): Likelihood {
  if (width === classes) return categoricalLikelihood();
  if (width === 1 && classes === 2) return binaryLikelihood();
  const expected = classes === 2 ? '2, or 1' : String(classes);
  throw argumentError(where, `network has ${width} outputs, expected ${expected} for ${classes} classes`);
}

function labelColumn(where: string, rows: Rows, target: string): readonly Label[] {
  memberNames(where, rows, target);
  return (rows as readonly Readonly<Record<string, Label>>[]).map((row) => row?.[target]);
}

import {
  arraysDataset,
  type CheckpointStore,
  type Collector,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  type Standardization,
  standardization,
  standardize,
} from '@subspace/core';
import { argumentError, requireOptions } from '@subspace/core/internals';
import { type EstimatorFitOptions, readSettings, type SubspaceEstimatorOptions } from './estimator-options.ts';
import { fitReport, plural } from './fit-report.ts';
import { inputTransform } from './input-transform.ts';
import { networkShape } from './network-for.ts';
import { REGRESSOR, type RegressionPredictor, regressionPredictor } from './regression-predictor.ts';
import { type LoadEstimatorOptions, loadEstimator } from './saved-estimator.ts';
import { fitSubspace, type SubspaceFit } from './subspace-fit.ts';
import { type Rows, readColumn, readInputs, readTable, requireSameRows } from './table.ts';

/** A regressor of parts that are handed in. Before `fit`, everything else is an error. */
export interface SubspaceRegressor<M> extends RegressionPredictor {
  /**
   * From rows to draws.
   *
   * @param targets numbers, one or several a row; or the name of a member of the rows, whose other members are then the inputs
   * @param options `seed` is 0 by default
   * @returns the object of every stage
   */
  fit(inputs: Rows, targets: Rows | string, options?: Partial<EstimatorFitOptions>): Promise<SubspaceFit<M>>;
}

/**
 * From data to intervals: an estimator composed of the parts that you hand in.
 *
 * `fit` standardises inputs and targets; holds an inner part of the rows out, trains on the rest until the held-out rows say stop, and goes on at a constant rate while moments
 * collect; does the same on all rows, for as long; builds the subspace; chooses σ of its prior by the evidence and the temperature by the score of the held-out rows; and samples until
 * R̂ < 1.01, or says that it could not. Each choice can be a number or a function of your own. Small data are held out several times, so that the choice is no accident.
 *
 * The same seed gives the same numbers. A network with as many outputs as targets is homoscedastic: the variance of its noise is what was left on the held-out rows. One with
 * twice as many says mean and variance for each row.
 *
 * @throws `fit`: on missing or non-numeric cells, naming them; fewer than two rows; networks with batch norm; when cancelled, with `code: 'ABORTED'`
 * @see Izmailov et al. (2019), "Subspace Inference for Bayesian Deep Learning"
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { ellipticalSlice } from '@subspace/ess';
 * import { subspaceRegressor } from '@subspace/estimators';
 * import { pcaSubspace, swagMoments } from '@subspace/swag';
 *
 * const random = randomSource(1);
 * const rows = Array.from({ length: 60 }, () => ({ x: 6 * random.uniform() - 3, size: 1e4 * random.uniform() }));
 * const targets = rows.map(({ x, size }) => Math.sin(x) + size / 1e4 + 0.1 * random.normal());
 * const model = subspaceRegressor({
 *   network: ({ inputs, seed }) => denseNetwork({ sizes: [inputs, 20, 2], head: 'heteroscedastic', seed }),
 *   moments: swagMoments,
 *   subspace: (moments) => pcaSubspace(moments, { rank: { upTo: 5 } }),
 *   sampler: ellipticalSlice,
 *   training: { epochs: 100 }, // for a quick example
 *   sampling: { draws: 100, mostDraws: 200 },
 *   inner: { splits: 1 },
 * });
 * await model.fit(rows, targets, { seed: 1 });
 * const { mean, variance } = await model.predict(rows);
 * const { lower, upper } = await model.predictInterval(rows, { coverage: 0.9 });
 * model.report(); // what it did, in words
 * model.dispose();
 * ```
 */
export function subspaceRegressor<M extends Collector>(options: SubspaceEstimatorOptions<M>): SubspaceRegressor<M> {
  const where = 'subspaceRegressor';
  requireOptions(where, 'options', options);
  const settings = readSettings(where, options);
  let fitted: RegressionPredictor | undefined;
  const predictor = (method: string): RegressionPredictor => {
    if (fitted) return fitted;
    throw argumentError(`${where}.${method}`, 'the model has not been fitted, expected fit(inputs, targets) before');
  };
  return {
    async fit(inputs, targets, run = {}) {
      const method = `${where}.fit`;
      requireOptions(method, 'options', run);
      const seed = run.seed ?? 0;
      const x = readInputs(method, inputs, targets);
      const y =
        typeof targets === 'string' ? readColumn(method, inputs, targets) : readTable(method, 'targets', targets);
      requireSameRows(method, x, y.shape[0]);
      const { inputs: standardInputs, transform } = inputTransform(x);
      const { arrays, transform: targetTransform } = standardize({ data: y.data, shape: y.shape });
      const data = arraysDataset({ inputs: standardInputs, targets: arrays });
      const outputs = targetTransform.mean.length;
      const shape = networkShape(transform, outputs, seed);
      const result = await fitSubspace(
        method,
        { data, shape, likelihood: (width) => gaussianFor(method, width, outputs) },
        options,
        settings,
        { ...run, seed },
      );
      const logUnit = targetTransform.std.reduce((sum, std) => sum + Math.log(std), 0);
      fitted?.dispose();
      fitted = regressionPredictor(where, {
        ...result,
        inputTransform: transform,
        targetTransform,
        samples: settings.samples,
        seed,
        report: fitReport(
          `${data.size} rows of ${plural(shape.inputs, 'input')} and ${outputs === 1 ? 'one target' : `${outputs} targets`}`,
          result,
          options,
          logUnit,
        ),
      });
      return result;
    },
    predict: async (inputs, given) => predictor('predict').predict(inputs, given),
    predictInterval: async (inputs, given) => predictor('predictInterval').predictInterval(inputs, given),
    sample: async (inputs, given) => predictor('sample').sample(inputs, given),
    report: () => predictor('report').report(),
    save: async (store) => predictor('save').save(store),
    dispose: () => fitted?.dispose(),
  };
}

/**
 * A regressor as `save` saved it: predicts the same numbers, in any process.
 *
 * @param options `network`: the function that the regressor was made with; `maps` for subspaces that are no affine ones, as `loadPosterior` takes them
 * @throws if the store has none, or the network has other weights
 * @example
 * ```ts
 * import { memoryStore } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { ellipticalSlice } from '@subspace/ess';
 * import { loadRegressor, subspaceRegressor } from '@subspace/estimators';
 * import { pcaSubspace, swagMoments } from '@subspace/swag';
 *
 * const network = ({ inputs }: { inputs: number }) => denseNetwork({ sizes: [inputs, 10, 2], head: 'heteroscedastic', seed: 1 });
 * const subspace = (moments: ReturnType<typeof swagMoments>) => pcaSubspace(moments, { rank: { upTo: 3 } });
 * const quick = { training: { epochs: 30 }, sampling: { draws: 50, mostDraws: 50 }, inner: { splits: 1 } };
 * const model = subspaceRegressor({ network, moments: swagMoments, subspace, sampler: ellipticalSlice, ...quick });
 * const x = Array.from({ length: 40 }, (_, i) => i / 10);
 * await model.fit(x, x.map(Math.sin));
 *
 * const store = memoryStore(); // or fileStore('model') of @subspace/core/node
 * await model.save(store);
 * const loaded = await loadRegressor(store, { network });
 * (await loaded.predict([1.5])).mean; // as model.predict([1.5])
 * ```
 */
export async function loadRegressor(
  store: CheckpointStore,
  options: LoadEstimatorOptions,
): Promise<RegressionPredictor> {
  const where = 'loadRegressor';
  const { targetTransform, ...saved } = await loadEstimator<{ readonly targetTransform: Standardization }>(
    where,
    REGRESSOR,
    store,
    options,
    (own) => own.targetTransform.mean.length,
  );
  const { mean, std } = targetTransform;
  return regressionPredictor(where, { ...saved, targetTransform: standardization(mean, std) });
}

/** The Gaussian likelihood that a network's number of outputs is for: while training, homoscedastic noise has variance 1. */
function gaussianFor(where: string, width: number, targets: number): Likelihood {
  if (width === targets) return gaussianLikelihood({ variance: 1 });
  if (width === 2 * targets) return heteroscedasticGaussianLikelihood();
  throw argumentError(
    where,
    `network has ${width} outputs, expected ${targets} (means) or ${2 * targets} (means, then variances) for ${targets} targets`,
  );
}

import {
  arraysDataset,
  type Draws,
  fit,
  heteroscedasticGaussianLikelihood,
  predictRegression,
  type RegressionPrediction,
  sample,
  sgd,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { gatherRows } from '@subspace/core/internals';
import { splits, standardize } from '@subspace/datasets';
import { yacht } from '@subspace/datasets/yacht';
import { denseNetwork } from '@subspace/dense';
import { summary } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { gaussianNll, intervalCoverage, rmse } from '@subspace/metrics';
import { pcaSubspace, swagMoments } from '@subspace/swag';

/** In standardised units of the target. */
export interface YachtResult {
  readonly draws: Draws;
  readonly prediction: RegressionPrediction;
  readonly testNll: number;
  readonly testRmse: number;
  readonly coverage: number;
  /** Of predicting the training mean with the training variance: what there is to beat. */
  readonly baselineNll: number;
}

/** The program of the documentation on real data: UCI yacht, a tenth held out. */
export async function yachtProgram(seed: number | string = 1): Promise<YachtResult> {
  const { inputs, targets } = yacht();
  const [{ train, test }] = splits(inputs.shape[0], { seed, count: 1 });
  const x = standardize(inputs, { rows: train }).arrays;
  const y = standardize(targets, { rows: train }).arrays;
  const data = arraysDataset({ inputs: gatherRows(x, train), targets: gatherRows(y, train) });

  const likelihood = heteroscedasticGaussianLikelihood();
  const network = denseNetwork({ sizes: [6, 50, 2], head: 'heteroscedastic', seed });

  const moments = swagMoments(network.layout, { rank: 20 });
  await fit(network, data, {
    likelihood,
    epochs: 1000,
    batchSize: 30,
    optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }),
    learningRate: 1e-3,
    collect: { into: moments, from: 500 },
    seed,
  });

  const subspace = pcaSubspace(moments, { rank: 5 });
  const posterior = subspacePosterior(network, subspace, data, { likelihood, priorStd: 1, temperature: 1 });
  const draws = await sample(ellipticalSlice(posterior), { draws: 1000, warmup: 200, thin: 10, chains: 4, seed });
  const prediction = await predictRegression(network, subspaceDraws(subspace, draws), gatherRows(x, test), {
    likelihood,
    samples: 200,
    seed,
  });
  posterior.dispose();
  network.dispose();

  const truth = gatherRows(y, test).data;
  const flat = { mean: new Float64Array(truth.length), variance: new Float64Array(truth.length).fill(1) };
  return {
    draws,
    prediction,
    testNll: gaussianNll(prediction, truth),
    testRmse: rmse(prediction, truth),
    coverage: intervalCoverage(prediction, truth),
    baselineNll: gaussianNll(flat, truth),
  };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const result = await yachtProgram();
  console.table(summary(result.draws));
  const { testNll, testRmse, coverage, baselineNll } = result;
  console.log({ testNll, testRmse, coverage, baselineNll });
}

import {
  type Arrays,
  arraysDataset,
  type Dataset,
  fit,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  type Network,
  type Posterior,
  type Subspace,
  type SubspaceLikelihood,
  sgd,
  subspacePosterior,
} from '@subspace/core';
import { gatherRows } from '@subspace/core/internals';
import { splits, standardize } from '@subspace/datasets';
import { yacht } from '@subspace/datasets/yacht';
import { denseNetwork } from '@subspace/dense';
import { pcaSubspace, swagMoments } from '@subspace/swag';

/** The program of the documentation up to the posterior: a network trained on nine tenths of the yacht data, and five principal directions of its last 500 epochs. */
export interface YachtNetwork {
  readonly network: Network;
  readonly likelihood: Likelihood;
  readonly subspace: Subspace;
  readonly posterior: Posterior<SubspaceLikelihood>;
  /** The nine tenths, standardised. */
  readonly data: Dataset;
  /** The tenth held out, standardised by the rest. */
  readonly test: { readonly inputs: Arrays; readonly targets: Float32Array };
  dispose(): void;
}

export async function yachtNetwork(): Promise<YachtNetwork> {
  const { inputs, targets } = yacht();
  const [{ train, test }] = splits(inputs.shape[0], { seed: 1, count: 1 });
  const x = standardize(inputs, { rows: train }).arrays;
  const y = standardize(targets, { rows: train }).arrays;
  const data = arraysDataset({ inputs: gatherRows(x, train), targets: gatherRows(y, train) });

  const likelihood = heteroscedasticGaussianLikelihood();
  const network = denseNetwork({ sizes: [6, 50, 2], head: 'heteroscedastic', seed: 1 });
  const moments = swagMoments(network.layout, { rank: 20 });
  await fit(network, data, {
    likelihood,
    epochs: 1000,
    batchSize: 30,
    optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }),
    learningRate: 1e-3,
    collect: { into: moments, from: 500 },
    seed: 1,
  });
  const subspace = pcaSubspace(moments, { rank: 5 });
  const posterior = subspacePosterior(network, subspace, data, { likelihood, priorStd: 1 });
  return {
    network,
    likelihood,
    subspace,
    posterior,
    data,
    test: { inputs: gatherRows(x, test), targets: gatherRows(y, test).data as Float32Array },
    dispose() {
      posterior.dispose();
      network.dispose();
    },
  };
}

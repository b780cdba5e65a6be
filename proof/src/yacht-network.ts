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

/** The first split of the yacht data, standardised by its training rows. */
export interface YachtData {
  /** Nine tenths. */
  readonly data: Dataset;
  /** The tenth held out. */
  readonly test: { readonly inputs: Arrays; readonly targets: Float32Array };
}

export function yachtData(): YachtData {
  const { inputs, targets } = yacht();
  const [{ train, test }] = splits(inputs.shape[0], { seed: 1, count: 1 });
  const x = standardize(inputs, { rows: train }).arrays;
  const y = standardize(targets, { rows: train }).arrays;
  return {
    data: arraysDataset({ inputs: gatherRows(x, train), targets: gatherRows(y, train) }),
    test: { inputs: gatherRows(x, test), targets: gatherRows(y, test).data as Float32Array },
  };
}

/** The program of the documentation up to the posterior. */
export interface YachtNetwork extends YachtData {
  readonly network: Network;
  readonly likelihood: Likelihood;
  readonly subspace: Subspace;
  /** Under N(0, 1), at temperature 1. */
  readonly posterior: Posterior<SubspaceLikelihood>;
  dispose(): void;
}

/** A network trained on the yacht data, and the principal directions of its last epochs: five of fifty hidden units and 500 epochs, as documented, or fewer. */
export async function yachtNetwork({ hidden = 50, epochs = 1000, rank = 5 } = {}): Promise<YachtNetwork> {
  const { data, test } = yachtData();
  const likelihood = heteroscedasticGaussianLikelihood();
  const network = denseNetwork({ sizes: [6, hidden, 2], head: 'heteroscedastic', seed: 1 });
  const moments = swagMoments(network.layout, { rank: 20 });
  await fit(network, data, {
    likelihood,
    epochs,
    batchSize: 30,
    optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }),
    learningRate: 1e-3,
    collect: { into: moments, from: epochs / 2 },
    seed: 1,
  });
  const subspace = pcaSubspace(moments, { rank });
  const posterior = subspacePosterior(network, subspace, data, { likelihood, priorStd: 1 });
  return {
    network,
    likelihood,
    subspace,
    posterior,
    data,
    test,
    dispose() {
      posterior.dispose();
      network.dispose();
    },
  };
}

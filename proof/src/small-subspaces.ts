import {
  arraysDataset,
  type Dataset,
  fit,
  gaussianLikelihood,
  type Likelihood,
  type Network,
  type Posterior,
  randomSource,
  type Subspace,
  type SubspaceLikelihood,
  sgd,
  subspace,
  subspacePosterior,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import {
  covarianceSubspace,
  frequentDirectionsSubspace,
  pcaSubspace,
  randomSubspace,
  swa,
  swagMoments,
} from '@subspace/swag';
import { twoEngines } from './two-engines.ts';

export const SUBSPACES = ['random', 'pca', 'covariance', 'frequentDirections', 'curve'] as const;

/** One posterior by both engines. */
export interface TwoPosteriors {
  readonly dense: Posterior<SubspaceLikelihood>;
  readonly tfjs: Posterior<SubspaceLikelihood>;
}

/** Subspaces of a trained network of ten hidden units: nonlinear, and cheap on any engine. */
export interface SmallSubspaces {
  posteriors(kind: (typeof SUBSPACES)[number]): TwoPosteriors;
  dispose(): void;
}

/** Trains on thirty points of a sine; what is built from the weights is plain data, which both engines take. */
export async function smallSubspaces(): Promise<SmallSubspaces> {
  const engines = twoEngines({ sizes: [1, 10, 1], activation: 'tanh', seed: 1 });
  const { dense, tfjs, toTfjs } = engines;
  const { layout } = dense;
  const x = Float32Array.from({ length: 30 }, (_, i) => -1.5 + i / 10);
  const data = arraysDataset({
    inputs: { data: x, shape: [30, 1] },
    targets: { data: x.map((value) => Math.sin(2 * value)), shape: [30] },
  });
  const likelihood = gaussianLikelihood({ variance: 0.1 });

  const moments = swagMoments(layout, { rank: 4 });
  const directions = frequentDirectionsSubspace(layout, { rank: 4 });
  await train(dense, data, likelihood, (weights) => {
    moments.collect(weights);
    directions.collect(weights);
  });
  const shift = swa(moments);
  const built: Readonly<Record<(typeof SUBSPACES)[number], Subspace>> = {
    random: randomSubspace(layout, shift, { rank: 3, seed: 1 }),
    pca: pcaSubspace(moments, { rank: 2 }),
    covariance: covarianceSubspace(moments),
    frequentDirections: directions.subspace(),
    curve: await curvePlane(dense, data, likelihood),
  };
  return {
    posteriors(kind) {
      const { shift: point, basis } = built[kind];
      // Rows of SWAG are as long as the snapshots scatter, which is less than what the data allow.
      const options = { likelihood, priorStd: kind === 'random' || kind === 'curve' ? 1 : 5 };
      const moved = subspace({ layout: tfjs.layout, shift: toTfjs(point), basis: basis.map(toTfjs) });
      return {
        dense: subspacePosterior(dense, built[kind], data, options),
        tfjs: subspacePosterior(tfjs, moved, data, options),
      };
    },
    dispose: engines.dispose,
  };
}

async function train(
  network: Network,
  data: Dataset,
  likelihood: Likelihood,
  collect: (weights: Float32Array) => void,
): Promise<void> {
  await fit(network, data, {
    likelihood,
    epochs: 300,
    batchSize: 10,
    optimizer: sgd({ momentum: 0.9 }),
    learningRate: 0.02,
    seed: 1,
    collect: { into: { collect, state: () => ({}), restore() {} }, from: 200 },
  });
}

/** The plane of a quadratic Bézier curve of low loss, from the network's weights to those of another one of the same sizes. */
async function curvePlane(network: Network, data: Dataset, likelihood: Likelihood): Promise<Subspace> {
  const other = denseNetwork({ sizes: [1, 10, 1], activation: 'tanh', seed: 2, threads: 1 });
  await train(other, data, likelihood, () => {});
  const ends = [(await network.readWeights()).slice(), (await other.readWeights()).slice()];
  other.dispose();
  const middle = ends[0].map((w, d) => (w + ends[1][d]) / 2);
  const trainer = network.trainer(data, likelihood, sgd({ momentum: 0.9 }), {
    points: [ends[0], middle, ends[1]],
    fixed: [true, false, true],
  });
  const rows = Int32Array.from({ length: data.size }, (_, n) => n);
  const random = randomSource(1);
  for (let step = 0; step < 500; step++) {
    const t = random.uniform();
    await trainer.step(rows, 0.05, random, Float64Array.of((1 - t) ** 2, 2 * t * (1 - t), t ** 2));
  }
  const [start, bend, end] = await trainer.points();
  trainer.dispose();
  const along = unit(end.map((w, d) => w - start[d]));
  const up = bend.map((w, d) => w - start[d]);
  const share = up.reduce((sum, w, d) => sum + w * along[d], 0);
  const across = unit(up.map((w, d) => w - share * along[d]));
  return subspace({ layout: network.layout, shift: start, basis: [along, across] });
}

function unit(row: Float32Array): Float32Array {
  const length = Math.hypot(...row);
  return row.map((w) => w / length);
}

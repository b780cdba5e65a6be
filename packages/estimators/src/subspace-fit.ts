import {
  arraysDataset,
  type Collector,
  type Dataset,
  type FitResult,
  gaussianLikelihood,
  type Likelihood,
  type Network,
  type Posterior,
  posterior,
  randomSource,
  type SubspaceLikelihood,
  subspacePosterior,
  type TemperatureChoice,
} from '@subspace/core';
import { argumentError, gatherRows, requireKnownOptions, requireSeed } from '@subspace/core/internals';
import type { EstimatorFitOptions, NetworkShape, Settings, SubspaceEstimatorOptions } from './estimator-options.ts';
import { type InnerSplit, innerSplits, splitsNeeded } from './inner-splits.ts';
import { networkFor, outputWidth } from './network-for.ts';
import { type AgreedDraws, sampleUntilAgreed } from './sample-until-agreed.ts';
import { stages } from './stages.ts';
import { type SubspaceStage, subspaceStage } from './subspace-stage.ts';
import { findTemperature, type ScoredStage } from './temperature-search.ts';
import { epochsUntilWorse, type TrainedNetwork, type TrainingRun, trainAndCollect } from './trained-network.ts';

/** One inner part of the rows, and what was made of the rest. Its network and likelihood are disposed. */
export type InnerStage<M> = Omit<TrainedNetwork<M>, 'network'> &
  Omit<SubspaceStage, 'logLikelihood'> & {
    readonly split: InnerSplit;
    /** Until the held-out rows were predicted worse. */
    readonly stopping: FitResult;
    /** Until they were predicted best. */
    readonly epochs: number;
  };

/** All that `fit` has made, stage by stage, in standardised units. The network and the posterior are disposed with the model. */
export interface SubspaceFit<M> extends TrainedNetwork<M>, SubspaceStage, AgreedDraws {
  readonly inner: readonly InnerStage<M>[];
  /** All rows. */
  readonly data: Dataset;
  /** Of the posterior and of predictions; of homoscedastic networks, with the variance that was left on the held-out rows. */
  readonly likelihood: Likelihood;
  /** Of the training on all rows: as many as the inner rows allowed, on average. */
  readonly epochs: number;
  /** T. */
  readonly temperature: number;
  /** All that was evaluated for T, unless it was given. */
  readonly temperatureChoice?: TemperatureChoice;
  /** What was sampled. */
  readonly posterior: Posterior<SubspaceLikelihood>;
}

/** What an estimator makes of its data before it begins. */
export interface Problem {
  readonly data: Dataset;
  /** Of a classifier, the class of each row. */
  readonly classes?: Int32Array;
  /** What networks are made for. */
  readonly shape: NetworkShape;
  /** The likelihood that a network of so many outputs is trained under. Throws where there is none. */
  likelihood(outputs: number): Likelihood;
}

/** Stages of an inner part: stopping, training, exploration. Of all rows: these two, the temperature, sampling. */
const PER_PART = 3;
const OF_ALL = 4;

/** What the stages after training need of an inner part. */
interface InnerPart<M> extends TrainedNetwork<M> {
  readonly split: InnerSplit;
  readonly rest: Dataset;
  readonly heldOut: Dataset;
  /** That it was trained under. */
  readonly likelihood: Likelihood;
  readonly stopping: FitResult;
  readonly epochs: number;
}

/** All stages of an estimator, from standardised data to draws. */
export async function fitSubspace<M extends Collector>(
  where: string,
  problem: Problem,
  options: SubspaceEstimatorOptions<M>,
  settings: Settings,
  run: EstimatorFitOptions,
): Promise<SubspaceFit<M>> {
  requireKnownOptions(where, run, ['seed', 'signal', 'onProgress', 'checkpoint']);
  const { seed, signal } = run;
  requireSeed(where, seed);
  const { data } = problem;
  if (data.size < 2) throw argumentError(where, `there is ${data.size} row, expected at least 2`);
  const { fraction } = settings.inner;
  const count = settings.inner.splits ?? splitsNeeded(data.size, fraction);
  const splits = innerSplits(data.size, { fraction, splits: count }, randomSource(seed).fork('inner'), problem.classes);
  const newNetwork = () => networkFor(where, options.network, problem.shape);
  const stage = stages(run, PER_PART * count + OF_ALL);
  const trainedOn = async (name: string, rows: Dataset, network: Network): Promise<TrainingRun> => ({
    network,
    data: rows,
    likelihood: options.likelihood ?? problem.likelihood(await outputWidth(network, data)),
    seed: `${seed}, ${name}`,
    signal,
    checkpoint: (part) => stage.checkpoint(`${name}-${part}`),
    onProgress: (part) => stage.begin(`${name} ${part}`),
  });

  const opened: { dispose(): void }[] = [];
  const inner: InnerPart<M>[] = [];
  let network: Network | undefined;
  let whole: SubspaceStage | undefined;
  try {
    for (const [k, split] of splits.entries()) {
      const own = await newNetwork();
      opened.push(own);
      const [rest, heldOut] = [rowsOf(data, split.train), rowsOf(data, split.heldOut)];
      const training = await trainedOn(`inner-${k + 1}`, rest, own);
      const until = await epochsUntilWorse(settings.training, heldOut, training);
      const trained = await trainAndCollect(options, settings.training, until.epochs, training);
      inner.push({ ...trained, ...until, split, rest, heldOut, likelihood: training.likelihood });
    }
    const epochs = Math.round(inner.reduce((sum, part) => sum + part.epochs, 0) / count);
    const likelihood = options.likelihood ?? (await withLearntNoise(inner));

    network = await newNetwork();
    const training = await trainedOn('all', data, network);
    const trained = await trainAndCollect(options, settings.training, epochs, training);
    whole = await subspaceStage(where, options, { ...trained, data, likelihood }, signal);

    const scored: ScoredStage[] = [];
    for (const each of inner) {
      const made = await subspaceStage(where, options, { ...each, data: each.rest, likelihood }, signal);
      opened.push(made.logLikelihood);
      const { logLikelihood: heldOut } = subspacePosterior(each.network, made.subspace, each.heldOut, {
        likelihood,
        priorStd: 1,
      });
      opened.push(heldOut);
      scored.push({ ...made, heldOut });
    }
    const chosen = await findTemperature(where, options, {
      inner: scored,
      whole,
      seed: `${seed}, temperature`,
      signal,
      checkpoint: stage.checkpoint,
      onProgress: stage.begin('temperature'),
    });

    const { logLikelihood, priorStd } = whole;
    const target = posterior({ logLikelihood, priorStd, temperature: chosen.temperature });
    const drawn = await sampleUntilAgreed(options.sampler(target), settings.sampling, {
      seed: `${seed}, sampling`,
      signal,
      checkpoint: stage.checkpoint('sampling'),
      onProgress: stage.begin('sampling'),
    });
    return {
      ...trained,
      ...whole,
      ...chosen,
      ...drawn,
      inner: inner.map(({ split, stopping, epochs, training, weights, exploration, moments }, k) => {
        const { logLikelihood: _logLikelihood, heldOut: _heldOut, ...made } = scored[k];
        return { split, stopping, epochs, training, weights, exploration, moments, ...made };
      }),
      data,
      likelihood,
      epochs,
      posterior: target,
    };
  } catch (error) {
    whole?.logLikelihood.dispose();
    network?.dispose();
    throw error;
  } finally {
    for (const resource of opened.reverse()) resource.dispose();
  }
}

/** Less would be below the rounding of float32 outputs of order 1. */
const LEAST_NOISE = 1e-6;

/** Of homoscedastic networks, the variance of what training has left over on the held-out rows; other likelihoods as they are. */
async function withLearntNoise(inner: readonly InnerPart<unknown>[]): Promise<Likelihood> {
  const [{ likelihood }] = inner;
  if (likelihood.kind !== 'gaussian') return likelihood;
  let squares = 0;
  let numbers = 0;
  for (const { network, weights, heldOut } of inner) {
    const { inputs, targets } = heldOut.arrays!;
    const outputs = await network.predict(inputs, { weights });
    for (let i = 0; i < outputs.data.length; i++) {
      const left = outputs.data[i] - targets.data[i];
      squares += left * left;
    }
    numbers += outputs.data.length;
  }
  return gaussianLikelihood({ variance: Math.max(LEAST_NOISE, squares / numbers) });
}

function rowsOf(data: Dataset, rows: Int32Array): Dataset {
  const { inputs, targets } = data.arrays!;
  return arraysDataset({ inputs: gatherRows(inputs, rows), targets: gatherRows(targets, rows) });
}

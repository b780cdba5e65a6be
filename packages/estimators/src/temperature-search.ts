import {
  type CancelSignal,
  type CheckpointOptions,
  type Collector,
  chooseTemperature,
  posterior,
  type SubspaceLikelihood,
  sample,
  type TemperatureChoice,
  type Vector,
} from '@subspace/core';
import { requirePositive } from '@subspace/core/internals';
import type { SubspaceEstimatorOptions } from './estimator-options.ts';
import { leaveOneOutDensities, mixtureDensities } from './predictive-score.ts';
import type { SubspaceStage } from './subspace-stage.ts';

/** A subspace, and the rows that its network has not seen. */
export interface ScoredStage extends SubspaceStage {
  readonly heldOut: SubspaceLikelihood;
}

/** Each evaluation: so many draws of so many chains, after as many steps of warmup. */
const DRAWS = 100;
const CHAINS = 2;
/** From what Bayes' rule says to where a thousand rows count as one: below 1, rows would count more than once. */
const SEARCH = { from: 1, to: 1000, points: 7, rounds: 1 };

export interface TemperatureSearch {
  readonly inner: readonly ScoredStage[];
  /** Of all rows. */
  readonly whole: SubspaceStage;
  readonly seed: string;
  readonly signal?: CancelSignal;
  readonly checkpoint: (part: string) => CheckpointOptions | undefined;
  readonly onProgress: (done: number, of: number) => void;
}

/** T as it is given, or by the score asked for, with all that was evaluated. */
export async function findTemperature<M extends Collector>(
  where: string,
  options: SubspaceEstimatorOptions<M>,
  search: TemperatureSearch,
): Promise<{ readonly temperature: number; readonly temperatureChoice?: TemperatureChoice }> {
  const { temperature: rule = 'held-out' } = options;
  if (typeof rule === 'number') return { temperature: rule };
  const { inner, whole, signal, onProgress } = search;
  let evaluations = 0;
  const drawsOf = async (stage: SubspaceStage, temperature: number): Promise<readonly Vector[]> => {
    const { logLikelihood, priorStd, mode } = stage;
    const target = posterior({ logLikelihood, priorStd, temperature });
    const { positions } = await sample(options.sampler(target), {
      draws: DRAWS,
      warmup: DRAWS,
      chains: CHAINS,
      initial: Array.from({ length: CHAINS }, () => mode),
      seed: search.seed,
      signal,
      checkpoint: search.checkpoint(`temperature-${++evaluations}`),
    });
    return positions.flat();
  };
  const heldOutScore = async (temperature: number): Promise<number> => {
    const densities: number[] = [];
    for (const stage of inner) {
      for (const density of await mixtureDensities(stage.heldOut, await drawsOf(stage, temperature))) {
        densities.push(density);
      }
    }
    return mean(densities);
  };
  const leaveOneOutScore = async (temperature: number): Promise<number> =>
    mean(await leaveOneOutDensities(whole.logLikelihood, await drawsOf(whole, temperature), temperature));

  if (typeof rule === 'function') {
    const temperature = await rule({ heldOutScore, leaveOneOutScore });
    requirePositive(where, 'what temperature returned', temperature);
    return { temperature };
  }
  const temperatureChoice = await chooseTemperature(rule === 'held-out' ? heldOutScore : leaveOneOutScore, {
    ...SEARCH,
    signal,
    onProgress: ({ evaluated, of }) => onProgress(evaluated, of),
  });
  return { temperature: temperatureChoice.temperature, temperatureChoice };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

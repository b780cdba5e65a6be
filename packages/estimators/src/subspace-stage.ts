import {
  type CancelSignal,
  type Collector,
  choosePriorStd,
  type PriorStdChoice,
  type Subspace,
  type SubspaceLikelihood,
  subspacePosterior,
  type Vector,
  type WeightMap,
} from '@subspace/core';
import { requirePositive } from '@subspace/core/internals';
import type { Explored, SubspaceEstimatorOptions } from './estimator-options.ts';
import { laplaceEvidence } from './laplace-evidence.ts';

/** The subspace of a network that was trained, and the prior in it. */
export interface SubspaceStage {
  readonly subspace: Subspace | WeightMap;
  /** Of the data that the network was trained on; whoever asks for the stage disposes it. */
  readonly logLikelihood: SubspaceLikelihood;
  /** σ. */
  readonly priorStd: number;
  /** All that was evaluated for σ, unless it was given. */
  readonly priorChoice?: PriorStdChoice;
  /** Of p(z | D) at temperature 1: where short chains start. */
  readonly mode: Vector;
}

/** σ is searched from 1/100 to 100 of the rows' lengths, to about a tenth. */
const PRIOR_SEARCH = { from: 1e-2, to: 1e2, points: 9, rounds: 1 };

/** Builds the subspace, and chooses the prior's width in it. */
export async function subspaceStage<M extends Collector>(
  where: string,
  options: SubspaceEstimatorOptions<M>,
  explored: Explored & { readonly moments: M },
  signal?: CancelSignal,
): Promise<SubspaceStage> {
  const { network, data, likelihood, moments } = explored;
  const subspace = await options.subspace(moments, { network, data, likelihood });
  const { logLikelihood } = subspacePosterior(network, subspace, data, { likelihood, priorStd: 1 });
  try {
    const chosen = await choosePrior(where, options, { network, data, likelihood, subspace, logLikelihood }, signal);
    const { mode } = await laplaceEvidence(logLikelihood, chosen.priorStd, new Float64Array(logLikelihood.dim));
    return { subspace, logLikelihood, ...chosen, mode };
  } catch (error) {
    logLikelihood.dispose();
    throw error;
  }
}

async function choosePrior<M extends Collector>(
  where: string,
  { priorStd }: SubspaceEstimatorOptions<M>,
  context: Explored & Pick<SubspaceStage, 'subspace' | 'logLikelihood'>,
  signal?: CancelSignal,
): Promise<Pick<SubspaceStage, 'priorStd' | 'priorChoice'>> {
  if (typeof priorStd === 'number') return { priorStd };
  if (priorStd !== undefined) {
    const own = await priorStd(context);
    requirePositive(where, 'what priorStd returned', own);
    return { priorStd: own };
  }
  const { logLikelihood } = context;
  let mode: Vector = new Float64Array(logLikelihood.dim);
  const priorChoice = await choosePriorStd(
    async (sigma) => {
      const { logEvidence, ...found } = await laplaceEvidence(logLikelihood, sigma, mode);
      mode = found.mode;
      return logEvidence;
    },
    { ...PRIOR_SEARCH, signal },
  );
  return { priorStd: priorChoice.priorStd, priorChoice };
}

import { type CoordinateSampler, coordinateChains } from '@subspace/core';
import { requireKnownOptions, requireOptions } from '@subspace/core/internals';
import { areChains, coordinateNames } from './coordinate-draws.ts';
import { diagnoseConvergence, diagnoseEfficiency, diagnoseStuckChains } from './diagnose-chains.ts';
import { diagnoseResult } from './diagnose-result.ts';
import { diagnoseAcceptance, diagnoseNonFinite, diagnoseOvershooting, diagnoseTrajectories } from './diagnose-steps.ts';
import type { Diagnosis } from './diagnosis.ts';

/** Chains of fewer draws can't be judged. */
const DRAWS_PER_CHAIN = 100;

/**
 * What is wrong with the draws of a sampler, in words, and what to do about it. An empty list means that nothing was found, not that all is well.
 *
 * Looks at R̂ and effective sample sizes of every coordinate, at chains that don't move, and at what the steps have to tell: divergences, energies (BFMI), tree depth,
 * acceptance, evaluations that were NaN, also in steps that `thin` left out. Chains of different lengths (of a cancelled run) are judged over the length of the shortest.
 *
 * Results that are no chains are judged by what they tell of themselves: Pareto k̂ and its error, whether a fit has converged, evaluations that were NaN. No k̂ sees a part of the
 * target that none of the draws has come to.
 *
 * @param draws of `sample`, or `drawsFrom` positions and infos; or the result of an approximation, importance resampling or sequential Monte Carlo
 * @param options `names` of the coordinates, to be told of by name
 * @returns the gravest first
 * @see Vehtari et al. (2021), Section 4, for the thresholds; Betancourt (2017), Section 6, for Hamiltonian Monte Carlo
 * @example
 * ```ts
 * import { drawsFrom, randomSource } from '@subspace/core';
 * import { diagnose } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * const chain = (centre: number) => Array.from({ length: 500 }, () => Float64Array.of(centre + random.normal()));
 * diagnose(drawsFrom([chain(0), chain(0), chain(0), chain(0)])); // []
 * diagnose(drawsFrom([chain(0), chain(0), chain(9), chain(9)]))[0].code; // 'separate-modes'
 * ```
 */
export function diagnose(
  draws: CoordinateSampler,
  options: { readonly names?: readonly string[] } = {},
): readonly Diagnosis[] {
  requireOptions('diagnose', 'draws', draws);
  requireKnownOptions('diagnose', options, ['names']);
  const names = coordinateNames('diagnose', draws.dim, options);
  if (!areChains(draws)) return diagnoseResult(draws);
  const length = Math.min(...draws.positions.map((chain) => chain.length));
  const chains = draws.positions.length;
  const tooFew: Diagnosis = {
    code: 'too-few-draws',
    problem: `Chains of ${length} draws are too short for R̂ and effective sample sizes to be trusted.`,
    advice: `Take at least ${DRAWS_PER_CHAIN} draws a chain after warmup, better 1000.`,
  };
  if (length < 4) return [tooFew];
  const coordinates = Array.from({ length: draws.dim }, (_, k) =>
    coordinateChains(draws, k).map((chain) => chain.subarray(0, length)),
  );
  const { totals, divergent } = draws;
  const name = (k: number): string => (options.names ? names[k] : `coordinate ${k}`);
  return [
    ...diagnoseNonFinite(totals.reduce((sum, { nonFinite }) => sum + nonFinite, 0)),
    ...diagnoseStuckChains(coordinates),
    ...diagnoseConvergence(coordinates, chains, name),
    ...diagnoseTrajectories(totals, divergent),
    ...diagnoseOvershooting(totals),
    ...diagnoseAcceptance(totals),
    ...diagnoseEfficiency(coordinates, chains, length, name),
    ...(length < DRAWS_PER_CHAIN ? [tooFew] : []),
    ...(chains === 1 ? [SINGLE_CHAIN] : []),
  ];
}

const SINGLE_CHAIN: Diagnosis = {
  code: 'single-chain',
  problem: 'There is one chain only: a mode that it has not found cannot be seen.',
  advice: 'Run four chains from different places (chains: 4).',
};

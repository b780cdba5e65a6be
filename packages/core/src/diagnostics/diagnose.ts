import { requireOptions } from '../argument.ts';
import { coordinateChains, type Draws } from '../sampling/draws.ts';
import { bfmi } from './bfmi.ts';
import { essBulk, essTail } from './effective-sample-size.ts';
import { rHat } from './r-hat.ts';
import { type StepReport, stepReports } from './step-report.ts';

/** One thing that is wrong with draws. */
export interface Diagnosis {
  readonly code:
    | 'too-few-draws'
    | 'single-chain'
    | 'stuck-chain'
    | 'separate-modes'
    | 'r-hat'
    | 'ess-bulk'
    | 'ess-tail'
    | 'slow-mixing'
    | 'divergences'
    | 'bfmi'
    | 'tree-depth'
    | 'acceptance'
    | 'non-finite';
  /** What is wrong, with the numbers. */
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
  /** Coordinates that show it, the worst first. */
  readonly coordinates?: readonly number[];
  /** Chains that show it. */
  readonly chains?: readonly number[];
}

/** Thresholds of Vehtari et al. (2021), Section 4, and of Stan's warnings. */
const R_HAT = 1.01;
const ESS_PER_CHAIN = 100;
const DRAWS_PER_CHAIN = 100;
const BFMI = 0.3;
/** Fewer effective draws per draw than this is slow. */
const EFFICIENCY = 0.02;
/** From this R̂ on, chains that mix well by themselves are in different modes. */
const R_HAT_MODES = 1.1;

/**
 * What is wrong with the draws of a sampler, in words, and what to do about it. An empty list means that nothing was found, not that all is well.
 *
 * Looks at R̂ and effective sample sizes of every coordinate, at chains that don't move, and at what the steps have to tell: divergences, energies (BFMI), tree depth,
 * acceptance, evaluations that were NaN. Chains of different lengths (of a cancelled run) are judged over the length of the shortest.
 *
 * @param draws of `sample`, or `drawsFrom` positions and infos
 * @returns the gravest first
 * @see Vehtari et al. (2021), Section 4, for the thresholds; Betancourt (2017), Section 6, for Hamiltonian Monte Carlo
 * @example
 * ```ts
 * import { diagnose, drawsFrom, randomSource } from '@subspace/core';
 *
 * const random = randomSource(1);
 * const chain = (centre: number) => Array.from({ length: 500 }, () => Float64Array.of(centre + random.normal()));
 * diagnose(drawsFrom([chain(0), chain(0), chain(0), chain(0)])); // []
 * diagnose(drawsFrom([chain(0), chain(0), chain(9), chain(9)]))[0].code; // 'separate-modes'
 * ```
 */
export function diagnose(draws: Draws): readonly Diagnosis[] {
  requireOptions('diagnose', 'draws', draws);
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
  const reports = stepReports(draws.infos);
  return [
    ...nonFinite(reports),
    ...stuck(coordinates),
    ...convergence(coordinates, chains),
    ...hamiltonian(reports, length),
    ...acceptance(reports),
    ...efficiency(coordinates, chains, length),
    ...(length < DRAWS_PER_CHAIN ? [tooFew] : []),
    ...(chains === 1 ? [SINGLE_CHAIN] : []),
  ];
}

const SINGLE_CHAIN: Diagnosis = {
  code: 'single-chain',
  problem: 'There is one chain only: a mode that it has not found can not be seen.',
  advice: 'Run four chains from different places (chains: 4).',
};

function nonFinite(reports: readonly (readonly StepReport[])[]): readonly Diagnosis[] {
  const count = reports.flat().reduce((sum, { nonFinite = 0 }) => sum + nonFinite, 0);
  if (count === 0) return [];
  return [
    {
      code: 'non-finite',
      problem: `${times(count, 'evaluation')} of the log density ${count === 1 ? 'was' : 'were'} NaN and taken for −∞.`,
      advice:
        'Look for overflow in the model, and for a prior so wide that the network leaves the range it can be evaluated in.',
    },
  ];
}

/** Chains of which a coordinate never changes. */
function stuck(coordinates: readonly (readonly Float64Array[])[]): readonly Diagnosis[] {
  const chains = coordinates[0].flatMap((_, c) => (coordinates.some((values) => isConstant(values[c])) ? [c] : []));
  if (chains.length === 0) return [];
  return [
    {
      code: 'stuck-chain',
      problem: `Chains ${chains.join(', ')} don't move: all their draws are equal in at least one coordinate.`,
      advice:
        'Take smaller steps or a longer warmup, start elsewhere, and check the log density at the stuck position.',
      chains,
    },
  ];
}

function convergence(coordinates: readonly (readonly Float64Array[])[], chains: number): readonly Diagnosis[] {
  // A single chain can at least be compared with itself, early and late.
  const values = coordinates.map((ofChains) => (chains === 1 ? halves(ofChains[0]) : ofChains));
  const worst = above(
    values.map((ofChains) => rHat(ofChains)),
    R_HAT,
  );
  if (worst.length === 0) return [];
  const [k] = worst;
  const largest = rHat(values[k]);
  const problem = `R̂ is up to ${largest.toFixed(2)} (coordinate ${k}), where ${R_HAT} is allowed: ${
    chains === 1 ? 'the chain drifts' : 'the chains have not come to agree'
  } in ${times(worst.length, 'coordinate')} of ${values.length}.`;
  // Chains that are each well mixed, and yet in different places, will not come together with more draws.
  const mixed = values[k].every((chain) => !isConstant(chain) && essBulk([chain]) >= ESS_PER_CHAIN);
  if (chains > 1 && largest > R_HAT_MODES && mixed) {
    return [
      {
        code: 'separate-modes',
        problem: `${problem} Each chain mixes well where it is: there are several modes, and none leaves its own.`,
        advice:
          'More draws will not help. Use tempering sequential Monte Carlo, a higher temperature, or a smaller prior; how many chains are in a mode says nothing about its mass.',
        coordinates: worst,
      },
    ];
  }
  return [
    {
      code: 'r-hat',
      problem,
      advice:
        'Take a longer warmup and more draws. If it stays, look at a trace: the chains may be in different modes, or the posterior may be badly scaled.',
      coordinates: worst,
    },
  ];
}

function efficiency(
  coordinates: readonly (readonly Float64Array[])[],
  chains: number,
  length: number,
): readonly Diagnosis[] {
  const needed = ESS_PER_CHAIN * chains;
  const found: Diagnosis[] = [];
  const bulk = coordinates.map(essBulk);
  for (const [code, what, sizes, use] of [
    ['ess-bulk', 'bulk', bulk, 'means and standard deviations'],
    ['ess-tail', 'tails', coordinates.map(essTail), 'intervals and quantiles'],
  ] as const) {
    const worst = below(sizes, needed);
    if (worst.length === 0) continue;
    const least = sizes[worst[0]];
    found.push({
      code,
      problem: `There are as few as ${Math.round(least)} effective draws of the ${what} (coordinate ${worst[0]}), where ${needed} are needed for ${use} and their errors.`,
      advice: `Take about ${Math.ceil((1.5 * needed) / least)} times as many draws.`,
      coordinates: worst,
    });
  }
  const slow = below(bulk, EFFICIENCY * chains * length);
  if (slow.length > 0) {
    const perEffective = Math.round((chains * length) / bulk[slow[0]]);
    found.push({
      code: 'slow-mixing',
      problem: `The chains mix slowly: one effective draw takes ${perEffective} (coordinate ${slow[0]}).`,
      advice:
        'Use a sampler that follows gradients and adapts to the scales of the posterior (NUTS with a dense mass matrix), a longer warmup, or fewer and better scaled coordinates; thin to save memory.',
      coordinates: slow,
    });
  }
  return found;
}

function hamiltonian(reports: readonly (readonly StepReport[])[], length: number): readonly Diagnosis[] {
  const steps = reports.flat();
  const found: Diagnosis[] = [];
  const divergent = steps.filter(({ divergence }) => divergence !== undefined).length;
  if (divergent > 0) {
    found.push({
      code: 'divergences',
      problem: `${times(divergent, 'trajectory', 'trajectories')} of ${steps.length} diverged: the step is too long where the posterior is most curved, and the draws are biased away from there.`,
      advice:
        'Raise the target acceptance (0.9, 0.99), and look where they are: info.divergence. If they stay, the posterior has a neck: another prior or parametrisation is needed.',
    });
  }
  const energies = reports.map((chain) => chain.slice(0, length).map(({ energy }) => energy ?? Number.NaN));
  const fractions = energies.map((energy) => (energy.length === length ? bfmi([energy])[0] : Number.NaN));
  const poor = fractions.flatMap((fraction, c) => (fraction < BFMI ? [c] : []));
  if (poor.length > 0) {
    found.push({
      code: 'bfmi',
      problem: `The Bayesian fraction of missing information is ${Math.min(...poor.map((c) => fractions[c])).toFixed(2)} (chains ${poor.join(', ')}), where ${BFMI} is needed: energies are explored slowly, and tails may be missed.`,
      advice:
        'Take a longer warmup and more draws. If it stays, the posterior has heavy tails or a neck: another prior or parametrisation is needed.',
      chains: poor,
    });
  }
  const deep = steps.filter(({ stopped }) => stopped === 'depth').length;
  if (deep > 0.01 * steps.length) {
    found.push({
      code: 'tree-depth',
      problem: `${times(deep, 'trajectory', 'trajectories')} of ${steps.length} ended because they had as many doublings as are allowed, before they turned: draws are right, but dear and correlated.`,
      advice: 'Raise maxTreeDepth, or improve the scales: a dense mass matrix, a longer warmup.',
    });
  }
  return found;
}

function acceptance(reports: readonly (readonly StepReport[])[]): readonly Diagnosis[] {
  const rates = reports.flat().flatMap(({ acceptance }) => (acceptance === undefined ? [] : [acceptance]));
  const rate = rates.reduce((sum, value) => sum + value, 0) / rates.length;
  if (!(rate < 0.1)) return [];
  return [
    {
      code: 'acceptance',
      problem: `Proposals were accepted with a probability of ${rate.toPrecision(2)} only.`,
      advice: 'Take smaller steps, or a warmup long enough to find their size.',
    },
  ];
}

function isConstant(chain: Float64Array): boolean {
  return chain.every((value) => value === chain[0]);
}

function halves(chain: Float64Array): readonly Float64Array[] {
  const half = Math.floor(chain.length / 2);
  return [chain.subarray(0, half), chain.subarray(chain.length - half)];
}

/** Indices of values above a limit, the largest first. */
function above(values: readonly number[], limit: number): readonly number[] {
  return values.flatMap((value, k) => (value > limit ? [k] : [])).sort((a, b) => values[b] - values[a]);
}

/** Indices of values below a limit, the smallest first. */
function below(values: readonly number[], limit: number): readonly number[] {
  return values.flatMap((value, k) => (value < limit ? [k] : [])).sort((a, b) => values[a] - values[b]);
}

function times(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

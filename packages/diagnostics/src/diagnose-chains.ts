import { rHat } from '@subspace/core/internals';
import { apart, type Diagnosis, times } from './diagnosis.ts';
import { essBulk, essTail } from './effective-sample-size.ts';

/** Thresholds of Vehtari et al. (2021), Section 4. */
const R_HAT = 1.01;
const ESS_PER_CHAIN = 100;
/** Fewer effective draws per draw than this is slow. */
const EFFICIENCY = 0.02;
/** From this R̂ of their places on, chains that mix well by themselves are in different modes. */
const R_HAT_MODES = 1.1;

/** Draws of each coordinate, by chain. */
type Coordinates = readonly (readonly Float64Array[])[];

/** What a coordinate is called. */
type Name = (coordinate: number) => string;

/** Chains of which a coordinate never changes. */
export function diagnoseStuckChains(coordinates: Coordinates): readonly Diagnosis[] {
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

/** Whether the chains agree: R̂. */
export function diagnoseConvergence(coordinates: Coordinates, chains: number, name: Name): readonly Diagnosis[] {
  // A single chain can at least be compared with itself, early and late.
  const values = coordinates.map((ofChains) => (chains === 1 ? halves(ofChains[0]) : ofChains));
  const worst = above(
    values.map((ofChains) => rHat(ofChains)),
    R_HAT,
  );
  if (worst.length === 0) return [];
  const [k] = worst;
  const largest = rHat(values[k]);
  const problem = `R̂ is up to ${apart(largest, R_HAT, 2)} (${name(k)}), where ${R_HAT} is allowed: ${
    chains === 1 ? 'the chain drifts' : 'the chains have not come to agree'
  } in ${times(worst.length, 'coordinate')} of ${values.length}.`;
  // Chains that are each well mixed, and yet in different places, will not come together with more draws.
  const separate = rHat(values[k], { method: 'z-scale' }) > R_HAT_MODES;
  const mixed = values[k].every((chain) => !isConstant(chain) && essBulk([chain]) >= ESS_PER_CHAIN);
  if (chains > 1 && separate && mixed) {
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

/** Whether there are enough effective draws, and what one of them costs. */
export function diagnoseEfficiency(
  coordinates: Coordinates,
  chains: number,
  length: number,
  name: Name,
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
      problem: `There are as few as ${apart(least, needed, 0)} effective draws of the ${what} (${name(worst[0])}), where ${needed} are needed for ${use} and their errors.`,
      advice: `Take about ${Math.ceil((1.5 * needed) / least)} times as many draws.`,
      coordinates: worst,
    });
  }
  const slow = below(bulk, EFFICIENCY * chains * length);
  if (slow.length > 0) {
    const perEffective = Math.round((chains * length) / bulk[slow[0]]);
    found.push({
      code: 'slow-mixing',
      problem: `The chains mix slowly: one effective draw takes ${perEffective} (${name(slow[0])}).`,
      advice:
        'Use a sampler that follows gradients and adapts to the scales of the posterior (NUTS with a dense mass matrix), a longer warmup, or fewer and better scaled coordinates; thin to save memory.',
      coordinates: slow,
    });
  }
  return found;
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

import { argumentError, requireKnownOptions, show } from '../argument.ts';
import { areValid, mean, pool, rankNormalise, readChains, splitChains, variance } from './chains.ts';
import { quantile } from './quantile.ts';

/**
 * What R̂ is computed of: `'rank'` is the larger of `'z-scale'` (normal scores of the ranks of the split chains: the bulk) and `'folded'` (of the ranks
 * of |x − median|: the tails); `'split'` is of the split chains as they are; `'identity'` of the chains as they are.
 */
export type RHatMethod = 'rank' | 'z-scale' | 'folded' | 'split' | 'identity';

/**
 * Potential scale reduction R̂: rank-normalised, split, the larger of the bulk's and the tails' (folded). Below 1.01 is good.
 *
 * @param chains draws of one quantity, one array per chain, at least two chains of at least four draws
 * @param options `method`; default `'rank'`
 * @returns NaN for a single chain, constant chains, or values that are not finite (as ArviZ)
 * @throws on an unknown method
 * @see Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), Equations (1)–(4) and Section 4
 * @example
 * ```ts
 * import { rHat } from '@subspace/core/internals'; // users: from @subspace/diagnostics
 *
 * rHat([[0, 1, 0, 1, 0, 1], [5, 6, 5, 6, 5, 6]]); // far above 1: the chains are in different places
 * ```
 */
export function rHat(chains: readonly ArrayLike<number>[], options: { readonly method?: RHatMethod } = {}): number {
  requireKnownOptions('rHat', options, ['method']);
  const { method = 'rank' } = options;
  if (!Object.hasOwn(METHODS, method)) {
    throw argumentError('rHat', `method is ${show(method)}, expected one of ${Object.keys(METHODS).join(', ')}`);
  }
  const values = readChains('rHat', chains);
  if (values.length < 2 || !areValid(values, 4)) return Number.NaN;
  return METHODS[method](values);
}

const METHODS: Readonly<Record<RHatMethod, (chains: readonly Float64Array[]) => number>> = {
  rank(chains) {
    const bulk = METHODS['z-scale'](chains);
    const tails = METHODS.folded(chains);
    // Deviations that are all equal (of draws with two values) say nothing: NaN.
    return Number.isNaN(tails) ? bulk : Math.max(bulk, tails);
  },
  'z-scale': (chains) => scaleReduction(rankNormalise(splitChains(chains))),
  folded(chains) {
    const split = splitChains(chains);
    const median = quantile(pool(split), 0.5);
    return scaleReduction(rankNormalise(split.map((chain) => chain.map((value) => Math.abs(value - median)))));
  },
  split: (chains) => scaleReduction(splitChains(chains)),
  identity: (chains) => scaleReduction(chains),
};

/** √(((n − 1)/n · W + B/n) / W). */
function scaleReduction(chains: readonly Float64Array[]): number {
  if (chains.every((chain) => chain.every((value) => value === chains[0][0]))) return Number.NaN;
  const draws = chains[0].length;
  const between = variance(Float64Array.from(chains, mean));
  const within = mean(Float64Array.from(chains, variance));
  return Math.sqrt((draws - 1) / draws + between / within);
}

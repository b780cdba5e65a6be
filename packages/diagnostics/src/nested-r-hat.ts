import { argumentError, mean, readChains, requireLength, requireList, variance } from '@subspace/core/internals';

/**
 * Nested R̂, of many short chains: whether superchains, groups of chains that began at one place each, have forgotten where. Chains may be as short as a single draw.
 *
 * √(1 + B̂/Ŵ), B̂ the variance of the superchains' means, Ŵ the mean over superchains of the variance of their chains' means and the mean variance within their chains. With
 * single draws, and M chains a superchain, it is about √(1 + 1/M) however well they mix: what is near enough to 1 depends on M.
 *
 * @param chains draws of one quantity, one array per chain, of at least one draw
 * @param superchains of each chain, which superchain it belongs to: at least two of them, of equally many chains
 * @returns NaN where values are not finite, or there is no variance within superchains (one chain of one draw each, or constant ones)
 * @throws on no or ragged chains, or superchains that are not as many as chains, fewer than two, or of different sizes
 * @see Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari & Gelman (2024), "Nested R̂: assessing the convergence of Markov chain Monte Carlo when running many short chains"; `rhat_nested` of the R package posterior
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { nestedRHat } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * // 64 chains of two draws, sixteen from each of four places.
 * const superchains = Array.from({ length: 64 }, (_, chain) => chain % 4);
 * nestedRHat(superchains.map(() => [random.normal(), random.normal()]), superchains); // 1.003: forgotten
 * nestedRHat(superchains.map((place) => [place + random.normal(), place + random.normal()]), superchains); // 1.7: not yet
 * ```
 */
export function nestedRHat(chains: readonly ArrayLike<number>[], superchains: ArrayLike<number | string>): number {
  const where = 'nestedRHat';
  const values = readChains(where, chains);
  requireList(where, 'superchains', superchains);
  requireLength(where, 'superchains', superchains, chains.length);
  const groups = new Map<number | string, Float64Array[]>();
  values.forEach((chain, c) => {
    groups.set(superchains[c], [...(groups.get(superchains[c]) ?? []), chain]);
  });
  if (groups.size < 2) throw argumentError(where, `there is ${groups.size} superchain, expected at least two`);
  const [first] = groups.values();
  for (const [name, { length }] of groups) {
    if (length !== first.length) {
      throw argumentError(where, `superchain ${name} has ${length} chains, expected ${first.length}, as the first`);
    }
  }
  if (!values.every((chain) => chain.every(Number.isFinite))) return Number.NaN;
  const means: number[] = [];
  let within = 0;
  for (const group of groups.values()) {
    const ofChains = Float64Array.from(group, mean);
    means.push(mean(ofChains));
    const between = group.length > 1 ? variance(ofChains) : 0;
    const inside = values[0].length > 1 ? mean(Float64Array.from(group, variance)) : 0;
    within += (between + inside) / groups.size;
  }
  return within === 0 ? Number.NaN : Math.sqrt(1 + variance(Float64Array.from(means)) / within);
}

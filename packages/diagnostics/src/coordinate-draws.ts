import { type CoordinateSampler, type Draws, drawsFrom, randomSource } from '@subspace/core';
import { argumentError, requireCount, requireOptions, requireSeed, show } from '@subspace/core/internals';

/** How what has no draws yet is drawn from, and what its coordinates are called. */
export interface CoordinateDrawsOptions {
  /** Of the coordinates: those of `constrained`, say. Default `z[0]`, `z[1]` … */
  readonly names?: readonly string[];
  /** How many draws are taken of an approximation that has no end of them. Default 4000. */
  readonly draws?: number;
  /** Of these draws. Default 1: the same approximation is told of in the same numbers. */
  readonly seed?: number | string;
}

/** Whether these are draws of chains, one after the other, and not of a result that is no chain: particles, importance weights, an approximation. */
export function areChains(sampler: CoordinateSampler): sampler is Draws {
  const { positions, paretoK } = sampler as { readonly positions?: unknown; readonly paretoK?: number };
  return isByChain(positions) && paretoK === undefined;
}

/** Draws of any sampler, by chain: those that it has, or as many as are asked for. */
export function drawsOf(
  where: string,
  sampler: CoordinateSampler,
  { draws = 4000, seed = 1 }: CoordinateDrawsOptions,
): Draws {
  requireOptions(where, 'draws', sampler);
  if (isByChain((sampler as { readonly positions?: unknown }).positions)) return sampler as Draws;
  requireCount(where, 'draws', draws);
  requireSeed(where, seed);
  if (typeof sampler.sample !== 'function') {
    throw argumentError(where, 'draws have neither positions nor sample, expected Draws or another CoordinateSampler');
  }
  return drawsFrom([sampler.sample(randomSource(seed), sampler.size ?? draws)]);
}

function isByChain(positions: unknown): boolean {
  return Array.isArray(positions) && positions.every(Array.isArray);
}

/** A name for each coordinate. */
export function coordinateNames(
  where: string,
  dim: number,
  { names }: Pick<CoordinateDrawsOptions, 'names'>,
): readonly string[] {
  if (names === undefined) return Array.from({ length: dim }, (_, k) => `z[${k}]`);
  if (!Array.isArray(names) || names.length !== dim || !names.every((name) => typeof name === 'string')) {
    const came = Array.isArray(names) ? names.map(show).join(', ') : show(names);
    throw argumentError(where, `names are ${came}, expected ${dim} strings`);
  }
  return names;
}

import { argumentError, requireCount, requireFinite, requireLength } from '../argument.ts';
import type { CoordinateSampler } from '../density/coordinate-sampler.ts';
import type { Vector } from '../density/log-density.ts';
import { addStep, type DivergentStep, isDivergent, noSteps, type StepTotals } from './step-totals.ts';

/** What chains have drawn: `positions[chain][draw]` [K], and what each draw's step had to tell; by chain, too, what all steps after warmup had, also those that `thin` left out. */
export interface Draws<I = unknown> extends CoordinateSampler {
  readonly size: number;
  readonly positions: readonly (readonly Vector[])[];
  readonly infos: readonly (readonly I[])[];
  readonly totals: readonly StepTotals[];
  /** All steps that diverged, and so where. */
  readonly divergent: readonly (readonly DivergentStep<I>[])[];
}

/**
 * Draws from positions that are there already: loaded from a file, or made by another program.
 *
 * @param positions per chain, the draws in order, each [K]
 * @param infos per chain, what the step of each draw had to tell
 * @throws on no chain, an empty first draw, or positions of different lengths
 * @example
 * ```ts
 * import { drawsFrom } from '@subspace/core';
 *
 * const draws = drawsFrom([[Float64Array.of(0, 1), Float64Array.of(2, 3)]]);
 * draws.size; // 2
 * ```
 */
export function drawsFrom<I = unknown>(
  positions: readonly (readonly Vector[])[],
  infos: readonly (readonly I[])[] = [],
): Draws<I> {
  const dim = positions.find((chain) => chain.length > 0)?.[0].length ?? 0;
  if (dim === 0) throw argumentError('drawsFrom', 'positions are empty, expected at least one draw');
  positions.forEach((chain, c) => {
    chain.forEach((position, d) => {
      requireLength('drawsFrom', `positions[${c}][${d}]`, position, dim);
      requireFinite('drawsFrom', `positions[${c}][${d}]`, position);
    });
  });
  const totals = infos.map((chain) => {
    const sums = noSteps();
    for (const info of chain) addStep(sums, info);
    return sums;
  });
  const divergent = infos.map((chain) => chain.flatMap((info, draw) => (isDivergent(info) ? [{ draw, info }] : [])));
  return createDraws(dim, positions, infos, totals, divergent);
}

/** Draws of trusted positions; `dim` is given because cancelled chains may have none yet. */
export function createDraws<I>(
  dim: number,
  positions: readonly (readonly Vector[])[],
  infos: readonly (readonly I[])[],
  totals: readonly StepTotals[],
  divergent: readonly (readonly DivergentStep<I>[])[],
): Draws<I> {
  const size = positions.reduce((sum, chain) => sum + chain.length, 0);
  return {
    dim,
    size,
    positions,
    infos,
    totals,
    divergent,
    sample(_random, count) {
      requireCount('Draws.sample', 'count', count, 0);
      const pooled = positions.flat();
      const taken = Math.min(count, size);
      // The middle of each of `taken` equal stretches: even over chains and over time.
      return Array.from({ length: taken }, (_, i) => pooled[Math.floor(((i + 0.5) * size) / taken)]);
    },
  };
}

/** One coordinate of all draws, by chain: what the convergence diagnostics take. */
export function coordinateChains(draws: Draws, coordinate: number): readonly Float64Array[] {
  requireCount('coordinateChains', 'coordinate', coordinate, 0);
  if (coordinate >= draws.dim)
    throw argumentError('coordinateChains', `coordinate is ${coordinate}, expected less than ${draws.dim}`);
  return draws.positions.map((chain) => Float64Array.from(chain, (position) => position[coordinate]));
}

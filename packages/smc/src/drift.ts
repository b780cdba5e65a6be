import { rankCorrelation } from './rank-correlation.ts';
import type { Turn } from './turn.ts';

/** How far a stage's moves have taken the particles, by their log likelihoods. */
export interface Drift {
  /** Mean change of the log likelihood by the moves, in nats: 0 but for chance where the particles were in equilibrium. */
  readonly drift: number;
  /** Standard error of `drift`, from its spread over parts of the particles. */
  readonly spread: number;
  /**
   * Rank correlation of the particles' log likelihoods before and after the moves: near 1 the moves did too little for a drift to be seen. Low alone it
   * says nothing: coordinates that the likelihood hardly depends on may still be where they were. 0 where all of
   * them were the same: there is nothing to forget.
   */
  readonly correlation: number;
}

/** @param parts where each part of the particles begins, and the last one ends */
export async function driftOf(
  before: Float64Array,
  after: Float64Array,
  parts: readonly number[],
  turn: Turn,
): Promise<Drift> {
  const changes = parts.slice(1).map((end, b) => {
    let sum = 0;
    // From −∞ there is no way back to a mean.
    for (let i = parts[b]; i < end; i++)
      sum += after[i] > -Infinity && before[i] > -Infinity ? after[i] - before[i] : 0;
    return sum / (end - parts[b]);
  });
  const n = changes.length;
  const drift = changes.reduce((sum, change) => sum + change / n, 0);
  const squares = changes.reduce((sum, change) => sum + (change - drift) * (change - drift), 0);
  const flat = before.every((value) => value === before[0]);
  return {
    drift,
    spread: Math.sqrt(squares / (n * (n - 1))),
    correlation: flat ? 0 : await rankCorrelation(before, after, turn),
  };
}

/**
 * What is left of a drift, in nats, with its standard error: of a lag that moves shrink to the share ρ of it, they have made up 1 − ρ, and ρ is left.
 * A lower estimate where the likelihoods forget sooner than the particles do.
 */
export function remainingDrift({ drift, spread, correlation }: Drift): number {
  return Math.hypot(drift, spread) * remainingShare(correlation);
}

/** ρ / (1 − ρ), of ρ within [0, 0.99]. */
export function remainingShare(correlation: number): number {
  const share = Math.min(0.99, Math.max(0, correlation));
  return share / (1 - share);
}

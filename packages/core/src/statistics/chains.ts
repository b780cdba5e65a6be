import { argumentError } from '../argument.ts';
import { normalQuantile } from '../density/normal.ts';
import { ranks } from './ranks.ts';

/** Chains as float64, checked: at least one, all of one length. */
export function readChains(where: string, chains: readonly ArrayLike<number>[]): readonly Float64Array[] {
  if (!Array.isArray(chains) || chains.length === 0)
    throw argumentError(where, 'chains are empty, expected at least one');
  const length = chains[0].length;
  chains.forEach((chain, c) => {
    if (chain.length !== length || length === 0) {
      throw argumentError(where, `chains[${c}] has length ${chain.length}, expected ${length || 'at least 1'}`);
    }
  });
  return chains.map((chain) => Float64Array.from(chain));
}

/** Whether a diagnostic of these chains means anything: no value NaN or infinite, and enough draws. */
export function areValid(chains: readonly Float64Array[], minimumDraws: number): boolean {
  return chains[0].length >= minimumDraws && chains.every((chain) => chain.every(Number.isFinite));
}

/** First and second halves as chains of their own; the middle draw of an odd number is left out. */
export function splitChains(chains: readonly Float64Array[]): readonly Float64Array[] {
  const half = Math.floor(chains[0].length / 2);
  return [
    ...chains.map((chain) => chain.subarray(0, half)),
    ...chains.map((chain) => chain.subarray(chain.length - half)),
  ];
}

/** Normal scores of the ranks (Blom), after Vehtari et al. (2021), Equation (14). */
export function rankNormalise(chains: readonly Float64Array[]): readonly Float64Array[] {
  const size = chains.length * chains[0].length;
  return ranks(chains).map((ranked) => ranked.map((rank) => normalQuantile((rank - 0.375) / (size + 0.25))));
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Variance with divisor n − 1. */
export function variance(values: Float64Array): number {
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) * (value - centre);
  return sum / (values.length - 1);
}

/** All chains one after the other. */
export function pool(chains: readonly Float64Array[]): Float64Array {
  const length = chains[0].length;
  return Float64Array.from({ length: chains.length * length }, (_, i) => chains[Math.floor(i / length)][i % length]);
}

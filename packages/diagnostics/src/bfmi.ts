import { readChains, variance } from '@subspace/core/internals';

/**
 * Bayesian fraction of missing information of each chain: E[(Eₜ − Eₜ₋₁)²] / Var[E]. How well drawing new momenta explores the energies of
 * Hamiltonian Monte Carlo: below 0.3 it does not, and the tails are not seen.
 *
 * @param energies the Hamiltonian at each draw, in nats, one array per chain, at least two draws each
 * @returns [chains]; NaN for a constant energy
 * @throws on no chains, or chains of different lengths
 * @see Betancourt (2016), "Diagnosing suboptimal cotangent disintegrations in Hamiltonian Monte Carlo", Equation (2)
 * @example
 * ```ts
 * import { bfmi } from '@subspace/diagnostics';
 *
 * bfmi([[1, 2, 1, 2, 1, 2]]); // [3.33…]: every step moves as far as there is to go
 * ```
 */
export function bfmi(energies: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(readChains('bfmi', energies), (energy) => {
    let sum = 0;
    for (let i = 1; i < energy.length; i++) sum += (energy[i] - energy[i - 1]) ** 2;
    return sum / (energy.length - 1) / variance(energy);
  });
}

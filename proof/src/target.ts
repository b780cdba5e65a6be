import type { DifferentiableLogDensity, Gaussian, Posterior } from '@subspace/core';
import type { Expectation } from './expectation.ts';

/** A density of which everything is known. */
export interface Target {
  readonly name: string;
  readonly dim: number;
  /** log p(z) with its gradient, normalised. */
  readonly density: DifferentiableLogDensity;
  /** The same up to a constant, as a likelihood times a Gaussian, where there is one to take out. */
  readonly posterior?: Posterior;
  /** Wider than the target: where chains start. */
  readonly starts: Gaussian;
  /** How many times longer than on an easy target chains are run here. */
  readonly effort: number;
  readonly expectations: readonly Expectation[];
  /** log ∫ exp(ℓ(z)/T)·N(z | prior) dz of `posterior`, with all constants. */
  readonly logEvidence?: number;
  /** How far the ELBO of the best Gaussian with independent coordinates stays below the evidence: where the target is Gaussian itself. */
  readonly meanFieldGap?: number;
}

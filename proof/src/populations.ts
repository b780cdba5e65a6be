import type { Posterior, Vector } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { hmc } from '@subspace/nuts';
import { cloudPosterior, sequentialMonteCarlo } from '@subspace/smc';
import {
  type Approximation,
  fullRank,
  importanceResample,
  inverseAutoregressive,
  laplace,
  meanField,
  realNvp,
} from '@subspace/vi';

/** Draws without chains, all of the same weight, and the evidence that goes with them. */
export interface PopulationRun {
  readonly positions: readonly Vector[];
  readonly logEvidence: number;
}

/** A method whose runs are independent of each other. */
export interface Population {
  readonly name: string;
  run(target: Posterior, options: { readonly particles: number; readonly seed: string }): Promise<PopulationRun>;
}

/** Tempering sequential Monte Carlo, by what moves its particles. */
export const particleMethods: readonly Population[] = [
  {
    name: 'sequentialMonteCarlo with elliptical slices of the prior',
    run: (target, { particles, seed }) =>
      sequentialMonteCarlo(target, { particles, move: ellipticalSlice, movesPerStage: 4, replicates: 2, seed }),
  },
  {
    name: 'sequentialMonteCarlo with elliptical slices of the cloud',
    run: (target, { particles, seed }) =>
      sequentialMonteCarlo(target, {
        particles,
        move: (tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
        replicates: 2,
        seed,
      }),
  },
  {
    name: 'sequentialMonteCarlo with Hamiltonian moves',
    run: (target, { particles, seed }) =>
      sequentialMonteCarlo(target, {
        particles,
        move: (tempered, { covariance }) => {
          const precision = Float64Array.from(
            { length: tempered.dim },
            (_, k) => 1 / covariance[k * (tempered.dim + 1)],
          );
          return hmc(tempered, { stepSize: 0.7, steps: [1, 4], massMatrix: precision });
        },
        replicates: 2,
        seed,
      }),
  },
];

export interface FitOptions {
  readonly iterations: number;
  readonly seed: string;
  /** A flow smaller than the default one. */
  readonly flow?: { readonly layers: number; readonly hidden: number };
}

/** An approximation, with the options that are its defaults. */
export interface ApproximationMethod {
  readonly name: string;
  readonly family: 'Gaussian' | 'flow';
  fit(target: Posterior, options: FitOptions): Promise<Approximation>;
}

/** The one list. */
export const approximationMethods: readonly ApproximationMethod[] = [
  { name: 'laplace', family: 'Gaussian', fit: (target, { seed }) => laplace(target, { curvature: 'hessian', seed }) },
  {
    name: 'meanField',
    family: 'Gaussian',
    fit: (target, { iterations, seed }) => meanField(target, { iterations, seed }),
  },
  {
    name: 'fullRank',
    family: 'Gaussian',
    fit: (target, { iterations, seed }) => fullRank(target, { iterations, seed }),
  },
  {
    name: 'realNvp',
    family: 'flow',
    fit: (target, { iterations, seed, flow }) => realNvp(target, { iterations, seed, ...flow }),
  },
  {
    name: 'inverseAutoregressive',
    family: 'flow',
    fit: (target, { iterations, seed, flow }) => inverseAutoregressive(target, { iterations, seed, ...flow }),
  },
];

/** Importance resampling of an approximation: one fit, many corrections. */
export function corrected(approximation: Approximation): Population {
  return {
    name: 'importanceResample',
    async run(target, { particles, seed }) {
      const { positions, logEvidence } = await importanceResample(approximation, target, { draws: particles, seed });
      return { positions: positions[0], logEvidence };
    },
  };
}

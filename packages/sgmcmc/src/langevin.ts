import { argumentError, requireKnownOptions, requireOptions, requirePositive, show } from '@subspace/core/internals';
import { requireFraction } from './fraction.ts';
import type { Dynamics } from './weight-chain.ts';

/** −log p(w | D)/N of the tempered posterior, but for constants: what one step needs to know of it. */
export interface Potential {
  /** D. */
  readonly dim: number;
  /** N. */
  readonly rows: number;
  readonly temperature: number;
  readonly priorStd: number;
}

/** Of `'rmsprop'`: how long gradients are remembered (default 0.99), and what is added to their size (default 1e-5). */
export interface Preconditioning {
  readonly decay?: number;
  readonly epsilon?: number;
}

export type Preconditioner = 'none' | 'rmsprop' | Preconditioning;

/** Throws unless it is one; with its defaults, or undefined for none. */
export function preconditioning(where: string, came: Preconditioner): Required<Preconditioning> | undefined {
  if (came === 'none') return undefined;
  if (typeof came === 'string' && came !== 'rmsprop') {
    throw argumentError(where, `preconditioner is ${show(came)}, expected 'none', 'rmsprop' or { decay, epsilon }`);
  }
  const given = came === 'rmsprop' ? {} : came;
  requireOptions(where, 'preconditioner', given);
  requireKnownOptions(where, given, ['decay', 'epsilon']);
  const { decay = 0.99, epsilon = 1e-5 } = given;
  requireFraction(where, 'preconditioner.decay', decay);
  requirePositive(where, 'preconditioner.epsilon', epsilon);
  return { decay, epsilon };
}

/**
 * w ← w − η·G·∇U/N + √(2η·G/N)·ξ, U = −log p(D | w)/T + ‖w‖²/2σ², G = 1 or, preconditioned, 1/(epsilon + √V) of each weight, V the running mean of g², g the gradient of the mean of
 * −log p over the rows of a step.
 */
export function langevin(
  { dim, rows, temperature, priorStd }: Potential,
  preconditioned?: Required<Preconditioning>,
): Dynamics {
  const pull = 1 / (priorStd * priorStd * rows);
  if (!preconditioned) {
    return {
      memory: {},
      move({ weights, gradient, rate, noisy, random }) {
        const noise = noisy ? Math.sqrt((2 * rate) / rows) : 0;
        for (let i = 0; i < dim; i++) {
          weights[i] -= rate * (gradient[i] / temperature + pull * weights[i]);
          if (noisy) weights[i] += noise * random.normal();
        }
      },
    };
  }
  const { decay, epsilon } = preconditioned;
  const squares = new Float64Array(dim);
  return {
    memory: { squares },
    move({ weights, gradient, rate, noisy, first, random }) {
      const kept = first ? 0 : decay;
      for (let i = 0; i < dim; i++) {
        const g = gradient[i];
        squares[i] = kept * squares[i] + (1 - kept) * g * g;
        const own = rate / (epsilon + Math.sqrt(squares[i]));
        weights[i] -= own * (g / temperature + pull * weights[i]);
        if (noisy) weights[i] += Math.sqrt((2 * own) / rows) * random.normal();
      }
    },
  };
}

import { type Gaussian, gaussianDraw, type LogDensity, type ValueAlgorithm, type Vector } from '@subspace/core';
import {
  aNumber,
  argumentError,
  floats,
  objectOf,
  requireCount,
  requireFinite,
  requireGaussian,
  requireLength,
  requirePositive,
} from '@subspace/core/internals';

/** What the next step needs. */
export interface EllipticalSliceState {
  /** z [K]. */
  readonly position: Vector;
  /** Untempered log likelihood at `position`, in nats; carried from step to step, never computed twice. −∞ only before the first step. */
  readonly logLikelihood: number;
}

/** What a step has to tell. */
export interface EllipticalSliceInfo {
  /** The accepted angle θ on the ellipse, in radians within (−2π, 2π); 0 would be the old position. */
  readonly angle: number;
  /** How often a proposal was rejected and the bracket shrank; the step took one evaluation more than that. */
  readonly shrinks: number;
  /** How many evaluations of the step were NaN, and taken for −∞. */
  readonly nonFinite: number;
}

/** How many points a chain tries before it gives up on a start of log likelihood −∞. */
const SEARCH_LIMIT = 1000;

/** What elliptical slice sampling uses of a posterior: any `Posterior` of `@subspace/core` will do. */
export interface GaussianPriorPosterior {
  readonly prior: Gaussian;
  readonly temperature: number;
  readonly logLikelihood: LogDensity;
}

/**
 * Elliptical slice sampling, for a target with a Gaussian prior.
 *
 * Draws ν ~ N(μ, Σ) and a level log y = log u + ℓ(z)/T, and goes round the ellipse
 * z(θ) = μ + (z − μ)·cos θ + (ν − μ)·sin θ: θ is uniform on a bracket of length 2π around 0, which shrinks towards 0 until
 * ℓ(z(θ))/T ≥ log y. Every step is accepted and there is nothing to tune. A step takes one evaluation and one more per shrink.
 *
 * NaN is taken for −∞ and counted in the step's info. A start of log likelihood −∞ or NaN is allowed: the first step then tries
 * draws of the prior, and accepts the first that is finite.
 *
 * Unlike the original code, the prior is a `Gaussian` with its own mean and covariance (not a "scale" that is a variance), and the log
 * likelihood is carried in the state instead of being evaluated again at every step.
 *
 * @param posterior prior N(μ, Σ) over z [K], untempered log likelihood ℓ in nats (summed over the data), and temperature T
 * @returns an algorithm for `sample`; it asks for values of `posterior.logLikelihood` and starts from the prior
 * @throws if the prior is not a Gaussian of the likelihood's dimension; while sampling: if a log likelihood is +∞, if the bracket
 * shrinks below machine precision (with its angles, the level and the number of evaluations), or if a chain that starts at −∞ meets nothing
 * finite in 1000 evaluations
 * @see Murray, Adams & MacKay (2010), "Elliptical slice sampling", Figure 2; Izmailov et al. (2019), Section 4
 * @example
 * ```ts
 * import { logDensity, posterior, sample } from '@subspace/core';
 * import { ellipticalSlice } from '@subspace/ess';
 *
 * // One observation 2 ± 1 and a prior 0 ± 1: the posterior is N(1, ½).
 * const logLikelihood = logDensity(1, (z) => -0.5 * (z[0] - 2) ** 2);
 * const target = posterior({ logLikelihood, priorStd: 1 });
 * const draws = await sample(ellipticalSlice(target), { draws: 500, warmup: 50, chains: 4, seed: 1 });
 * draws.positions[0][0]; // Float64Array [1]: the first draw of the first chain
 * draws.infos[0][0]; // { angle, shrinks, nonFinite }
 * ```
 */
export function ellipticalSlice(
  posterior: GaussianPriorPosterior,
): ValueAlgorithm<EllipticalSliceState, EllipticalSliceInfo> {
  const { prior, temperature, logLikelihood } = posterior ?? {};
  if (!prior?.mean || !prior.cholesky || !logLikelihood?.values) {
    throw argumentError(
      'ellipticalSlice',
      'posterior has no prior or no logLikelihood, expected what posterior() returns',
    );
  }
  const dim = logLikelihood.dim;
  requireCount('ellipticalSlice', 'posterior.logLikelihood.dim', dim);
  requireGaussian('ellipticalSlice', 'posterior.prior', prior, dim);
  requirePositive('ellipticalSlice', 'posterior.temperature', temperature);

  // Room for ν, of steps that have ended: chains run in turns.
  const spare: Vector[] = [];

  return {
    name: 'elliptical slice sampling',
    options: { temperature },
    needs: 'values',
    target: logLikelihood,
    prior,
    savedState: objectOf({ position: floats(dim), logLikelihood: aNumber }),
    position: (state) => state.position,

    *init(_random, position) {
      requireLength('ellipticalSlice', 'position', position, dim);
      requireFinite('ellipticalSlice', 'position', position);
      const start = Float64Array.from(position);
      const value = yield start;
      return { position: start, logLikelihood: Number.isNaN(value) ? -Infinity : requireBelowInfinity(value, start) };
    },

    *step(random, { position, logLikelihood: current }) {
      const other = gaussianDraw(prior, random, spare.pop());
      const level = Math.log(random.uniform()) + current / temperature;
      let angle = 2 * Math.PI * random.uniform();
      let low = angle - 2 * Math.PI;
      let high = angle;
      let nonFinite = 0;
      const proposal = new Float64Array(dim);
      for (let shrinks = 0; ; shrinks++) {
        onEllipse(prior.mean, position, other, angle, proposal);
        const value = yield proposal;
        if (Number.isNaN(value)) nonFinite++;
        // "≥", not the paper's ">": the two differ with probability zero, until log u is lost in the rounding of a large ℓ/T.
        else if (value > -Infinity && requireBelowInfinity(value, proposal) / temperature >= level) {
          spare.push(other);
          return { state: { position: proposal, logLikelihood: value }, info: { angle, shrinks, nonFinite } };
        }
        if (current === -Infinity) {
          // Shrinking would close in on an impossible point: search all over the prior instead (at π/2 the ellipse passes through ν).
          if (shrinks + 1 === SEARCH_LIMIT) throw searchError(position, nonFinite);
          gaussianDraw(prior, random, other);
          angle = Math.PI / 2;
          continue;
        }
        if (angle < 0) low = angle;
        else high = angle;
        if (high - low < Number.EPSILON)
          throw bracketError({ low, high, level, current, evaluations: shrinks + 1, nonFinite });
        angle = low + random.uniform() * (high - low);
      }
    },

    tally: ({ shrinks, nonFinite }) => ({ shrinks, nonFinite }),
    describe: (_info, { steps, shrinks }) => `${(shrinks / steps).toFixed(1)} shrinks a step`,
  };
}

/** out = μ + (z − μ)·cos θ + (ν − μ)·sin θ. */
function onEllipse(mean: Vector, position: Vector, other: Vector, angle: number, out: Vector): void {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  for (let k = 0; k < out.length; k++) {
    out[k] = mean[k] + (position[k] - mean[k]) * cos + (other[k] - mean[k]) * sin;
  }
}

/** An infinite density has no level to slice at, and no other point would ever be accepted. */
function requireBelowInfinity(value: number, position: Vector): number {
  if (value !== Infinity) return value;
  throw argumentError('ellipticalSlice', `the log likelihood is Infinity at [${position.join(', ')}], expected less`);
}

function searchError(position: Vector, nonFinite: number): Error {
  return argumentError(
    'ellipticalSlice',
    `the log likelihood is -Infinity at the start [${position.join(', ')}] and at ${SEARCH_LIMIT} other points of the prior, ` +
      `${nonFinite} of them NaN, expected a finite one; give another start as \`initial\``,
  );
}

function bracketError(bracket: {
  low: number;
  high: number;
  level: number;
  current: number;
  evaluations: number;
  nonFinite: number;
}): Error {
  const { low, high, level, current, evaluations, nonFinite } = bracket;
  return argumentError(
    'ellipticalSlice',
    `the bracket of angles shrank to [${low}, ${high}] in ${evaluations} evaluations, ${nonFinite} of them NaN, without a point above the ` +
      `level ${level}, expected one near 0; is the log likelihood (${current} at angle 0) continuous, and the same at every call?`,
  );
}

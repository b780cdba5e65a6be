import type { Evaluation, GradientAlgorithm, RandomSource, Vector } from '@subspace/core';
import {
  aCount,
  aNumber,
  argumentError,
  floats,
  objectOf,
  optional,
  requireKnownOptions,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';
import { anyDirection, flown, scattered } from './isokinetic.ts';
import {
  flightFrom,
  type MicrocanonicalTarget,
  type Place,
  requireMicrocanonical,
  requireTuned,
  type Scaling,
  startPlace,
  tolerableStep,
} from './microcanonical.ts';
import {
  collected,
  overallDeviation,
  type RunningScales,
  savedScales,
  standardDeviations,
  windowAt,
} from './running-scales.ts';

export interface MclmcOptions {
  /** ε, where its tuning starts from; without warmup, what it is. Default: looked for at the start. */
  readonly stepSize?: number;
  /** L, the distance after which a direction is forgotten, in units of the scales. Default: √K times the scales; with `scales: 'none'`, the root of the summed variances that warmup finds. */
  readonly length?: number;
  /** What warmup tunes the step size to: the variance of the energy error a dimension. Default 5e-4. */
  readonly energyVariance?: number;
  /** `'diagonal'` (the default): coordinates are measured by their standard deviations, learnt in warmup. */
  readonly scales?: Scaling;
}

/** What the next step of a chain needs. */
export interface MclmcState extends Place {
  /** u [K]. */
  readonly direction: Vector;
  /** Steps done, warmup included. */
  readonly steps: number;
  readonly stepSize: number;
  readonly length: number;
  /** [K] */
  readonly scales: Vector;
  /** In warmup only. */
  readonly tuner?: StepTuner;
  readonly running?: RunningScales;
}

/** Weighted averages of the energy's variance over ε⁶, in units of what is wanted: forgets all but about the last 150 steps. */
export interface StepTuner {
  readonly variance: number;
  readonly weight: number;
}

/** What a step of MCLMC has to tell. */
export interface MclmcInfo {
  /** What the step added to the energy that it should keep, in nats: its mean square a dimension says how far moments are off. */
  readonly energyError: number;
  readonly stepSize: number;
}

const WHERE = 'mclmc';

/**
 * Microcanonical Langevin Monte Carlo, unadjusted: a point of unit speed that the log density bends, and noise turns. No step is rejected, so that it goes far in a step also where there are many
 * dimensions, as over all weights of a network.
 *
 * Moments are off by what steps are long: the energy's variance a dimension says how much, and warmup tunes the step size ε to a small one; lower `energyVariance` for less bias. L, the distance after which
 * the direction is forgotten, is √K in units of the scales, or the root of the summed variances. The third stage of the paper's tuner, by autocorrelations, is left out. Nine tenths of warmup are for scales,
 * in three windows.
 *
 * For all weights of a network, hand it `weightPosterior(network, data, …)` of `@subspace/core`, and start from trained weights (`initial`); `mile` does both.
 *
 * @param target log density of z [K], K ≥ 2, with gradients; chains start from its `prior`, where it has one
 * @returns an algorithm for `sample`; it asks for values and gradients, two a step
 * @throws at a target of one coordinate or without gradients, a start where density or gradient is not finite, and an energy that is not finite, in warmup and after it, naming the step
 * @see Robnik, De Luca, Silverstein & Seljak (2023), "Microcanonical Hamiltonian Monte Carlo"; Robnik & Seljak (2024), "Fluctuation without dissipation: microcanonical Langevin Monte Carlo"
 * @example
 * ```ts
 * import { isotropicGaussian, logDensity, sample } from '@subspace/core';
 * import { mclmc } from '@subspace/sgmcmc';
 *
 * const normal = logDensity(10, (z) => ({ value: -0.5 * z.reduce((sum, x) => sum + x ** 2, 0), gradient: z.map((x) => -x) }));
 * const draws = await sample(mclmc({ ...normal, prior: isotropicGaussian(10, 1) }), { draws: 500, warmup: 500, seed: 1 });
 * draws.infos[0][0].energyError; // about 0.07, the root of 10 · 5e-4
 * ```
 */
export function mclmc(
  target: MicrocanonicalTarget,
  options: MclmcOptions = {},
): GradientAlgorithm<MclmcState, MclmcInfo> {
  const dim = requireMicrocanonical(WHERE, target);
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, ['stepSize', 'length', 'energyVariance', 'scales']);
  const { stepSize, length, energyVariance = 5e-4, scales = 'diagonal' } = options;
  requirePositive(WHERE, 'energyVariance', energyVariance);
  requireTuned(WHERE, { stepSize, length, scales });

  function* step(
    random: RandomSource,
    state: MclmcState,
    at?: { readonly index: number; readonly of: number },
  ): Generator<Vector, { state: MclmcState; info: MclmcInfo }, Evaluation> {
    const { stepSize, scales } = state;
    const flight = flightFrom(state, state.direction);
    const half = stepSize / state.length / 2;
    scattered(flight.direction, random, half);
    const energyError = yield* flown(flight, scales, stepSize);
    scattered(flight.direction, random, half);
    if (!Number.isFinite(energyError)) {
      const when = at ? `warmup step ${at.index} of ${at.of}` : `step ${state.steps}`;
      throw argumentError(
        WHERE,
        `the energy error is ${energyError} at ${when}, the step size ${stepSize} and the log density there ${flight.value}, expected finite numbers; a start nearer to a mode, or a smaller energyVariance, may do`,
      );
    }
    const moved: MclmcState = { ...state, ...flight, steps: state.steps + 1 };
    const info = { energyError, stepSize };
    return { state: at ? yield* tuned(random, moved, energyError, at) : moved, info };
  }

  function* tuned(
    random: RandomSource,
    state: MclmcState,
    energyError: number,
    { index, of }: { readonly index: number; readonly of: number },
  ): Generator<Vector, MclmcState, Evaluation> {
    const { stepSize, tuner } = tunedStep(state, energyError, energyVariance);
    if (index === of - 1) return { ...state, stepSize, tuner: undefined, running: undefined };
    const { collects, ends } = windowAt(index, of);
    if (!collects) return { ...state, stepSize, tuner };
    const running = collected(state.running, state.position);
    if (!ends) return { ...state, stepSize, tuner, running };
    const deviations = standardDeviations(running);
    if (scales === 'none') {
      return { ...state, stepSize, tuner, running: undefined, length: length ?? overallDeviation(deviations) };
    }
    // A direction of the new coordinates, which is as random as the old one.
    const direction = anyDirection(random, dim);
    const rescaled = yield* tolerableStep(WHERE, state, direction, deviations, firstStep(dim), energyVariance);
    return { ...state, stepSize: rescaled, scales: deviations, direction, tuner: undefined, running: undefined };
  }

  return {
    name: 'microcanonical Langevin',
    options: { stepSize, length, energyVariance, scales },
    needs: 'gradients',
    target,
    prior: target.prior,
    savedState: objectOf({
      ...{ position: floats(dim), direction: floats(dim), gradient: floats(dim), scales: floats(dim) },
      ...{ value: aNumber, steps: aCount, stepSize: aNumber, length: aNumber },
      tuner: optional(objectOf({ variance: aNumber, weight: aNumber })),
      running: optional(savedScales(dim)),
    }),
    position: (state) => state.position,
    *init(random, position) {
      const place = yield* startPlace(WHERE, position, dim);
      const direction = anyDirection(random, dim);
      const ones = new Float64Array(dim).fill(1);
      return {
        ...{ ...place, direction, scales: ones, steps: 0, length: length ?? Math.sqrt(dim) },
        stepSize: stepSize ?? (yield* tolerableStep(WHERE, place, direction, ones, firstStep(dim), energyVariance)),
      };
    },
    step: (random, state) => step(random, state),
    warmupStep: step,
    tally: ({ energyError }) => ({ squares: energyError * energyError }),
    describe: ({ stepSize }, { steps, squares }) =>
      `energy variance ${(squares / steps / dim).toExponential(1)} a dimension, step size ${stepSize.toPrecision(2)}`,
  };
}

/** Where the search for a step size begins: a quarter of the way across a Gaussian in these units. */
function firstStep(dim: number): number {
  return Math.sqrt(dim) / 4;
}

/** Steps that the tuner remembers, and how much it trusts an energy error that is far from the one wanted. */
const [MEMORY, TRUST] = [150, 1.5];

/** The variance of the energy grows as ε⁶: the step size at which it would be the one wanted, but at most twice the last. */
function tunedStep(
  { stepSize, tuner = { variance: 0, weight: 0 }, position }: MclmcState,
  energyError: number,
  energyVariance: number,
): { readonly stepSize: number; readonly tuner: StepTuner } {
  // Not 0, whose logarithm is none.
  const excess = (energyError * energyError) / (position.length * energyVariance) + 1e-8;
  const distance = Math.log(excess) / (6 * TRUST);
  const trust = Math.exp(-0.5 * distance * distance);
  const kept = (MEMORY - 1) / (MEMORY + 1);
  const cube = stepSize * stepSize * stepSize;
  const variance = kept * tuner.variance + (trust * excess) / (cube * cube);
  const weight = kept * tuner.weight + trust;
  const wanted = Math.exp(Math.log(weight / variance) / 6);
  return { stepSize: Math.min(wanted, 2 * stepSize), tuner: { variance, weight } };
}

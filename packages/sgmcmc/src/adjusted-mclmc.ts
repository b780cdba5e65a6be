import type { Evaluation, GradientAlgorithm, RandomSource, Vector } from '@subspace/core';
import {
  type AveragingPace,
  aNumber,
  argumentError,
  averaged,
  type DualAveraging,
  dualAveraging,
  floats,
  objectOf,
  optional,
  requireKnownOptions,
  requireOptions,
  requirePositive,
  savedAveraging,
} from '@subspace/core/internals';
import { anyDirection, flown } from './isokinetic.ts';
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

export interface AdjustedMclmcOptions {
  /** ε, where its adaptation starts from; without warmup, what it is. Default: looked for at the start. */
  readonly stepSize?: number;
  /** L, the average length of a trajectory, in units of the scales. Default: √K times the scales; with `scales: 'none'`, the root of the summed variances that warmup finds. */
  readonly length?: number;
  /** The average acceptance that warmup adapts the step size to. Default 0.95: at the paper's 0.9 the arms of a banana are come to too seldom. */
  readonly targetAcceptance?: number;
  /** `'diagonal'` (the default): coordinates are measured by their standard deviations, learnt in warmup. */
  readonly scales?: Scaling;
}

/** What the next step of a chain needs. */
export interface AdjustedMclmcState extends Place {
  readonly stepSize: number;
  readonly length: number;
  /** [K] */
  readonly scales: Vector;
  /** In warmup only. */
  readonly averaging?: DualAveraging;
  readonly running?: RunningScales;
}

/** What a step of adjusted MCLMC has to tell. */
export interface AdjustedMclmcInfo {
  /** min(1, exp(−energy error at the end of the trajectory)): the probability with which it was accepted. */
  readonly acceptance: number;
  readonly accepted: boolean;
  /** Integrator steps taken, each two evaluations. */
  readonly steps: number;
  readonly stepSize: number;
  /** Where the energy error is above 1000 or NaN, which rejects the trajectory. */
  readonly divergence?: { readonly from: Vector; readonly energyError: number };
}

const WHERE = 'adjustedMclmc';

/** Of the step size: γ wide enough for acceptances of single proposals. */
const PACE: AveragingPace = { gamma: 0.2, eagerness: 1, eagernessInBrief: 1 };

/** An energy error above this is a divergence, as in Stan. */
const MOST_ENERGY_ERROR = 1000;

/** Steps of a trajectory at most: before scales are learnt, and after. */
const [MOST_STEPS_UNSCALED, MOST_STEPS] = [10, 1000];

/**
 * Metropolis-adjusted microcanonical Monte Carlo: trajectories of isokinetic dynamics, each from a direction uniform on the sphere, whose end is accepted with the probability that the error of the energy allows. Exact, as
 * Hamiltonian Monte Carlo is, whose relative it is; `mclmc` is the one without rejections.
 *
 * A trajectory has a number of steps that is uniform between 1 and 2L/ε − 1. Warmup adapts ε to the acceptance; nine tenths of it are for scales, in three windows. An energy that is not finite rejects.
 *
 * @param target log density of z [K], K ≥ 2, with gradients; chains start from its `prior`, where it has one
 * @returns an algorithm for `sample`; it asks for values and gradients, two an integrator step
 * @throws at a target of one coordinate or without gradients, and a start where density or gradient is not finite
 * @see Robnik, Cohn-Gordon & Seljak (2025), "Metropolis adjusted microcanonical Hamiltonian Monte Carlo"
 * @example
 * ```ts
 * import { isotropicGaussian, logDensity, sample } from '@subspace/core';
 * import { adjustedMclmc } from '@subspace/sgmcmc';
 *
 * const normal = logDensity(10, (z) => ({ value: -0.5 * z.reduce((sum, x) => sum + x ** 2, 0), gradient: z.map((x) => -x) }));
 * const draws = await sample(adjustedMclmc({ ...normal, prior: isotropicGaussian(10, 1) }), { draws: 200, warmup: 200, seed: 1 });
 * draws.infos[0][0].accepted; // true or false
 * ```
 */
export function adjustedMclmc(
  target: MicrocanonicalTarget,
  options: AdjustedMclmcOptions = {},
): GradientAlgorithm<AdjustedMclmcState, AdjustedMclmcInfo> {
  const dim = requireMicrocanonical(WHERE, target);
  requireOptions(WHERE, 'options', options);
  requireKnownOptions(WHERE, options, ['stepSize', 'length', 'targetAcceptance', 'scales']);
  const { stepSize, length, targetAcceptance = 0.95, scales = 'diagonal' } = options;
  requirePositive(WHERE, 'targetAcceptance', targetAcceptance);
  if (targetAcceptance >= 1) {
    throw argumentError(WHERE, `targetAcceptance is ${targetAcceptance}, expected a number between 0 and 1`);
  }
  requireTuned(WHERE, { stepSize, length, scales });

  function* step(
    random: RandomSource,
    state: AdjustedMclmcState,
    at?: { readonly index: number; readonly of: number },
  ): Generator<Vector, { state: AdjustedMclmcState; info: AdjustedMclmcInfo }, Evaluation> {
    const { stepSize, scales } = state;
    const most = at && !windowAt(at.index, at.of).scaled ? MOST_STEPS_UNSCALED : MOST_STEPS;
    const average = Math.min(state.length / stepSize, most);
    const steps = 1 + Math.floor(random.uniform() * Math.max(1, Math.round(2 * average) - 1));
    const flight = flightFrom(state, anyDirection(random, dim));
    let error = 0;
    let taken = 0;
    while (taken < steps && Number.isFinite(error)) {
      error += yield* flown(flight, scales, stepSize);
      taken++;
    }
    const acceptance = Number.isNaN(error) ? 0 : Math.min(1, Math.exp(-error));
    const accepted = random.uniform() < acceptance && Number.isFinite(error);
    const { position, value, gradient } = accepted ? flight : state;
    const moved = { ...state, position, value, gradient };
    const info = {
      ...{ acceptance, accepted, steps: taken, stepSize },
      ...(!(error <= MOST_ENERGY_ERROR) && { divergence: { from: state.position, energyError: error } }),
    };
    return { state: at ? yield* adapted(random, moved, acceptance, at) : moved, info };
  }

  function* adapted(
    random: RandomSource,
    state: AdjustedMclmcState,
    acceptance: number,
    { index, of }: { readonly index: number; readonly of: number },
  ): Generator<Vector, AdjustedMclmcState, Evaluation> {
    const averaging = averaged(
      state.averaging ?? dualAveraging(state.stepSize, PACE, of),
      acceptance,
      targetAcceptance,
      PACE,
    );
    if (index === of - 1) {
      return { ...state, stepSize: Math.exp(averaging.average), averaging: undefined, running: undefined };
    }
    const went = { ...state, stepSize: Math.exp(averaging.log), averaging };
    const { collects, ends } = windowAt(index, of);
    if (!collects) return went;
    const running = collected(state.running, state.position);
    if (!ends) return { ...went, running };
    const deviations = standardDeviations(running);
    if (scales === 'none') return { ...went, running: undefined, length: length ?? overallDeviation(deviations) };
    const rescaled = yield* tolerableStep(
      WHERE,
      state,
      anyDirection(random, dim),
      deviations,
      Math.sqrt(dim) / 4,
      1 / dim,
    );
    return { ...state, stepSize: rescaled, scales: deviations, averaging: undefined, running: undefined };
  }

  return {
    name: 'adjusted microcanonical Langevin',
    options: { stepSize, length, targetAcceptance, scales },
    needs: 'gradients',
    target,
    prior: target.prior,
    savedState: objectOf({
      ...{ position: floats(dim), gradient: floats(dim), scales: floats(dim) },
      ...{ value: aNumber, stepSize: aNumber, length: aNumber },
      averaging: optional(savedAveraging),
      running: optional(savedScales(dim)),
    }),
    position: (state) => state.position,
    *init(random, position) {
      const place = yield* startPlace(WHERE, position, dim);
      const ones = new Float64Array(dim).fill(1);
      const direction = anyDirection(random, dim);
      return {
        ...{ ...place, scales: ones, length: length ?? Math.sqrt(dim) },
        stepSize: stepSize ?? (yield* tolerableStep(WHERE, place, direction, ones, Math.sqrt(dim) / 4, 1 / dim)),
      };
    },
    step: (random, state) => step(random, state),
    warmupStep: step,
    tally: ({ acceptance, divergence }) => ({ acceptance, divergences: divergence ? 1 : 0 }),
    describe: ({ stepSize }, { steps, acceptance }) =>
      `acceptance ${(acceptance / steps).toFixed(2)}, step size ${stepSize.toPrecision(2)}`,
  };
}

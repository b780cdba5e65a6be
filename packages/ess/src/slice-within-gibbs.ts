import type { Gaussian, LogDensity, RandomSource, ValueAlgorithm, Vector } from '@subspace/core';
import {
  aCount,
  aNumber,
  argumentError,
  floats,
  gaussianStds,
  objectOf,
  optional,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireOptions,
  requirePositive,
} from '@subspace/core/internals';

export interface SliceWithinGibbsOptions {
  /**
   * w, the length of the intervals that a slice is stepped out by: a number for all coordinates, or one for each [K]. About the width of the target is
   * best; too small or too large costs evaluations, never correctness. Default: warmup sets it to twice the average move of each coordinate, and begins with
   * the standard deviations of the prior (1 where there is none).
   */
  readonly width?: number | Vector;
  /** m: an interval is at most m widths long. Default 32. */
  readonly bound?: number;
}

/** What the next step needs. */
export interface SliceWithinGibbsState {
  /** z [K]. */
  readonly position: Vector;
  /** Log density at `position`; carried from step to step, never computed twice. */
  readonly logDensity: number;
  /** w of each coordinate [K]. */
  readonly widths: Vector;
  /** In warmup only: how many sweeps so far, and the sum of the absolute moves of each coordinate [K]. */
  readonly moves?: { readonly count: number; readonly sums: Vector };
}

/** What a step, a sweep over all coordinates, has to tell. */
export interface SliceWithinGibbsInfo {
  readonly evaluations: number;
  /** How often an interval was extended. */
  readonly expansions: number;
  /** How often a point of an interval was rejected, and the interval shrank. */
  readonly shrinks: number;
  /** How many evaluations were NaN, and taken for −∞. */
  readonly nonFinite: number;
}

/** An interval that has shrunk this often is shorter than the numbers in it can tell. */
const MOST_SHRINKS = 1000;

/**
 * Slice sampling of one coordinate after another: a Gibbs sampler that needs no conditional distributions, and next to no tuning.
 *
 * For each coordinate draws a level log y = log p(z) + log u, lays an interval of length w at random around z_k, steps it out by w on either side until
 * both ends are below the level or it is m·w long, and draws from it, shrinking it towards z_k until a point has log p ≥ log y. A step is a sweep over
 * all coordinates. It needs values only, and no Gaussian prior; where coordinates are strongly correlated it moves in small steps.
 *
 * NaN is taken for −∞ and counted in the step's info.
 *
 * @param posterior log density of z [K], such as what `posterior()` or `subspacePosterior()` returns; chains start from its `prior`, where it has one
 * @returns an algorithm for `sample`; it asks for values of `posterior`
 * @throws on invalid options; while sampling: if the log density is not finite at the start, if it is +∞, or if an interval shrinks to nothing
 * @see Neal (2003), "Slice sampling", Sections 4.1 and 4.2, Figures 3 and 5
 * @example
 * ```ts
 * import { logDensity, posterior, sample } from '@subspace/core';
 * import { sliceWithinGibbs } from '@subspace/ess';
 *
 * // One observation 2 ± 1 and a prior 0 ± 1: the posterior is N(1, ½).
 * const target = posterior({ logLikelihood: logDensity(1, (z) => -0.5 * (z[0] - 2) ** 2), priorStd: 1 });
 * const draws = await sample(sliceWithinGibbs(target), { draws: 500, warmup: 50, chains: 4, seed: 1 });
 * draws.infos[0][0]; // { evaluations, expansions, shrinks, nonFinite }
 * ```
 */
export function sliceWithinGibbs(
  posterior: LogDensity & { readonly prior?: Gaussian; readonly temperature?: number },
  options: SliceWithinGibbsOptions = {},
): ValueAlgorithm<SliceWithinGibbsState, SliceWithinGibbsInfo> {
  requireOptions('sliceWithinGibbs', 'posterior', posterior);
  if (typeof posterior.values !== 'function') {
    throw argumentError('sliceWithinGibbs', 'posterior has no values, expected a log density');
  }
  const { dim, prior, temperature } = posterior;
  requireCount('sliceWithinGibbs', 'posterior.dim', dim);
  requireOptions('sliceWithinGibbs', 'options', options);
  requireKnownOptions('sliceWithinGibbs', options, ['width', 'bound']);
  const { width, bound = 32 } = options;
  requireCount('sliceWithinGibbs', 'bound', bound);
  const firstWidths = widthsOf(width, prior, dim);

  function* sweep(
    random: RandomSource,
    { position, logDensity: start, widths }: SliceWithinGibbsState,
  ): Generator<Vector, { position: Vector; logDensity: number; info: SliceWithinGibbsInfo }, number> {
    const point = position.slice();
    let current = start;
    let [evaluations, expansions, shrinks, nonFinite] = [0, 0, 0, 0];
    // Reads the answer for `point`: its value, NaN taken for −∞.
    const read = (value: number): number => {
      evaluations++;
      if (value === Infinity) throw infiniteDensity(point);
      if (!Number.isNaN(value)) return value;
      nonFinite++;
      return -Infinity;
    };
    for (let k = 0; k < dim; k++) {
      const here = position[k];
      const level = current + Math.log(1 - random.uniform());
      let low = here - widths[k] * random.uniform();
      let high = low + widths[k];
      // The steps that may be taken are shared out at random before any is taken: otherwise the way back would be less likely.
      let leftwards = Math.floor(bound * random.uniform());
      let rightwards = bound - 1 - leftwards;
      for (; leftwards > 0; leftwards--) {
        point[k] = low;
        if (read(yield point) < level) break;
        low -= widths[k];
        expansions++;
      }
      for (; rightwards > 0; rightwards--) {
        point[k] = high;
        if (read(yield point) < level) break;
        high += widths[k];
        expansions++;
      }
      for (let tried = 0; ; tried++) {
        if (tried === MOST_SHRINKS) throw intervalError(k, { low, high, level, current });
        const candidate = low + random.uniform() * (high - low);
        point[k] = candidate;
        const value = read(yield point);
        if (value >= level) {
          current = value;
          break;
        }
        shrinks++;
        if (candidate < here) low = candidate;
        else high = candidate;
      }
    }
    return { position: point, logDensity: current, info: { evaluations, expansions, shrinks, nonFinite } };
  }

  return {
    name: 'slice sampling within Gibbs',
    options: { width, bound, temperature },
    needs: 'values',
    target: posterior,
    prior,
    savedState: objectOf({
      position: floats(dim),
      logDensity: aNumber,
      widths: floats(dim),
      moves: optional(objectOf({ count: aCount, sums: floats(dim) })),
    }),
    position: (state) => state.position,

    *init(_random, start) {
      requireLength('sliceWithinGibbs', 'position', start, dim);
      requireFinite('sliceWithinGibbs', 'position', start);
      const position = Float64Array.from(start);
      const logDensity = yield position;
      if (logDensity === Infinity) throw infiniteDensity(position);
      if (!Number.isFinite(logDensity)) {
        throw argumentError(
          'sliceWithinGibbs',
          `the log density is ${logDensity} at the start [${position.join(', ')}], expected a finite number; give another start as \`initial\``,
        );
      }
      return { position, logDensity, widths: firstWidths };
    },

    *step(random, state) {
      const { position, logDensity, info } = yield* sweep(random, state);
      return { state: { position, logDensity, widths: state.widths }, info };
    },

    ...(width === undefined && {
      *warmupStep(
        random: RandomSource,
        state: SliceWithinGibbsState,
        at: { readonly index: number; readonly of: number },
      ) {
        const { position, logDensity, info } = yield* sweep(random, state);
        const before = state.moves ?? { count: 0, sums: new Float64Array(dim) };
        const count = before.count + 1;
        const sums = before.sums.map((sum, k) => sum + Math.abs(position[k] - state.position[k]));
        // A coordinate that has never moved keeps its width.
        const widths = sums.map((sum, k) => (sum > 0 ? (2 * sum) / count : state.widths[k]));
        const moves = at.index === at.of - 1 ? {} : { moves: { count, sums } };
        return { state: { position, logDensity, widths, ...moves }, info };
      },
    }),

    tally: ({ evaluations, nonFinite }) => ({ evaluations, nonFinite }),
    describe: (_info, { steps, evaluations }) => `${(evaluations / steps).toFixed(1)} evaluations a sweep`,
  };
}

function widthsOf(width: number | Vector | undefined, prior: Gaussian | undefined, dim: number): Vector {
  if (typeof width === 'number') {
    requirePositive('sliceWithinGibbs', 'width', width);
    return new Float64Array(dim).fill(width);
  }
  if (width !== undefined) {
    requireLength('sliceWithinGibbs', 'width', width, dim);
    for (let k = 0; k < dim; k++) requirePositive('sliceWithinGibbs', `width[${k}]`, width[k]);
    return Float64Array.from(width);
  }
  return prior ? gaussianStds(prior) : new Float64Array(dim).fill(1);
}

/** No other point would ever be accepted. */
function infiniteDensity(position: Vector): Error {
  return argumentError('sliceWithinGibbs', `the log density is Infinity at [${position.join(', ')}], expected less`);
}

function intervalError(
  coordinate: number,
  { low, high, level, current }: { low: number; high: number; level: number; current: number },
): Error {
  return argumentError(
    'sliceWithinGibbs',
    `the interval of coordinate ${coordinate} shrank to [${low}, ${high}] without a point above the level ${level}, expected one; is the log density ` +
      `(${current} where it began) the same at every call?`,
  );
}

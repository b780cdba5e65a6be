import {
  argumentError,
  requireCount,
  requireKnownOptions,
  requireNonNegative,
  requireOptions,
  requirePositive,
  show,
} from '../argument.ts';
import type { MaybePromise } from '../density/maybe-promise.ts';
import { abortError, type CancelSignal } from '../macrotask.ts';
import { type FittedParabola, fitParabola } from './parabola.ts';

/** What is compared: a number, or one with the standard error of its estimation. */
export type Estimate = number | { readonly value: number; readonly standardError?: number };

/** How a scale is searched: on its logarithm. */
export interface ScaleSearchOptions {
  /** The smallest one to consider. */
  readonly from: number;
  /** The largest. */
  readonly to: number;
  /** Evaluations of the first pass, equally spaced in the logarithm, both ends included. Default 9. */
  readonly points?: number;
  /** Rounds of four more evaluations each around the best. Default 4. */
  readonly rounds?: number;
  readonly signal?: CancelSignal;
  /** Called after each evaluation. */
  readonly onProgress?: (progress: ScaleSearchProgress) => void;
}

export interface ScaleSearchProgress {
  readonly evaluated: number;
  readonly of: number;
  /** What was evaluated last. */
  readonly scale: number;
  readonly value: number;
}

/** One evaluation. */
export interface ScaleEvaluation {
  readonly scale: number;
  readonly value: number;
  /** Absent where none was told. */
  readonly standardError?: number;
}

export interface ScaleMaximum<E> {
  readonly scale: number;
  /** Of the parabola fitted there. */
  readonly value: number;
  /** All evaluations, by scale. */
  readonly curve: readonly E[];
  /** The end of the range that the maximum is at, if it is: there is something better beyond. */
  readonly edge: 'from' | 'to' | undefined;
}

/** x: the logarithm of the scale. */
type Placed = ScaleEvaluation & { readonly x: number };

/** Evaluations in each round. */
const ROUND = 4;

/**
 * The maximum of a noisy function of a positive scale: a coarse pass over its logarithm, then rounds around the best, whose window is halved each time that the
 * parabola through the points in it is bent significantly. Noise that hides the bend keeps the window wide, and is averaged.
 *
 * @param where the public function, and `name` its scale, for errors
 * @param entry an evaluation in the words of that function
 */
export async function noisyMaximum<E>(
  where: string,
  name: string,
  f: (scale: number) => MaybePromise<Estimate>,
  options: ScaleSearchOptions,
  entry: (one: ScaleEvaluation) => E,
): Promise<ScaleMaximum<E>> {
  const { from, to, points = 9, rounds = 4, signal, onProgress } = options;
  const [low, high] = [Math.log(from), Math.log(to)];
  const of = points + ROUND * rounds;
  const curve: Placed[] = [];
  const evaluate = async (x: number): Promise<void> => {
    if (signal?.aborted) throw abortError(where, signal, { curve: entries(curve, entry) });
    const scale = x === low ? from : x === high ? to : Math.exp(x);
    const { value, standardError } = estimateOf(where, `${name} ${scale}`, await f(scale));
    curve.push({ x, scale, value, ...(standardError !== undefined && { standardError }) });
    onProgress?.({ evaluated: curve.length, of, scale, value });
  };

  for (let i = 0; i < points; i++) await evaluate(i === points - 1 ? high : low + ((high - low) * i) / (points - 1));
  const finite = () => curve.filter(({ value }) => Number.isFinite(value));
  if (finite().length === 0) {
    throw argumentError(
      where,
      `what was returned is not finite for any ${name} from ${from} to ${to}, expected numbers`,
    );
  }
  let centre = finite().reduce((best, one) => (one.value > best.value ? one : best)).x;
  let window = (1.5 * (high - low)) / (points - 1);
  const settle = (left: number, right: number): FittedParabola => {
    const fit = fitParabola(nearest(finite(), centre, window), centre);
    const top = fit.curvature < 0 ? centre - fit.slope / fit.curvature : centre + Math.sign(fit.slope) * window;
    centre = Math.min(Math.max(top, left), right);
    return fit;
  };
  for (let round = 0; round < rounds; round++) {
    const [left, right] = [Math.max(low, centre - window), Math.min(high, centre + window)];
    for (let i = 0; i < ROUND; i++) await evaluate(left + ((right - left) * (i + 0.5)) / ROUND);
    const { curvature, curvatureError } = settle(left, right);
    if (curvature < -2 * curvatureError) window /= 2;
  }
  settle(Math.max(low, centre - window), Math.min(high, centre + window));
  const edge = centre === low ? 'from' : centre === high ? 'to' : undefined;
  const scale = edge ? { from, to }[edge] : Math.exp(centre);
  const { height } = fitParabola(nearest(finite(), centre, window), centre);
  return { scale, value: height, curve: entries(curve, entry), edge };
}

/** Throws on a range or counts that make no sense. */
export function requireScaleSearch(where: string, options: Partial<ScaleSearchOptions>): void {
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, ['from', 'to', 'points', 'rounds', 'signal', 'onProgress']);
  const { from, to, points = 9, rounds = 4 } = options;
  requirePositive(where, 'from', from);
  requirePositive(where, 'to', to);
  if (!(from < to)) throw argumentError(where, `from is ${from} and to is ${to}, expected from to be less`);
  requireCount(where, 'points', points, 3);
  requireCount(where, 'rounds', rounds, 0);
}

/** Points within the window, but at least five where there are as many. */
function nearest<P extends { readonly x: number }>(points: readonly P[], centre: number, window: number): readonly P[] {
  const byDistance = [...points].sort((a, b) => Math.abs(a.x - centre) - Math.abs(b.x - centre));
  // A touch more than the window, for rounding.
  const within = byDistance.filter(({ x }) => Math.abs(x - centre) <= window * (1 + 1e-9)).length;
  return byDistance.slice(0, Math.max(5, within));
}

function entries<E>(curve: readonly Placed[], entry: (one: ScaleEvaluation) => E): readonly E[] {
  return [...curve].sort((a, b) => a.x - b.x).map(({ x: _x, ...evaluation }) => entry(evaluation));
}

function estimateOf(where: string, at: string, estimate: Estimate): { value: number; standardError?: number } {
  const { value, standardError } = typeof estimate === 'number' ? { value: estimate } : (estimate ?? {});
  if (typeof value !== 'number' || value === Infinity) {
    throw argumentError(
      where,
      `what was returned at ${at} is ${show(typeof estimate === 'number' ? estimate : value)}, expected a number below Infinity`,
    );
  }
  if (standardError !== undefined && !Number.isNaN(standardError))
    requireNonNegative(where, `standardError at ${at}`, standardError);
  return { value, standardError };
}

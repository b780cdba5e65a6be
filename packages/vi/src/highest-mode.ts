import { randomSource, type Vector } from '@subspace/core';
import { requireCount, requireSeed } from '@subspace/core/internals';
import { type AscentOptions, ascend, type MapEstimate } from './ascend.ts';
import { finiteDraw } from './finite-draw.ts';
import { higherPlace } from './higher-place.ts';
import { type ApproximationTarget, type Evaluator, priorOf, requirePosition } from './target.ts';

export interface ModeOptions extends AscentOptions {
  /**
   * Ascents: the first from `initial`, the others from draws of the prior. The highest maximum is taken, or where none is found the highest point. Default 4,
   * or 1 where `initial` is given.
   */
  readonly starts?: number;
  /** Of those draws. Default 1. */
  readonly seed?: number | string;
}

/** How often an ascent goes on from where it came to rest at no maximum. */
const SADDLES = 10;

/** The highest mode that ascents from several starts find. A start that is not finite is left out, unless all are. */
export async function highestMode(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  options: ModeOptions,
): Promise<MapEstimate> {
  const { initial, starts = initial === undefined ? 4 : 1, seed = 1 } = options;
  if (initial !== undefined) requirePosition(where, 'initial', initial, target.dim);
  requireCount(where, 'starts', starts);
  requireSeed(where, seed);
  const random = randomSource(seed);
  const found: MapEstimate[] = [];
  const climb = async (start: Vector | undefined): Promise<void> => {
    found.push(await ascendPastSaddles(where, target, evaluate, { ...options, initial: start }));
  };
  const before = evaluate.count();
  const [first] = starts === 1 ? [] : await evaluate.gradients([initial ?? priorOf(target).mean]);
  if (!first || (Number.isFinite(first.value) && first.gradient.every(Number.isFinite))) await climb(initial);
  for (let i = 1; i < starts; i++) {
    const draw = await finiteDraw(target, evaluate, random.fork(`start ${i}`));
    if (!draw) break;
    await climb(draw);
  }
  // An error that says where.
  if (found.length === 0) await climb(initial);
  const maxima = found.filter(({ converged }) => converged);
  const best = (maxima.length > 0 ? maxima : found).reduce((a, b) => (b.logDensity > a.logDensity ? b : a));
  return { ...best, evaluations: evaluate.count() - before };
}

/** An ascent that goes on from a saddle or a minimum, where the gradient is as small as at a maximum. */
async function ascendPastSaddles(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  options: AscentOptions,
): Promise<MapEstimate> {
  let estimate = await ascend(where, target, evaluate, options);
  for (let i = 0; i < SADDLES && estimate.converged; i++) {
    const higher = await higherPlace(target, evaluate, estimate, options.tolerance ?? 1e-4);
    if (!higher) break;
    estimate = await ascend(where, target, evaluate, { ...options, initial: higher });
  }
  return estimate;
}

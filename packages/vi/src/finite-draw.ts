import { gaussianDraw, type RandomSource, type Vector } from '@subspace/core';
import { type ApproximationTarget, type Evaluator, priorOf } from './target.ts';

/** Draws of the prior that are tried before giving up on a finite log density. */
const TRIES = 100;

/** A draw of the prior at which the log density and its gradient are finite, if there is one among many. */
export async function finiteDraw(
  target: ApproximationTarget,
  evaluate: Evaluator,
  random: RandomSource,
): Promise<Vector | undefined> {
  const prior = priorOf(target);
  for (let i = 0; i < TRIES; i++) {
    const draw = gaussianDraw(prior, random);
    const [{ value, gradient }] = await evaluate.gradients([draw]);
    if (Number.isFinite(value) && gradient.every(Number.isFinite)) return draw;
  }
  return undefined;
}

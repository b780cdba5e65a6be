import type { Evaluation, RandomSource, Vector } from '@subspace/core';
import { argumentError, permutation, requireCount } from '@subspace/core/internals';
import type { AscentState } from './maximize-elbo.ts';
import type { ApproximationTarget, Evaluator } from './target.ts';

/**
 * Values and gradients of the log density from some rows of the data, as corrections of those at a reference point r, the middle of the approximation
 * when the stretch began: log p(r) + p̂(z) − p̂(r), p̂ the estimate from the rows. What p̂ has in common at z and r cancels, and with it nearly all of
 * the noise while z is near r.
 *
 * @see Johnson & Zhang (2013), "Accelerating stochastic gradient descent using predictive variance reduction"
 */
export function minibatchGradients(
  where: string,
  target: ApproximationTarget,
  evaluate: Evaluator,
  size: number,
  random: RandomSource,
): (points: readonly Vector[], state: AscentState) => Promise<readonly Evaluation[]> {
  if (target.minibatch === undefined || target.rows === undefined) {
    throw argumentError(
      where,
      'posterior has no minibatch, expected one that has: of a network, or without the option minibatch',
    );
  }
  requireCount(where, 'minibatch', size);
  if (size > target.rows)
    throw argumentError(where, `minibatch is ${size}, expected at most ${target.rows} (the rows of the data)`);
  const rowsAt = shuffledRows(target.rows, size, random);
  let known: { readonly reference: Vector; readonly whole: Evaluation } | undefined;
  return async (points, { iteration, reference }) => {
    if (known?.reference !== reference) known = { reference, whole: (await evaluate.gradients([reference]))[0] };
    const { whole } = known;
    const answers = await evaluate.gradients([...points, reference], rowsAt(iteration));
    const part = answers[points.length];
    return points.map((_, i) => ({
      value: answers[i].value - part.value + whole.value,
      gradient: answers[i].gradient.map((g, k) => g - part.gradient[k] + whole.gradient[k]),
    }));
  };
}

/** Rows of each iteration: each epoch goes through a new order; what is left over at its end and would not fill a batch is left out. */
function shuffledRows(rows: number, size: number, random: RandomSource): (iteration: number) => Int32Array {
  const perEpoch = Math.floor(rows / size);
  let epoch = -1;
  let order: Int32Array;
  return (iteration) => {
    const now = Math.floor(iteration / perEpoch);
    if (now !== epoch) {
      epoch = now;
      order = permutation(rows, random.fork(`rows ${epoch}`));
    }
    const start = (iteration % perEpoch) * size;
    return order.subarray(start, start + size);
  };
}

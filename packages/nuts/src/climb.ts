import type { Evaluation, Vector } from '@subspace/core';
import type { Place } from './leapfrog.ts';

/**
 * Log densities below this are too far out for Metropolis' decision: a difference of one nat is next to their rounding, and the steps that fit there are many
 * powers of ten smaller than those that fit the target.
 */
const FAR_OUT = -1e10;

/** A step that is no longer growing and gains less than this part of the log density ends the climb: it is a constant that is so large. */
const LEAST_GAIN = 0.01;

/** Steps that are tried: enough doublings or halvings for any scale. */
const TRIES = 1000;

/**
 * Leads a start that is far out uphill, to where a chain can go on by itself: by steps along the gradient, twice as long after one that gains, half as long
 * after one that doesn't. Other starts stay where they are.
 */
export function* climbed(start: Place): Generator<Vector, Place, Evaluation> {
  let here = start;
  let length = Math.max(1, Math.hypot(...start.position));
  let grows = true;
  for (let tried = 0; tried < TRIES && here.value < FAR_OUT; tried++) {
    const slope = Math.hypot(...here.gradient);
    if (slope === 0) break;
    const position = here.position.map((z, k) => z + (length / slope) * here.gradient[k]);
    if (position.every((z, k) => z === here.position[k])) break;
    const { value, gradient } = yield position;
    const gain = value - here.value;
    if (gain > 0 && gradient.every(Number.isFinite)) {
      if (!grows && gain < LEAST_GAIN * -here.value) break;
      here = { position, value, gradient: Float64Array.from(gradient) };
      length *= 2;
    } else {
      grows = false;
      length /= 2;
    }
  }
  return here;
}

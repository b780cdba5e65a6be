import { argumentError, requireList, rHat } from '@subspace/core/internals';
import { essBulk } from './effective-sample-size.ts';

/**
 * R̂ in function space: of what the network says at chosen inputs, one R̂ a point. Weights hardly ever mix, as hidden units trade places, and their R̂ says nothing of the predictions.
 *
 * @param predictions `[chain][draw]`, what each draw says at the same points [P]; at least two chains of at least four draws
 * @returns [P], of each point as `rHat`; its largest entry is what to look at
 * @throws on no chains, chains of different lengths, or draws of different numbers of points
 * @see Izmailov et al. (2021), "What are Bayesian neural network posteriors really like?", Section 5
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { functionRHat } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * // Two chains of lines a + b·x at x = 0 and 1: they agree on a, and not on b.
 * const lines = [0, 5].map((slope) =>
 *   Array.from({ length: 100 }, () => {
 *     const a = random.normal();
 *     return [a, a + slope];
 *   }),
 * );
 * functionRHat(lines); // [1.00, 1.8]
 * ```
 */
export function functionRHat(predictions: readonly (readonly ArrayLike<number>[])[]): Float64Array {
  return eachPoint('functionRHat', predictions, (chains) => rHat(chains));
}

/**
 * Effective draws in function space: the bulk's effective sample size of what the network says at chosen inputs, one a point.
 *
 * @param predictions `[chain][draw]`, what each draw says at the same points [P]; at least four draws a chain
 * @returns [P], of each point as `essBulk`; its smallest entry is what to look at
 * @throws as `functionRHat`
 * @example
 * ```ts
 * import { randomSource } from '@subspace/core';
 * import { functionEssBulk } from '@subspace/diagnostics';
 *
 * const random = randomSource(1);
 * const chains = [0, 1].map(() => Array.from({ length: 250 }, () => [random.normal(), 3 + random.normal()]));
 * functionEssBulk(chains); // about 500 each
 * ```
 */
export function functionEssBulk(predictions: readonly (readonly ArrayLike<number>[])[]): Float64Array {
  return eachPoint('functionEssBulk', predictions, essBulk);
}

/** One number a point, of the chains of what was said there. */
function eachPoint(
  where: string,
  predictions: readonly (readonly ArrayLike<number>[])[],
  diagnostic: (chains: readonly Float64Array[]) => number,
): Float64Array {
  requireList(where, 'predictions', predictions);
  if (predictions.length === 0) throw argumentError(where, 'predictions are empty, expected at least one chain');
  requireList(where, 'predictions[0]', predictions[0]);
  const draws = predictions[0].length;
  if (draws === 0) throw argumentError(where, 'predictions[0] is empty, expected at least one draw');
  requireList(where, 'predictions[0][0]', predictions[0][0]);
  const points = predictions[0][0].length;
  if (points === 0) throw argumentError(where, 'predictions[0][0] is empty, expected at least one point');
  predictions.forEach((chain, c) => {
    requireList(where, `predictions[${c}]`, chain);
    if (chain.length !== draws)
      throw argumentError(where, `predictions[${c}] has length ${chain.length}, expected ${draws}`);
    chain.forEach((said, d) => {
      requireList(where, `predictions[${c}][${d}]`, said);
      if (said.length !== points) {
        throw argumentError(where, `predictions[${c}][${d}] has length ${said.length}, expected ${points}`);
      }
    });
  });
  return Float64Array.from({ length: points }, (_, p) =>
    diagnostic(predictions.map((chain) => Float64Array.from(chain, (said) => said[p]))),
  );
}

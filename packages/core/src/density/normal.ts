import { argumentError } from '../argument.ts';
import { erfc, polynomial } from './error-function.ts';

/**
 * Quantile of the standard normal distribution, to about 16 digits.
 *
 * @param probability in [0, 1]; 0 and 1 give −∞ and ∞
 * @see Wichura (1988), Algorithm AS 241 (PPND16)
 * @example
 * ```ts
 * import { normalQuantile } from '@subspace/core/internals';
 *
 * normalQuantile(0.975); // 1.9599639845400543
 * ```
 */
export function normalQuantile(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw argumentError('normalQuantile', `probability is ${probability}, expected a number from 0 to 1`);
  }
  if (probability === 0) return -Infinity;
  if (probability === 1) return Infinity;
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRAL.numerator, r)) / polynomial(CENTRAL.denominator, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? probability : 1 - probability));
  const { shift, numerator, denominator } = r <= 5 ? MIDDLE : TAIL;
  const quantile = polynomial(numerator, r - shift) / polynomial(denominator, r - shift);
  return q < 0 ? -quantile : quantile;
}

/**
 * Distribution function of the standard normal distribution, Φ(x) = ½·erfc(−x/√2), to about 15 digits in the lower tail too.
 *
 * @example
 * ```ts
 * import { normalCdf } from '@subspace/core/internals';
 *
 * normalCdf(1.96); // 0.9750021…
 * ```
 */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

/** Coefficients of the rational approximations, from the constant term up. */
const CENTRAL = {
  numerator: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  denominator: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852546,
  ],
};
const MIDDLE = {
  shift: 1.6,
  numerator: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  denominator: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const TAIL = {
  shift: 5,
  numerator: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  denominator: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

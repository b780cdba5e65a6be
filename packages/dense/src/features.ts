import type { Dataset } from '@subspace/core';
import {
  argumentError,
  checksum,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireOptions,
} from '@subspace/core/internals';

/** Features made of the inputs before the first layer: of each input x, the powers (scale·x)^p. Plain data, so that it can be saved. */
export interface PolynomialFeatures {
  /** Default 1. */
  readonly scale?: number;
  /** p, at least one positive integer; the features of one power after another. */
  readonly powers: readonly number[];
}

/** What a network does to its inputs first: nothing, powers, or a function from a row to a row. */
export type Features = PolynomialFeatures | ((row: Float32Array) => ArrayLike<number>);

/** @throws unless it is a function, or powers of the inputs */
export function requireFeatures(where: string, features: unknown): asserts features is Features {
  if (typeof features === 'function') return;
  requireOptions(where, 'features', features);
  const { scale = 1, powers } = features as PolynomialFeatures;
  requireKnownOptions(`${where}: features`, features as object, ['scale', 'powers']);
  if (!Number.isFinite(scale) || scale === 0) {
    throw argumentError(where, `features.scale is ${scale}, expected a finite number that is not 0`);
  }
  if (!Array.isArray(powers) || powers.length === 0) {
    throw argumentError(where, `features.powers is ${String(powers)}, expected at least one power`);
  }
  for (const [i, power] of powers.entries()) requireCount(where, `features.powers[${i}]`, power);
}

/** What tells features apart: a function by what it makes of the first row of the data, where that is in memory. */
export function featuresIdentity(features: Features | undefined, { arrays, inputShape }: Dataset): object | undefined {
  if (typeof features !== 'function') return features;
  const width = inputShape.reduce((product, length) => product * length, 1);
  return {
    firstRow:
      arrays && checksum([Float64Array.from(features(Float32Array.from(arrays.inputs.data.subarray(0, width))))]),
  };
}

/** How many inputs a row has before it is mapped; undefined where any number will do. */
export function inputsBefore(where: string, features: Features | undefined, mapped: number): number | undefined {
  if (!features) return mapped;
  if (typeof features === 'function') return undefined;
  const { length } = features.powers;
  if (mapped % length !== 0) {
    throw argumentError(where, `sizes[0] is ${mapped}, expected a multiple of the ${length} powers of features`);
  }
  return mapped / length;
}

/**
 * Maps one row.
 *
 * @param row the raw inputs
 * @param width the mapped inputs that the network expects
 */
export function mapRow(where: string, features: Features, row: Float32Array, width: number): ArrayLike<number> {
  if (typeof features === 'function') {
    const mapped = features(row);
    if (mapped?.length !== width) {
      throw argumentError(where, `features returned ${mapped?.length ?? 'no'} numbers, expected sizes[0] = ${width}`);
    }
    requireFinite(where, 'features(row)', mapped);
    return mapped;
  }
  const { scale = 1, powers } = features;
  const out = new Float64Array(powers.length * row.length);
  powers.forEach((power, p) => {
    for (let j = 0; j < row.length; j++) out[p * row.length + j] = Math.fround(powerOf(scale * row[j], power));
  });
  requireFinite(where, 'features(row)', out);
  return out;
}

/** xᵖ by multiplication, which rounds the same everywhere; `**` does not. */
function powerOf(x: number, p: number): number {
  let product = x;
  for (let i = 1; i < p; i++) product *= x;
  return product;
}

import { argumentError } from '@subspace/core/internals';

/** Throws unless a figure of this size has room for its axes. */
export function requireSize(where: string, width: unknown, height: unknown): void {
  for (const [name, value] of Object.entries({ width, height })) {
    if (typeof value !== 'number' || !(value >= 150) || !(value <= 20_000)) {
      throw argumentError(where, `${name} is ${String(value)}, expected pixels between 150 and 20000`);
    }
  }
}

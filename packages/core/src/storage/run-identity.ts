import { argumentError, show } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import { crc32 } from './crc32.ts';

/**
 * Throws unless what a checkpoint was made with is what is asked for now; the message names the first difference by its path.
 *
 * Numbers are compared exactly; a value that only one side has is a difference.
 */
export function requireSameRun(where: string, saved: unknown, now: unknown, path = ''): void {
  if (Object.is(saved, now)) return;
  const entries = (value: unknown) =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  const [before, after] = [entries(saved), entries(now)];
  if (!before || !after) {
    const name = path || 'the run';
    throw argumentError(
      where,
      `${name} is ${show(now)}, but the checkpoint was made with ${show(saved)}; expected the same to resume`,
    );
  }
  const nameOf = (key: string) => (path === '' ? key : /^\d+$/.test(key) ? `${path}[${key}]` : `${path}.${key}`);
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    requireSameRun(where, before[key], after[key], nameOf(key));
  }
}

/**
 * Throws unless the target's value at a point of the run is what it was when the checkpoint was made: to find other data, or another subspace.
 *
 * To 1e-5, not bit for bit, because the kernels of some devices are not.
 *
 * @param place where the point is: `"the first chain's start"`
 */
export function requireSameTarget(where: string, place: string, saved: number, now: number): void {
  if (Object.is(now, saved) || Math.abs(now - saved) <= 1e-5 * Math.max(1, Math.abs(now))) return;
  throw argumentError(
    where,
    `the target's value at ${place} is ${now}, but the checkpoint was made with ${saved}; expected the same target (data, network, subspace)`,
  );
}

/** The plain members of an object: what of a likelihood or an optimizer can be compared. */
export function plainMembers(object: object): Record<string, number | string | boolean> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value)),
  );
}

/** What tells one data set from another: its shape, and the checksum of its arrays where they are in memory. */
export function dataIdentity({ size, inputShape, targetShape, arrays }: Dataset): object {
  const sum = (data: ArrayBufferView | undefined) =>
    data && crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return {
    size,
    inputShape,
    targetShape,
    inputs: sum(arrays?.inputs.data),
    targets: sum(arrays?.targets.data),
    rowWeights: sum(arrays?.rowWeights),
  };
}

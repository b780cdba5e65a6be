import { argumentError, show } from '../argument.ts';
import type { Dataset } from '../data/dataset.ts';
import { checksum } from './checksum.ts';

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

/** The plain members of an object: what of a likelihood or an optimizer can be compared. */
export function plainMembers(object: object): Record<string, number | string | boolean> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value)),
  );
}

/** What tells one data set from another: its shape, and the checksums of its arrays where they are in memory. */
export function dataIdentity({ size, inputShape, targetShape, arrays }: Dataset): object {
  const sum = (data: ArrayBufferView | undefined) => data && checksum([data]);
  return {
    size,
    inputShape,
    targetShape,
    inputs: sum(arrays?.inputs.data),
    targets: sum(arrays?.targets.data),
    rowWeights: sum(arrays?.rowWeights),
  };
}

import type { Disposable } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';

/** What of an object or of its owners is disposed, by name. */
interface Ending {
  readonly disposed: string | undefined;
}

/**
 * An object whose methods are errors once it is disposed: `predict: the network is disposed, expected one in use`. It can be disposed twice.
 *
 * @param what it is called in errors
 * @param owner whose end is its end, too
 */
export function inUse<T extends Disposable>(what: string, object: T, owner?: Ending): Ending & { readonly object: T } {
  let disposed = false;
  const gone = () => (disposed ? what : owner?.disposed);
  const guarded = Object.create(Object.prototype, Object.getOwnPropertyDescriptors(object)) as Record<string, unknown>;
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (typeof value !== 'function') continue;
    guarded[name] = (...args: unknown[]) => {
      const ended = gone();
      if (ended) throw argumentError(name, `the ${ended} is disposed, expected one in use`);
      return value(...args);
    };
  }
  guarded.dispose = () => {
    if (!disposed) object.dispose();
    disposed = true;
  };
  return {
    object: guarded as unknown as T,
    get disposed(): string | undefined {
      return gone();
    },
  };
}

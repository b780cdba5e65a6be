import type { MaybePromise } from '@subspace/core';
import { isPromise, whenReady } from '@subspace/core/internals';

/** `f` of each item, one after the other; synchronous as long as every `f` is. */
export function eachReady<A>(items: Iterable<A>, f: (item: A) => MaybePromise<void>): MaybePromise<void> {
  const iterator = items[Symbol.iterator]();
  const next = (): MaybePromise<void> => {
    for (let item = iterator.next(); !item.done; item = iterator.next()) {
      const done = f(item.value);
      if (isPromise(done)) return done.then(next);
    }
  };
  return next();
}

/** The results of `f` for each item, one after the other. */
export function mapReady<A, B>(items: Iterable<A>, f: (item: A) => MaybePromise<B>): MaybePromise<B[]> {
  const results: B[] = [];
  return whenReady(
    eachReady(items, (item) =>
      whenReady(f(item), (result) => {
        results.push(result);
      }),
    ),
    () => results,
  );
}

/** `f`; and `undo`, if it fails. */
export function undoing<A>(f: () => MaybePromise<A>, undo: () => void): MaybePromise<A> {
  let done = false;
  return lastly(
    () =>
      whenReady(f(), (result) => {
        done = true;
        return result;
      }),
    () => {
      if (!done) undo();
    },
  );
}

/** `f`, then `end`, whether it succeeded or not. */
export function lastly<A>(f: () => MaybePromise<A>, end: () => void): MaybePromise<A> {
  let result: MaybePromise<A>;
  try {
    result = f();
  } catch (error) {
    end();
    throw error;
  }
  if (isPromise(result)) return result.finally(end);
  end();
  return result;
}

/** A value, or a promise of it: synchronous targets cost no promise. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

/** `f` of a value that may be a promise, without making a promise where there is none. */
export function whenReady<A, B>(value: MaybePromise<A>, f: (value: A) => MaybePromise<B>): MaybePromise<B> {
  return isPromise(value) ? value.then(f) : f(value);
}

/** `f` of each item, one after the other: a promise only from the first that makes one. */
export function eachInOrder<A>(
  items: readonly A[],
  f: (item: A, i: number) => MaybePromise<void>,
  first = 0,
): MaybePromise<void> {
  for (let i = first; i < items.length; i++) {
    const done = f(items[i], i);
    if (isPromise(done)) return done.then(() => eachInOrder(items, f, i + 1));
  }
}

/** The results of `f` for each item, one after the other. */
export function mapInOrder<A, B>(items: readonly A[], f: (item: A, i: number) => MaybePromise<B>): MaybePromise<B[]> {
  const results = new Array<B>(items.length);
  const done = eachInOrder(items, (item, i) =>
    whenReady(f(item, i), (result) => {
      results[i] = result;
    }),
  );
  return whenReady(done, () => results);
}

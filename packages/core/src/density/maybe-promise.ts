/** A value, or a promise of it: synchronous targets cost no promise. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === 'function';
}

/** `f` of a value that may be a promise, without making a promise where there is none. */
export function whenReady<A, B>(value: MaybePromise<A>, f: (value: A) => MaybePromise<B>): MaybePromise<B> {
  return isPromise(value) ? value.then(f) : f(value);
}

import type { MaybePromise } from '@subspace/core';

/** `step` of `first`, …, `count` − 1, one after another: with a promise from the first that makes one. */
export function inOrder(count: number, step: (i: number) => MaybePromise<void>, first = 0): MaybePromise<void> {
  for (let i = first; i < count; i++) {
    const done = step(i);
    if (done) return done.then(() => inOrder(count, step, i + 1));
  }
}

import type { MaybePromise } from '@subspace/core';
import { isPromise } from '@subspace/core/internals';

/** One task after another: at once where nothing is under way. */
export function turns(): <T>(task: () => MaybePromise<T>) => MaybePromise<T> {
  let last: Promise<unknown> | undefined;
  return (task) => {
    const result = last ? last.then(task, task) : task();
    if (!isPromise(result)) return result;
    const over = () => {
      if (last === result) last = undefined;
    };
    last = result;
    result.then(over, over);
    return result;
  };
}

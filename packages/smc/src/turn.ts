import type { CancelSignal } from '@subspace/core';
import { abortError, breath } from '@subspace/core/internals';
import { WHERE } from './smc-plan.ts';

/** To be awaited after each piece of a long computation: a turn for the event loop, where one is due. Throws when cancelled. */
export type Turn = () => Promise<void>;

export function turns(signal?: CancelSignal): Turn {
  const pause = breath();
  return async () => {
    if (signal?.aborted) throw abortError(WHERE, signal, {});
    if (pause.due()) await pause.rest();
  };
}

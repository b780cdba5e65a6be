import type { CancelSignal } from '@subspace/core';
import { abortError, breath } from '@subspace/core/internals';

/** Of a task that has much to do beside the model's own work. */
export interface TaskStepsOptions {
  readonly signal?: CancelSignal;
  /** Steps done: labels asked for, features whose gradients are taken, targets, points. */
  readonly onProgress?: (progress: { readonly step: number; readonly of: number }) => void;
}

/** To be awaited after each of so many steps: lets others have the thread, tells of progress, and throws when cancelled. */
export function taskSteps(
  where: string,
  { signal, onProgress }: TaskStepsOptions,
  of: number,
): () => void | Promise<void> {
  const turns = breath();
  let step = 0;
  const throwIfCancelled = () => {
    if (signal?.aborted) throw abortError(where, signal, { step });
  };
  const rest = async () => {
    await turns.rest();
    onProgress?.({ step, of });
    throwIfCancelled();
  };
  throwIfCancelled();
  return () => {
    step += 1;
    return step === of || turns.due() ? rest() : undefined;
  };
}

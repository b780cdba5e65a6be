import { isFloat64Array } from '../typed-array.ts';
import { messageOf } from './worker-like.ts';

/*
 * What goes over the wire. The worker says `hello` when it listens (a message sent before would be lost in a browser where the worker's module
 * awaits something at its top level), is sent `init`, and says `ready`. Then each request gets one reply with its number. Points, values,
 * gradients and matrices are packed into one Float64Array each, whose buffer is transferred.
 */

/** Changes whenever a message does: the two sides may come from different versions of the package. */
export const PROTOCOL = 1;

export type Question = 'values' | 'valuesAndGradients' | 'gaussNewton';

export interface InitMessage {
  readonly kind: 'init';
  readonly init: unknown;
}

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: number;
  readonly question: Question;
  readonly count: number;
  /** [count, K] */
  readonly points: Float64Array;
}

export interface HelloMessage {
  readonly kind: 'hello';
  readonly protocol: number;
}

/** What the served density is and can do. */
export interface ReadyMessage {
  readonly kind: 'ready';
  readonly dim: number;
  /** Of the density: the engine and the build of its kernels, which checkpoints name. */
  readonly engine?: string;
  /** What the density says it is made of, which checkpoints keep. */
  readonly identity?: object;
  readonly questions: readonly Question[];
}

export interface AnswerMessage {
  readonly kind: 'answer';
  readonly id: number;
  /** [count], or the Gauss–Newton matrix [K, K]. */
  readonly values: Float64Array;
  /** [count, K], where asked for. */
  readonly gradients?: Float64Array;
}

/** Something was thrown: by `init` (id −1) or by an evaluation. */
export interface ThrownMessage {
  readonly kind: 'thrown';
  readonly id: number;
  readonly error: ThrownError;
}

export type WorkerMessage = HelloMessage | ReadyMessage | AnswerMessage | ThrownMessage;

/** An error in plain strings: structured cloning would drop its `code`, and refuse it if it carried a function. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string | number;
}

export const INIT_ID = -1;

export function packError(error: unknown): ThrownError {
  const { name, stack, code } = (error ?? {}) as { name?: unknown; stack?: unknown; code?: unknown };
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: messageOf(error),
    ...(typeof stack === 'string' ? { stack } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}

export function unpackError({ message, ...rest }: ThrownError): Error {
  return Object.assign(new Error(message), rest);
}

/** The message, if it is one that a worker may send; anything can arrive from a file that is not ours. */
export function asWorkerMessage(message: unknown): WorkerMessage | undefined {
  const candidate = message as Partial<Record<string, unknown>> | null | undefined;
  if (typeof candidate !== 'object' || candidate === null) return undefined;
  return isWorkerMessage(candidate) ? (candidate as unknown as WorkerMessage) : undefined;
}

function isWorkerMessage({
  kind,
  protocol,
  dim,
  engine,
  identity,
  questions,
  id,
  values,
  gradients,
  error,
}: Partial<Record<string, unknown>>): boolean {
  switch (kind) {
    case 'hello':
      return typeof protocol === 'number';
    case 'ready':
      return (
        Number.isSafeInteger(dim) &&
        (dim as number) > 0 &&
        (engine === undefined || typeof engine === 'string') &&
        (identity === undefined || (typeof identity === 'object' && identity !== null)) &&
        Array.isArray(questions)
      );
    case 'answer':
      return typeof id === 'number' && isFloat64Array(values) && (gradients === undefined || isFloat64Array(gradients));
    case 'thrown':
      return typeof id === 'number' && typeof (error as ThrownError | undefined)?.message === 'string';
    default:
      return false;
  }
}

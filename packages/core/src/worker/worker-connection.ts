import { show } from '../argument.ts';
import {
  type AnswerMessage,
  asWorkerMessage,
  INIT_ID,
  PROTOCOL,
  type ReadyMessage,
  type RequestMessage,
  type ThrownMessage,
  unpackError,
  type WorkerMessage,
} from './protocol.ts';
import { keepAlive, listen, messageOf, type WorkerLike } from './worker-like.ts';

/** One worker and the one thing it is doing. */
export interface WorkerConnection {
  start(init: unknown): Promise<ReadyMessage>;
  /** One request at a time. An evaluation that throws rejects; the worker goes on. */
  ask(request: RequestMessage): Promise<AnswerMessage>;
  /** Terminates the worker; what it was doing rejects. */
  close(failure: () => Error): void;
}

export interface ConnectionOptions {
  /** "worker 1 of 2", and its number. */
  readonly label: string;
  readonly number: number;
  /** Milliseconds per point. */
  readonly timeout: number;
  /** The worker exited, hung or sent nonsense, and is of no use any more. Errors are made anew for each that gets one. */
  readonly onBroken: (failure: () => Error) => void;
}

/** What the worker owes us. */
interface Debt {
  readonly kind: 'hello' | 'ready' | 'answer';
  readonly id: number;
  readonly doing: string;
  readonly resolve: (message: WorkerMessage) => void;
  readonly reject: (error: Error) => void;
  timer?: ReturnType<typeof setTimeout>;
}

/** The longest delay that timers know (24.8 days); a longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

export function connect(worker: WorkerLike, options: ConnectionOptions): WorkerConnection {
  const { label, number, timeout, onBroken } = options;
  let debt: Debt | undefined;
  let closed = false;

  const failed =
    (problem: string, cause?: unknown): (() => Error) =>
    () =>
      workerError(number, `${label} ${problem}`, cause);

  const settle = (): Debt | undefined => {
    const settled = debt;
    debt = undefined;
    clearTimeout(settled?.timer);
    keepAlive(worker, false);
    return settled;
  };

  const broken = (problem: string, cause?: unknown, mute = false): void => {
    if (closed) return;
    const doing = debt ? ` while it was ${debt.doing}` : '';
    // A file that does not serve ends, or stays, without a word.
    const hint = mute && debt?.kind === 'hello' ? ' (its file has to call serveLogDensity)' : '';
    onBroken(failed(`${problem}${doing}${hint}`, cause));
  };

  const startTimer = (owed: Debt, allowed: number): void => {
    if (allowed === Infinity) return;
    owed.timer = setTimeout(
      () => {
        // If this thread was busy, the answer may be waiting behind this timer: it gets one turn of the event loop more.
        owed.timer = setTimeout(() => broken(`did not answer within ${allowed} ms`, undefined, true), 10);
      },
      Math.min(allowed, LONGEST_DELAY),
    );
  };

  const owe = (
    owed: Pick<Debt, 'kind' | 'id' | 'doing'>,
    allowed: number,
    message?: { readonly content: unknown; readonly transfer: ArrayBuffer[] },
  ): Promise<WorkerMessage> =>
    new Promise((resolve, reject) => {
      debt = { ...owed, resolve, reject };
      // While something is owed somebody may be waiting for it; an idle worker must not keep the process alive.
      keepAlive(worker, true);
      startTimer(debt, allowed);
      if (!message) return;
      try {
        worker.postMessage(message.content, message.transfer);
      } catch (error) {
        settle();
        reject(
          workerError(
            number,
            `${label} cannot be sent the ${owed.kind === 'ready' ? 'init' : 'points'}: ${messageOf(error)}`,
            error,
          ),
        );
      }
    });

  listen(worker, {
    broken,
    exited: (code) => broken(`exited with code ${code}`, undefined, true),
    message(received) {
      if (closed) return;
      const message = asWorkerMessage(received);
      if (!message) return broken(`sent ${show(received)}, expected a message of serveLogDensity,`);
      if (debt && message.kind === debt.kind && (message.kind !== 'answer' || message.id === debt.id)) {
        return settle()!.resolve(message);
      }
      if (debt && message.kind === 'thrown' && message.id === debt.id) return settle()!.reject(thrown(message));
      return broken(`sent a message of kind "${message.kind}" that was not asked for`);
    },
  });

  const thrown = ({ id, error }: ThrownMessage): Error =>
    failed(`${id === INIT_ID ? 'could not start' : 'threw'}: ${error.message}`, unpackError(error))();

  return {
    async start(init) {
      const hello = await owe({ kind: 'hello', id: INIT_ID, doing: 'starting' }, timeout);
      if (hello.kind === 'hello' && hello.protocol !== PROTOCOL) {
        throw failed(
          `speaks version ${hello.protocol} of the worker protocol, expected ${PROTOCOL}: its @subspace/core is another version`,
        )();
      }
      const message = { content: { kind: 'init', init }, transfer: [] };
      return (await owe({ kind: 'ready', id: INIT_ID, doing: 'starting' }, timeout, message)) as ReadyMessage;
    },
    async ask(request) {
      const { id, question, count, points } = request;
      const dim = points.length / count;
      const doing = `evaluating ${count} ${count === 1 ? 'point' : 'points'}`;
      const message = { content: request, transfer: [points.buffer as ArrayBuffer] };
      const answer = (await owe({ kind: 'answer', id, doing }, timeout * count, message)) as AnswerMessage;
      const sizes = [answer.values.length, answer.gradients?.length ?? 0];
      const expected = [
        question === 'gaussNewton' ? dim * dim : count,
        question === 'valuesAndGradients' ? count * dim : 0,
      ];
      if (String(sizes) !== String(expected)) {
        broken(`sent ${sizes.join(' + ')} numbers, expected ${expected.join(' + ')},`);
        throw failed(`sent ${sizes.join(' + ')} numbers, expected ${expected.join(' + ')}`)();
      }
      return answer;
    },
    close(failure) {
      if (closed) return;
      closed = true;
      settle()?.reject(failure());
      void worker.terminate();
    },
  };
}

export function workerError(
  number: number,
  problem: string,
  cause?: unknown,
): Error & { readonly code: 'WORKER_FAILED'; readonly worker: number } {
  const error = new Error(`workerLogDensity: ${problem}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: 'WORKER_FAILED' as const, worker: number });
}

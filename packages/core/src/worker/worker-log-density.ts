import { argumentError, requireCount, requireKnownOptions, requireLength, requirePositive } from '../argument.ts';
import type {
  CurvedLogDensity,
  DifferentiableLogDensity,
  Disposable,
  Evaluation,
  LogDensity,
  Vector,
} from '../density/log-density.ts';
import { abortError, type CancelSignal } from '../macrotask.ts';
import type { AnswerMessage, Question, ReadyMessage, RequestMessage } from './protocol.ts';
import { connect, type WorkerConnection, workerError } from './worker-connection.ts';
import { requireWorker, type WorkerLike } from './worker-like.ts';

export interface WorkerLogDensityOptions {
  /** How many workers to start. Each holds a density of its own, with all its data. */
  readonly workers: number;
  /** Passed to the function given to `serveLogDensity`, in every worker: anything that structured cloning can copy. */
  readonly init?: unknown;
  /**
   * Milliseconds a worker may take for one point (for n points in one message: n times as long), and for its start. A worker that takes longer is
   * taken to hang. Default: an hour; `Infinity` waits for ever. (A browser does not tell when a worker closes itself: only this ends the wait.)
   */
  readonly timeout?: number;
  /** Aborting it, at the start or at any later time, rejects what is open with `code: 'ABORTED'` and terminates the workers. */
  readonly signal?: CancelSignal;
  /** Called as workers become ready. */
  readonly onProgress?: (progress: { readonly ready: number; readonly of: number }) => void;
}

const HOUR = 3_600_000;

/**
 * A log density that is evaluated by workers: each runs `serveLogDensity` in a file of its own.
 *
 * The points of a batch are spread evenly over the workers, and go to whichever is free. Values, gradients and Gauss–Newton matrices are those
 * of the served density, bit for bit, for any number of workers. What the served density cannot do, this one cannot do either: it has a
 * `valuesAndGradients` and a `gaussNewton` exactly if the served one has. Only densities travel, not priors: wrap the result in `posterior` where
 * a sampler needs one.
 *
 * An evaluation that throws rejects that call; the workers go on. A worker that exits, fails to load, hangs or sends something else breaks the
 * density: open calls and all later ones reject, and all workers are terminated. Such errors have `code: 'WORKER_FAILED'`, `worker` (its number,
 * from 1), the worker's own message, and the original error as their cause.
 *
 * `dispose` terminates the workers. In Node they keep the process alive only while a call is open.
 *
 * @param create makes one worker; called once per worker
 * @returns a density of K coordinates, as served. Name its type if it is not differentiable, or has a Gauss–Newton matrix:
 * `workerLogDensity<CurvedLogDensity>(…)`
 * @throws on invalid options, on a worker that cannot start, and on workers that serve densities of different kinds
 * @example
 * ```ts
 * // quartic.worker.mjs
 * import { logDensity } from '@subspace/core';
 * import { serveLogDensity } from '@subspace/core/worker';
 *
 * serveLogDensity(({ dim }: { dim: number }) => logDensity(dim, (z) => -z.reduce((sum, x) => sum + x ** 4, 0)));
 * ```
 * ```ts
 * import { type LogDensity, posterior } from '@subspace/core';
 * import { workerLogDensity } from '@subspace/core/worker';
 * import { Worker } from 'node:worker_threads'; // In a browser: its own Worker, with { type: 'module' } behind the URL.
 *
 * const create = () => new Worker(new URL('./quartic.worker.mjs', import.meta.url));
 * const logLikelihood = await workerLogDensity<LogDensity>(create, { workers: 2, init: { dim: 5 } });
 * const target = posterior({ logLikelihood, priorStd: 1 });
 * await target.values([new Float64Array(5), Float64Array.of(1, 0, 0, 0, 0)]);
 * target.dispose(); // terminates the workers
 * ```
 */
export async function workerLogDensity<L extends LogDensity = DifferentiableLogDensity>(
  create: () => WorkerLike,
  options: WorkerLogDensityOptions,
): Promise<L & Disposable> {
  if (typeof create !== 'function') {
    throw argumentError('workerLogDensity', 'create is no function, expected () => new Worker(…)');
  }
  requireKnownOptions('workerLogDensity', options ?? {}, ['workers', 'init', 'timeout', 'signal', 'onProgress']);
  const { workers, init, timeout = HOUR, signal, onProgress } = options ?? {};
  requireCount('workerLogDensity', 'workers', workers);
  if (timeout !== Infinity) requirePositive('workerLogDensity', 'timeout', timeout);
  if (signal?.aborted) throw abortError('workerLogDensity', signal, {});

  const pool = workerPool(create, workers, timeout, signal);
  try {
    const served = await pool.start(init, (ready) => onProgress?.({ ready, of: workers }));
    return density(pool, served) as unknown as L & Disposable;
  } catch (error) {
    pool.close(() => error as Error);
    throw error;
  }
}

/** The workers, and the requests that wait for a free one. */
interface WorkerPool {
  readonly workers: number;
  start(init: unknown, onReady: (ready: number) => void): Promise<ReadyMessage>;
  /** All replies, in the order of the requests. */
  askAll(requests: readonly Omit<RequestMessage, 'kind' | 'id'>[]): Promise<readonly AnswerMessage[]>;
  close(failure: () => Error): void;
}

interface Task {
  readonly request: RequestMessage;
  readonly resolve: (answer: AnswerMessage) => void;
  readonly reject: (error: unknown) => void;
}

function workerPool(
  create: () => WorkerLike,
  workers: number,
  timeout: number,
  signal: CancelSignal | undefined,
): WorkerPool {
  const connections: WorkerConnection[] = [];
  let queue: Task[] = [];
  let free: WorkerConnection[] = [];
  let lastId = 0;
  let failure: (() => Error) | undefined;

  const close = (why: () => Error): void => {
    if (failure) return;
    failure = why;
    (signal as Partial<EventSignal> | undefined)?.removeEventListener?.('abort', abort);
    for (const connection of connections) connection.close(why);
    for (const task of queue.splice(0)) task.reject(why());
  };
  const abort = (): void => close(() => abortError('workerLogDensity', signal!, {}));

  const dispatch = (): void => {
    while (free.length > 0 && queue.length > 0) {
      const connection = free.shift()!;
      const { request, resolve, reject } = queue.shift()!;
      connection
        .ask(request)
        .then(resolve, reject)
        .then(() => {
          free.push(connection);
          dispatch();
        });
    }
  };

  const made: WorkerLike[] = [];
  try {
    for (let number = 1; number <= workers; number++) {
      const worker: unknown = create();
      requireWorker('workerLogDensity', 'what create returned', worker);
      if (made.includes(worker)) {
        throw argumentError('workerLogDensity', 'create returned the same worker twice, expected a new one each time');
      }
      made.push(worker);
      connections.push(connect(worker, { label: `worker ${number} of ${workers}`, number, timeout, onBroken: close }));
    }
  } catch (error) {
    close(() => error as Error);
    throw error;
  }
  (signal as Partial<EventSignal> | undefined)?.addEventListener?.('abort', abort);

  return {
    workers,
    close,
    async start(init, onReady) {
      let ready = 0;
      const served = await Promise.all(
        connections.map(async (connection) => {
          const message = await connection.start(init);
          onReady(++ready);
          return message;
        }),
      );
      requireSame(served);
      free = [...connections];
      return served[0];
    },
    async askAll(requests) {
      if (signal?.aborted) abort();
      if (failure) throw failure();
      const tasks: Task[] = [];
      const answers = requests.map(
        (request) =>
          new Promise<AnswerMessage>((resolve, reject) => {
            tasks.push({ request: { ...request, kind: 'request', id: ++lastId }, resolve, reject });
          }),
      );
      queue.push(...tasks);
      dispatch();
      try {
        return await Promise.all(answers);
      } catch (error) {
        queue = queue.filter((task) => !tasks.includes(task));
        throw error;
      }
    },
  };
}

/** An `AbortSignal` tells when it is aborted; a plain `{ aborted }` is looked at before each call. */
interface EventSignal {
  addEventListener(event: 'abort', listener: () => void): void;
  removeEventListener(event: 'abort', listener: () => void): void;
}

function requireSame(served: readonly ReadyMessage[]): void {
  const description = ({ dim, engine, questions }: ReadyMessage) =>
    `${dim} coordinates and ${[...questions].sort().join(', ')}${engine === undefined ? '' : ` on ${engine}`}`;
  served.forEach((other, i) => {
    if (description(other) === description(served[0])) return;
    throw workerError(
      i + 1,
      `worker ${i + 1} serves ${description(other)}, expected as worker 1: ${description(served[0])}`,
    );
  });
}

function density(
  pool: WorkerPool,
  { dim, engine, identity, questions }: ReadyMessage,
): LogDensity & Disposable & Partial<CurvedLogDensity> {
  const evaluate = async (question: Question, points: readonly Vector[]): Promise<readonly AnswerMessage[]> => {
    points.forEach((point, i) => {
      requireLength('workerLogDensity', `points[${i}]`, point, dim);
    });
    return pool.askAll(pieces(points, pool.workers, dim).map((piece) => ({ question, ...piece })));
  };
  return {
    dim,
    ...(engine !== undefined && { engine }),
    ...(identity && { identity: () => identity }),
    async values(points) {
      const answers = await evaluate('values', points);
      const values = new Float64Array(points.length);
      let at = 0;
      for (const answer of answers) {
        values.set(answer.values, at);
        at += answer.values.length;
      }
      return values;
    },
    ...(questions.includes('valuesAndGradients') && {
      async valuesAndGradients(points: readonly Vector[]): Promise<readonly Evaluation[]> {
        const answers = await evaluate('valuesAndGradients', points);
        return answers.flatMap(({ values, gradients }) =>
          Array.from(values, (value, i) => ({ value, gradient: gradients!.slice(i * dim, (i + 1) * dim) })),
        );
      },
    }),
    ...(questions.includes('gaussNewton') && {
      gaussNewton: async (point: Vector): Promise<Float64Array> => (await evaluate('gaussNewton', [point]))[0].values,
    }),
    dispose: () => pool.close(() => argumentError('workerLogDensity', 'the density is disposed, expected a live one')),
  };
}

/** At most `count` runs of consecutive points, as even as possible, each packed for sending (the caller keeps its points). */
function pieces(
  points: readonly Vector[],
  count: number,
  dim: number,
): readonly { readonly count: number; readonly points: Float64Array }[] {
  const parts = Math.min(count, points.length);
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * points.length) / parts);
    const to = Math.floor(((part + 1) * points.length) / parts);
    const packed = new Float64Array((to - from) * dim);
    for (let i = from; i < to; i++) packed.set(points[i], (i - from) * dim);
    return { count: to - from, points: packed };
  });
}

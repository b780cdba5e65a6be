import { argumentError } from '../argument.ts';
import type { Evaluation, Vector } from '../density/log-density.ts';
import { type RandomSource, restoreRandomSource } from '../random/random-source.ts';
import type { ChainSnapshot } from '../storage/sample-checkpoint.ts';
import type { SamplingAlgorithm } from './algorithm.ts';

/** A chain in flight: the state after its last completed step, and the request of the step under way. */
export interface Chain<S, I> {
  readonly index: number;
  /** Completed steps, warmup included. */
  readonly steps: number;
  /** The position whose density the chain waits for; undefined when it has done all its steps. */
  readonly request: Vector | undefined;
  readonly lastInfo: I | undefined;
  /** Gives the answer to the request and goes on to the next one. */
  answer(value: number | Evaluation): void;
  readonly state: S | undefined;
  /** With `keep`, the state and the random stream after the last completed step, from which a chain goes on bit for bit. */
  readonly snapshot: ChainSnapshot<S> | undefined;
}

export interface ChainOptions<S, I> {
  readonly index: number;
  readonly start: Vector;
  readonly random: RandomSource;
  readonly warmup: number;
  readonly steps: number;
  /** Go on from here, instead of from `start`. */
  readonly from?: ChainSnapshot<S>;
  /** Keep snapshots. */
  readonly keep?: boolean;
  /** Called after each completed step that is not warmup. */
  readonly onStep: (chain: number, step: number, position: Vector, info: I) => void;
}

/** Runs one chain of an algorithm as far as it goes without an answer. */
export function startChain<S, I>(algorithm: SamplingAlgorithm<S, I>, options: ChainOptions<S, I>): Chain<S, I> {
  const { index, start, warmup, steps, onStep, from, keep = false } = options;
  const random = from ? restoreRandomSource(from.random) : options.random;
  type Answer = number & Evaluation;
  let state: S | undefined;
  let lastInfo: I | undefined;
  let completed = from?.steps ?? 0;
  let snapshot = from;
  // Now, and not when asked for: the next step has drawn random numbers by then.
  const take = (current: S) => {
    state = current;
    if (keep) snapshot = { state: current, random: random.state(), steps: completed };
  };

  function* run(): Generator<Vector, void, Answer> {
    let current: S;
    if (from) current = state = from.state;
    else {
      current = yield* algorithm.init(random, start.slice()) as Generator<Vector, S, Answer>;
      take(current);
    }
    while (completed < steps) {
      const step =
        completed < warmup && algorithm.warmupStep
          ? algorithm.warmupStep(random, current, { index: completed, of: warmup })
          : algorithm.step(random, current);
      const result = yield* step as Generator<Vector, { state: S; info: I }, Answer>;
      current = result.state;
      lastInfo = result.info;
      completed++;
      take(current);
      if (completed > warmup) onStep(index, completed - warmup, algorithm.position(current).slice(), lastInfo);
    }
  }

  const running = run();
  let request: Vector | undefined;
  const follow = (result: IteratorResult<Vector, void>): void => {
    request = result.done ? undefined : result.value;
    if (request && request.length !== algorithm.target.dim) {
      throw argumentError(algorithm.name, `position has length ${request.length}, expected ${algorithm.target.dim}`);
    }
  };

  follow(running.next());
  return {
    index,
    get steps() {
      return completed;
    },
    get request() {
      return request;
    },
    get lastInfo() {
      return lastInfo;
    },
    get state() {
      return state;
    },
    get snapshot() {
      return snapshot;
    },
    answer: (value) => follow(running.next(value as Answer)),
  };
}

import { argumentError } from '../argument.ts';
import type { Evaluation, Vector } from '../density/log-density.ts';
import { type RandomSource, restoreRandomSource } from '../random/random-source.ts';
import type { SamplingAlgorithm } from './algorithm.ts';
import type { ChainSnapshot } from './sample-checkpoint.ts';
import { addStep, noSteps, type StepTotals } from './step-totals.ts';

/** A chain in flight: the state after its last completed step, and the request of the step under way. */
export interface Chain<S, I> {
  readonly index: number;
  /** Completed steps, warmup included. */
  readonly steps: number;
  /** The position whose density the chain waits for; undefined when it has done all its steps. */
  readonly request: Vector | undefined;
  readonly lastInfo: I | undefined;
  /** Of the phase (warmup, or after it): `steps`, and the sums of the algorithm's tallies. */
  readonly sums: Readonly<Record<string, number>>;
  /** Of the steps after warmup. */
  readonly totals: StepTotals;
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
  type Step = Generator<Vector, { state: S; info: I }, Answer>;
  let state = from?.state;
  let lastInfo: I | undefined;
  let completed = from?.steps ?? 0;
  let sums: Record<string, number> = { ...from?.sums };
  const totals = { ...(from?.totals ?? noSteps()) };
  let snapshot = from;
  // Now, and not when asked for: the next step has drawn random numbers by then.
  const take = (current: S): void => {
    state = current;
    if (!keep) return;
    snapshot = { state: current, random: random.state(), steps: completed, sums: { ...sums }, totals: { ...totals } };
  };

  const addUp = (info: I): void => {
    sums.steps = (sums.steps ?? 0) + 1;
    const tally = algorithm.tally?.(info);
    for (const name in tally) sums[name] = (sums[name] ?? 0) + tally[name];
  };

  const end = ({ state: current, info }: { state: S; info: I }): void => {
    lastInfo = info;
    // Warmup is over: what it took says nothing of the draws.
    if (completed === warmup) sums = {};
    addUp(info);
    completed++;
    if (completed > warmup) addStep(totals, info);
    take(current);
    if (completed > warmup) onStep(index, completed - warmup, algorithm.position(current).slice(), info);
  };

  const nextStep = (): Step =>
    (completed < warmup && algorithm.warmupStep
      ? algorithm.warmupStep(random, state!, { index: completed, of: warmup })
      : algorithm.step(random, state!)) as Step;

  // Generators are resumed here, one by one, because delegation to them would cost at each of their requests.
  let initialising: Generator<Vector, S, Answer> | undefined = from
    ? undefined
    : (algorithm.init(random, start.slice()) as Generator<Vector, S, Answer>);
  let step: Step | undefined;
  /** The next request; undefined after the last step. */
  const goOn = (answer?: Answer): Vector | undefined => {
    if (initialising) {
      const result = initialising.next(answer as Answer);
      if (!result.done) return result.value;
      initialising = undefined;
      take(result.value);
    }
    while (step || completed < steps) {
      step ??= nextStep();
      const result = step.next(answer as Answer);
      if (!result.done) return result.value;
      step = undefined;
      end(result.value);
    }
    return undefined;
  };

  let request: Vector | undefined;
  const follow = (answer?: Answer): void => {
    request = goOn(answer);
    if (request && request.length !== algorithm.target.dim) {
      throw argumentError(algorithm.name, `position has length ${request.length}, expected ${algorithm.target.dim}`);
    }
  };

  follow();
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
    get sums() {
      return sums;
    },
    get totals() {
      return totals;
    },
    get state() {
      return state;
    },
    get snapshot() {
      return snapshot;
    },
    answer: (value) => follow(value as Answer),
  };
}

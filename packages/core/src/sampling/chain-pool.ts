import { askGradients, askValues } from '../density/ask-target.ts';
import type { Evaluation, Vector } from '../density/log-density.ts';
import { isPromise, type MaybePromise } from '../density/maybe-promise.ts';
import { abortError, breath } from '../macrotask.ts';
import type { SamplingAlgorithm } from './algorithm.ts';
import { type Chain, startChain } from './chain.ts';
import type { ChainSnapshot, SampleCheckpoint } from './sample-checkpoint.ts';
import type { SamplingPlan } from './sampling-plan.ts';
import { type DivergentStep, isDivergent, noSteps, type StepTotals } from './step-totals.ts';

/** One draw of one chain. */
export interface Draw<I = unknown> {
  readonly chain: number;
  readonly position: Vector;
  readonly info: I;
}

/** All chains together. `advance` answers open requests; between calls the caller may rest, so that the event loop gets its turn. */
export interface ChainPool<S> {
  /** Starts all chains, with turns for the event loop between them: a thousand take as long as many evaluations. Throws if cancelled. */
  start(): Promise<void>;
  done(): boolean;
  advance(): MaybePromise<void>;
  restIsDue(): boolean;
  /** A turn for the event loop; throws if cancelled. */
  rest(): Promise<void>;
  reportProgress(): void;
  /** Steps completed by all chains. */
  steps(): number;
  evaluations(): number;
  snapshots(): readonly (ChainSnapshot<S> | undefined)[];
  totals(): readonly StepTotals[];
}

/** Where a pool puts what its chains come to. */
export interface ChainPoolSinks<I> {
  readonly onDraw: (draw: Draw<I>) => void;
  readonly onDivergence?: (chain: number, step: DivergentStep<I>) => void;
}

/** Chains that are to start, or to go on with what a checkpoint has of them. */
export function chainPool<S, I>(
  where: string,
  algorithm: SamplingAlgorithm<S, I>,
  plan: SamplingPlan,
  { onDraw, onDivergence }: ChainPoolSinks<I>,
  checkpoint?: SampleCheckpoint<S, I>,
): ChainPool<S> {
  const { draws, warmup, thin, starts, random, signal, onProgress } = plan;
  const steps = warmup + draws * thin;
  const pause = breath();
  const started = performance.now();
  let lastReport = started;
  let evaluations = checkpoint?.saved?.evaluations ?? 0;
  // Points per batch, while answers come synchronously: a batch should not hold the thread longer than a single slow evaluation does.
  let limit = 1;

  const saved = checkpoint?.saved?.chains;
  const chains: Chain<S, I>[] = [];
  // Chains with an open request, longest waiting first.
  let waiting: Chain<S, I>[] = [];
  // The clock is read once a batch: reading it costs as much as a small density.
  let now = performance.now();

  const startNext = (): void => {
    const index = chains.length;
    const chain = startChain(algorithm, {
      index,
      start: starts[index],
      random: random.fork(`chain ${index}`),
      warmup,
      steps,
      from: saved?.[index],
      keep: checkpoint !== undefined,
      onStep(chain, step, position, info) {
        if (onDivergence && isDivergent(info)) onDivergence(chain, { draw: Math.ceil(step / thin) - 1, info });
        if (step % thin === 0) onDraw({ chain, position, info });
      },
    });
    chains.push(chain);
    if (chain.request) waiting.push(chain);
  };

  const answer = (batch: readonly Chain<S, I>[], answers: ArrayLike<number> | ArrayLike<Evaluation>): void => {
    evaluations += batch.length;
    for (let i = 0; i < batch.length; i++) {
      batch[i].answer(answers[i]);
      if (batch[i].request) waiting.push(batch[i]);
    }
  };

  const evaluate = (points: readonly Vector[]): MaybePromise<ArrayLike<number> | ArrayLike<Evaluation>> =>
    algorithm.needs === 'values'
      ? askValues(where, algorithm.target, points)
      : askGradients(where, algorithm.target, points);

  const stepsDone = (): number => sum(chains.map((chain) => chain.steps));
  const stepsBefore = starts.map((_, c) => saved?.[c]?.steps ?? 0);

  const reportProgress = (): void => {
    lastReport = performance.now();
    if (!onProgress) return;
    const seconds = (lastReport - started) / 1000;
    const secondsFor = (left: number, done: number) => (left / Math.max(done, 1)) * seconds;
    const done = chains.map((chain, c) => chain.steps - stepsBefore[c]);
    const left = chains.map((chain) => steps - chain.steps);
    onProgress({
      chains: chains.map((chain, c) => ({
        step: chain.steps,
        of: steps,
        phase: chain.steps < warmup ? 'warmup' : 'draws',
        summary: chain.lastInfo === undefined ? '' : (algorithm.describe?.(chain.lastInfo, chain.sums) ?? ''),
        secondsLeft: secondsFor(left[c], done[c]),
      })),
      evaluations,
      secondsLeft: secondsFor(sum(left), sum(done)),
    });
  };

  return {
    async start() {
      while (chains.length < starts.length) {
        if (signal?.aborted) throw abortError(where, signal, {});
        startNext();
        if (pause.due()) await pause.rest();
      }
      now = performance.now();
    },
    done: () => waiting.length === 0,
    advance() {
      const batch = limit < waiting.length ? waiting.slice(0, limit) : waiting;
      waiting = limit < waiting.length ? waiting.slice(limit) : [];
      const answers = evaluate(batch.map((chain) => chain.request!));
      if (isPromise(answers)) {
        limit = chains.length;
        return answers.then((values) => {
          answer(batch, values);
          now = performance.now();
        });
      }
      answer(batch, answers);
      const before = now;
      now = performance.now();
      limit = Math.min(chains.length, Math.max(1, Math.floor((5 * batch.length) / (now - before))));
    },
    restIsDue: () => pause.due(now),
    async rest() {
      await pause.rest();
      now = performance.now();
      if (onProgress && now - lastReport > 100) reportProgress();
      if (signal?.aborted) throw abortError(where, signal, {});
    },
    reportProgress,
    steps: stepsDone,
    evaluations: () => evaluations,
    snapshots: () => starts.map((_, c) => chains[c]?.snapshot ?? saved?.[c]),
    totals: () => starts.map((_, c) => ({ ...((chains[c] ?? saved?.[c])?.totals ?? noSteps()) })),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

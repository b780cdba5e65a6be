import type { Gaussian } from '../density/gaussian.ts';
import type { DifferentiableLogDensity, Evaluation, LogDensity, Vector } from '../density/log-density.ts';
import type { RandomSource } from '../random/random-source.ts';

/**
 * A sampler as a coroutine: it yields the position whose density it needs and is sent the answer, and does not know whether that came from
 * a formula, a network on a GPU, a worker, or one evaluation shared by sixteen chains.
 *
 * S is the state of a chain: plain data (numbers, strings, Float64Array), adaptation included, so that a chain can be saved; a step returns a
 * new one and leaves the old as it is. I is what a step
 * has to tell: diagnostics. A is the answer asked for.
 */
export interface Algorithm<S, I, A> {
  readonly name: string;
  /** What the algorithm was made with, as plain data: named in checkpoints, which can only be resumed with the same. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Where chains start by default; an algorithm without one needs `initial`. */
  readonly prior?: Gaussian;
  /** What is wrong with a state that was read from a checkpoint, by its path; undefined where nothing is. Without it, states are taken as they are. */
  readonly savedState?: (saved: unknown, path: string) => string | undefined;
  position(state: S): Vector;
  init(random: RandomSource, position: Vector): Generator<Vector, S, A>;
  step(random: RandomSource, state: S): Generator<Vector, { state: S; info: I }, A>;
  /** A step that also adapts; used for the first `of` steps, then never again. */
  warmupStep?(
    random: RandomSource,
    state: S,
    at: { readonly index: number; readonly of: number },
  ): Generator<Vector, { state: S; info: I }, A>;
  /** What of a step is worth adding up, by name: `{ shrinks: 3 }`. */
  tally?(info: I): Readonly<Record<string, number>>;
  /**
   * A few words for a progress line: `'2.4 shrinks a step'`.
   *
   * @param info of the last step
   * @param sums `steps`, the number of steps of this phase (warmup, or after it) so far, and the sums of what `tally` gave for them
   */
  describe?(info: I, sums: Readonly<Record<string, number>>): string;
}

/** An algorithm that asks for values of the target. */
export type ValueAlgorithm<S, I> = Algorithm<S, I, number> & { readonly needs: 'values'; readonly target: LogDensity };

/** An algorithm that asks for values and gradients. */
export type GradientAlgorithm<S, I> = Algorithm<S, I, Evaluation> & {
  readonly needs: 'gradients';
  readonly target: DifferentiableLogDensity;
};

export type SamplingAlgorithm<S, I> = ValueAlgorithm<S, I> | GradientAlgorithm<S, I>;

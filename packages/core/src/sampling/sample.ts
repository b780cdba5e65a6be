import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireOptions,
  show,
} from '../argument.ts';
import { gaussianDraw } from '../density/gaussian.ts';
import type { Evaluation, Vector } from '../density/log-density.ts';
import { isPromise, type MaybePromise } from '../density/maybe-promise.ts';
import { abortError, breath, type CancelSignal } from '../macrotask.ts';
import { type RandomSource, randomSource, requireSeed } from '../random/random-source.ts';
import { type CheckpointOptions, requireCheckpointOptions, storageError } from '../storage/checkpoint-store.ts';
import { requireSameRun } from '../storage/run-identity.ts';
import {
  type ChainSnapshot,
  type SampleCheckpoint,
  type SavedChains,
  sampleCheckpoint,
} from '../storage/sample-checkpoint.ts';
import type { SamplingAlgorithm } from './algorithm.ts';
import { type Chain, startChain } from './chain.ts';
import { createDraws, type Draws } from './draws.ts';

export interface SampleOptions {
  /** Draws kept per chain. */
  draws: number;
  /** Steps before the first draw; adaptive algorithms adapt in them and never again. Default: half of `draws`. */
  warmup?: number;
  /** Keep every `thin`-th step. Default 1. */
  thin?: number;
  /** Default 4. */
  chains?: number;
  seed: number | string;
  /** One start per chain, or `'prior'` (the default): independent draws of the algorithm's prior. */
  initial?: readonly Vector[] | 'prior';
  signal?: CancelSignal;
  /** Called about ten times a second, and once at the end. */
  onProgress?: (progress: SamplingProgress) => void;
  /** Saves chains and draws, also when cancelled, and goes on from there, bit for bit. */
  checkpoint?: CheckpointOptions;
}

export interface SamplingProgress {
  readonly chains: readonly {
    readonly step: number;
    readonly of: number;
    readonly phase: 'warmup' | 'draws';
    readonly summary: string;
  }[];
  /** Densities evaluated so far, by all chains. */
  readonly evaluations: number;
  readonly secondsLeft: number;
}

/**
 * Draws from a target with any sampling algorithm: the one driver of all chains.
 *
 * Chains run free: a chain starts its next step as soon as the last one ends, and all requests then open are evaluated in one batch. The draws
 * of a chain depend on the seed and its number only, not on how many others run. The event loop gets a turn at least every 20 ms.
 *
 * With a checkpoint, a run that was killed goes on from its last save and gives the draws of one that was not. `draws` may grow; `warmup` is then
 * the checkpoint's unless given.
 *
 * @returns draws[chain][draw]
 * @throws on invalid options; when cancelled, an error with `code: 'ABORTED'` whose `draws` holds everything drawn so far; when resumed with another
 * algorithm, target, option or seed, naming the difference; on a damaged checkpoint; when the store fails, an error with `code: 'STORAGE'` and `draws`
 * @example
 * ```ts
 * import { isotropicGaussian, sample, type ValueAlgorithm, logDensity } from '@subspace/core';
 *
 * // Random-walk Metropolis, as short as it gets.
 * const target = logDensity(1, (z) => -0.5 * z[0] ** 2);
 * const metropolis: ValueAlgorithm<{ z: Float64Array; log: number }, object> = {
 *   name: 'metropolis', needs: 'values', target, prior: isotropicGaussian(1, 1), position: (state) => state.z,
 *   *init(random, z) { return { z, log: yield z }; },
 *   *step(random, state) {
 *     const z = state.z.map((x) => x + random.normal());
 *     const log = yield z;
 *     return { state: Math.log(random.uniform()) < log - state.log ? { z, log } : state, info: {} };
 *   },
 * };
 * const draws = await sample(metropolis, { draws: 100, warmup: 10, chains: 2, seed: 1 });
 * draws.positions.length; // 2 chains of 100 draws
 * ```
 */
export async function sample<S, I>(algorithm: SamplingAlgorithm<S, I>, options: SampleOptions): Promise<Draws<I>> {
  requireOptions('sample', 'algorithm', algorithm);
  requireOptions('sample', 'options', options);
  let plan = checked('sample', algorithm, options);
  const { checkpoint: save, signal } = options;
  if (save) requireCheckpointOptions('sample', save);
  if (signal?.aborted) throw abortError('sample', signal, { draws: createDraws(algorithm.target.dim, [], []) });
  const checkpoint =
    save &&
    (await sampleCheckpoint<S, I>(save, {
      identity: identity(algorithm, plan, options),
      dim: algorithm.target.dim,
      chains: plan.chains,
    }));
  const saved = checkpoint?.saved;
  const probe = checkpoint ? (await algorithm.target.values([plan.starts[0].slice()]))[0] : 0;
  if (saved) plan = resumed(saved, plan, options, probe);

  const positions: Vector[][] = Array.from({ length: plan.chains }, (_, c) => [...(saved?.positions[c] ?? [])]);
  const infos: I[][] = Array.from({ length: plan.chains }, (_, c) => [...(saved?.infos[c] ?? [])]);
  const pool = chainPool(
    'sample',
    algorithm,
    plan,
    ({ chain, position, info }) => {
      positions[chain].push(position);
      infos[chain].push(info);
    },
    checkpoint,
  );
  const soFar = () => createDraws(algorithm.target.dim, positions, infos);
  const store = async () => {
    try {
      const { warmup } = plan;
      const evaluations = pool.evaluations();
      await checkpoint?.save({ chains: pool.snapshots(), positions, infos, warmup, evaluations, probe }, pool.steps());
    } catch (error) {
      if ((error as { code?: unknown }).code === 'INVALID_ARGUMENT') throw error;
      throw storageError('sample', error, { draws: soFar() });
    }
  };
  try {
    while (!pool.done()) {
      const advanced = pool.advance();
      if (isPromise(advanced)) await advanced;
      if (checkpoint?.due(pool.steps())) await store();
      if (pool.restIsDue()) await pool.rest();
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ABORTED') throw error;
    await store();
    throw Object.assign(error as Error, { draws: soFar() });
  }
  await store();
  pool.reportProgress();
  return soFar();
}

/** What a checkpoint must have been made with. `draws` may grow. */
function identity<S, I>(algorithm: SamplingAlgorithm<S, I>, plan: Plan, { seed }: SampleOptions): object {
  const { name, options, prior, target } = algorithm;
  const { thin, chains, starts } = plan;
  return {
    algorithm: name,
    options,
    engine: target.engine,
    dim: target.dim,
    prior: prior && { mean: prior.mean, cholesky: prior.cholesky },
    seed: String(seed),
    thin,
    chains,
    initial: starts,
  };
}

/** The plan of a run that goes on. Throws where it does not fit what is saved. */
function resumed<S, I>(saved: SavedChains<S, I>, plan: Plan, options: SampleOptions, probe: number): Plan {
  if (options.warmup !== undefined) requireSameRun('sample', saved.warmup, options.warmup, 'warmup');
  const drawn = Math.max(...saved.positions.map(({ length }) => length));
  if (drawn > plan.draws) {
    throw argumentError('sample', `draws is ${plan.draws}, but the checkpoint has ${drawn}; expected at least as many`);
  }
  // Not bit for bit, because the kernels of some devices are not: this is to find other data, or another subspace.
  if (!Object.is(probe, saved.probe) && !(Math.abs(probe - saved.probe) <= 1e-5 * Math.max(1, Math.abs(probe)))) {
    const where = "at the first chain's start";
    throw argumentError(
      'sample',
      `the target's value ${where} is ${probe}, but the checkpoint was made with ${saved.probe}; expected the same target (data, network, subspace)`,
    );
  }
  return { ...plan, warmup: saved.warmup };
}

export interface SampleIteratorOptions extends Omit<SampleOptions, 'draws' | 'checkpoint'> {
  /** Draws kept per chain; without it there is no end. */
  draws?: number;
}

/** One draw of one chain. */
export interface Draw<I = unknown> {
  readonly chain: number;
  readonly position: Vector;
  readonly info: I;
}

/**
 * The draws of `sample`, one by one as they come: the same numbers for the same options, warmup left out.
 *
 * Leave the loop to stop. Without `draws` there is no end; `warmup` is then 0 unless given.
 *
 * @throws as `sample`; a cancelled one has no `draws`, because all of them have been handed out
 */
export async function* sampleIterator<S, I>(
  algorithm: SamplingAlgorithm<S, I>,
  options: SampleIteratorOptions,
): AsyncGenerator<Draw<I>, void, undefined> {
  requireOptions('sampleIterator', 'algorithm', algorithm);
  requireOptions('sampleIterator', 'options', options);
  const plan = checked('sampleIterator', algorithm, { draws: Infinity, ...options });
  const waiting: Draw<I>[] = [];
  const pool = chainPool('sampleIterator', algorithm, plan, (draw) => waiting.push(draw));
  while (!pool.done()) {
    const advanced = pool.advance();
    if (isPromise(advanced)) await advanced;
    yield* waiting.splice(0);
    if (pool.restIsDue()) await pool.rest();
  }
  pool.reportProgress();
}

/** All options, defaults filled in. */
interface Plan extends Required<Omit<SampleOptions, 'signal' | 'onProgress' | 'initial' | 'seed' | 'checkpoint'>> {
  readonly starts: readonly Vector[];
  readonly random: RandomSource;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: SamplingProgress) => void;
}

function checked<S, I>(where: string, algorithm: SamplingAlgorithm<S, I>, options: SampleOptions): Plan {
  const known = ['draws', 'warmup', 'thin', 'chains', 'seed', 'initial', 'signal', 'onProgress'];
  requireKnownOptions(where, options, where === 'sample' ? [...known, 'checkpoint'] : known);
  const {
    draws,
    warmup = draws === Infinity ? 0 : Math.floor(draws / 2),
    thin = 1,
    chains = 4,
    seed,
    initial = 'prior',
    signal,
    onProgress,
  } = options;
  if (where === 'sample' || draws !== Infinity) requireCount(where, 'draws', draws);
  requireCount(where, 'warmup', warmup, 0);
  requireCount(where, 'thin', thin);
  requireCount(where, 'chains', chains);
  requireSeed(where, seed);
  const random = randomSource(seed);
  const { dim } = algorithm.target;
  const chainRandoms = (label: string) =>
    Array.from({ length: chains }, (_, c) => random.fork(`chain ${c}`).fork(label));
  if (initial === 'prior') {
    const { prior } = algorithm;
    if (!prior)
      throw argumentError(
        where,
        `${algorithm.name} has no prior to start from, expected initial: one position per chain`,
      );
    const starts = chainRandoms('start').map((stream) => gaussianDraw(prior, stream));
    return { draws, warmup, thin, chains, starts, random, signal, onProgress };
  }
  if (!Array.isArray(initial))
    throw argumentError(where, `initial is ${show(initial)}, expected 'prior' or one position per chain`);
  requireLength(where, 'initial', initial, chains);
  initial.forEach((position, c) => {
    requireLength(where, `initial[${c}]`, position, dim);
    requireFinite(where, `initial[${c}]`, position);
  });
  return { draws, warmup, thin, chains, starts: initial, random, signal, onProgress };
}

/** All chains together. `advance` answers open requests; between calls the caller may rest, so that the event loop gets its turn. */
interface ChainPool<S> {
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
}

function chainPool<S, I>(
  where: string,
  algorithm: SamplingAlgorithm<S, I>,
  plan: Plan,
  onDraw: (draw: Draw<I>) => void,
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

  if (signal?.aborted) throw abortError(where, signal, {});
  const chains = starts.map((start, index) =>
    startChain(algorithm, {
      index,
      start,
      random: random.fork(`chain ${index}`),
      warmup,
      steps,
      from: checkpoint?.saved?.chains[index],
      keep: checkpoint !== undefined,
      onStep(chain, step, position, info) {
        if (step % thin === 0) onDraw({ chain, position, info });
      },
    }),
  );
  // Chains with an open request, longest waiting first.
  const waiting = chains.filter((chain) => chain.request);

  const answer = (batch: readonly Chain<S, I>[], answers: ArrayLike<number> | ArrayLike<Evaluation>): void => {
    if (answers.length !== batch.length) {
      throw argumentError(where, `the target answered ${answers.length} points, expected ${batch.length}`);
    }
    evaluations += batch.length;
    batch.forEach((chain, i) => {
      chain.answer(answers[i]);
      if (chain.request) waiting.push(chain);
    });
  };

  const evaluate = (points: readonly Vector[]): MaybePromise<ArrayLike<number> | ArrayLike<Evaluation>> =>
    algorithm.needs === 'values' ? algorithm.target.values(points) : algorithm.target.valuesAndGradients(points);

  const stepsDone = (): number => chains.reduce((sum, chain) => sum + chain.steps, 0);
  const stepsBefore = stepsDone();

  const reportProgress = (): void => {
    lastReport = performance.now();
    if (!onProgress) return;
    const done = stepsDone();
    const left = chains.length * steps - done;
    onProgress({
      chains: chains.map((chain) => ({
        step: chain.steps,
        of: steps,
        phase: chain.steps < warmup ? 'warmup' : 'draws',
        summary: chain.lastInfo === undefined ? '' : (algorithm.describe?.(chain.lastInfo) ?? ''),
      })),
      evaluations,
      secondsLeft: (left / Math.max(done - stepsBefore, 1)) * ((lastReport - started) / 1000),
    });
  };

  return {
    done: () => waiting.length === 0,
    advance() {
      const batch = waiting.splice(0, limit);
      const before = performance.now();
      const answers = evaluate(batch.map((chain) => chain.request!));
      if (isPromise(answers)) {
        limit = chains.length;
        return answers.then((values) => answer(batch, values));
      }
      const milliseconds = (performance.now() - before) / batch.length;
      limit = Math.min(chains.length, Math.max(1, Math.floor(5 / milliseconds)));
      return answer(batch, answers);
    },
    restIsDue: () => pause.due(),
    async rest() {
      await pause.rest();
      if (onProgress && performance.now() - lastReport > 100) reportProgress();
      if (signal?.aborted) throw abortError(where, signal, {});
    },
    reportProgress,
    steps: stepsDone,
    evaluations: () => evaluations,
    snapshots: () => chains.map((chain) => chain.snapshot),
  };
}

import { argumentError, requireOptions } from '../argument.ts';
import type { Vector } from '../density/log-density.ts';
import { isPromise } from '../density/maybe-promise.ts';
import { abortError } from '../macrotask.ts';
import { requireCheckpointOptions, storageError } from '../storage/checkpoint-store.ts';
import { requireSameRun } from '../storage/run-identity.ts';
import type { TargetProbe } from '../storage/target-identity.ts';
import type { SamplingAlgorithm } from './algorithm.ts';
import { chainPool, type Draw } from './chain-pool.ts';
import { createDraws, type Draws } from './draws.ts';
import { type SavedChains, sampleCheckpoint } from './sample-checkpoint.ts';
import { type SampleOptions, type SamplingPlan, samplingPlan } from './sampling-plan.ts';
import type { DivergentStep } from './step-totals.ts';
import { uniformStarts } from './uniform-starts.ts';

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
  let plan = samplingPlan('sample', algorithm, options);
  const { checkpoint: save, signal } = options;
  if (save) requireCheckpointOptions('sample', save);
  if (signal?.aborted) throw abortError('sample', signal, { draws: createDraws(algorithm.target.dim, [], [], [], []) });
  if (options.initial === 'uniform') plan = { ...plan, starts: await uniformStarts('sample', algorithm, plan) };
  const checkpoint =
    save &&
    (await sampleCheckpoint<S, I>(save, {
      identity: identity(algorithm, plan, options),
      target: targetOf(algorithm, plan, options),
      chains: plan.chains,
      savedState: algorithm.savedState,
    }));
  const saved = checkpoint?.saved;
  if (saved) plan = resumed(saved, plan, options);

  const positions: Vector[][] = Array.from({ length: plan.chains }, (_, c) => [...(saved?.positions[c] ?? [])]);
  const infos: I[][] = Array.from({ length: plan.chains }, (_, c) => [...(saved?.infos[c] ?? [])]);
  const divergent: DivergentStep<I>[][] = Array.from({ length: plan.chains }, (_, c) => [
    ...(saved?.divergent[c] ?? []),
  ]);
  const pool = chainPool(
    'sample',
    algorithm,
    plan,
    {
      onDraw({ chain, position, info }) {
        positions[chain].push(position);
        infos[chain].push(info);
      },
      onDivergence: (chain, step) => divergent[chain].push(step),
    },
    checkpoint,
  );
  const soFar = () => createDraws(algorithm.target.dim, positions, infos, pool.totals(), divergent);
  const store = async () => {
    try {
      const { warmup } = plan;
      const evaluations = pool.evaluations();
      const chains = pool.snapshots();
      await checkpoint?.save({ chains, positions, infos, divergent, warmup, evaluations }, pool.steps());
    } catch (error) {
      if ((error as { code?: unknown } | undefined)?.code === 'INVALID_ARGUMENT') throw error;
      throw storageError('sample', error, { draws: soFar() });
    }
  };
  try {
    await pool.start();
    while (!pool.done()) {
      const advanced = pool.advance();
      if (isPromise(advanced)) await advanced;
      if (checkpoint?.due(pool.steps())) await store();
      if (pool.restIsDue()) await pool.rest();
    }
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code !== 'ABORTED') throw error;
    await store();
    throw Object.assign(error as Error, { draws: soFar() });
  }
  await store();
  pool.reportProgress();
  return soFar();
}

/** What a checkpoint must have been made with. `draws` may grow. */
function identity<S, I>(algorithm: SamplingAlgorithm<S, I>, plan: SamplingPlan, { seed }: SampleOptions): object {
  const { name, options, prior } = algorithm;
  const { thin, chains, starts } = plan;
  return {
    algorithm: name,
    options,
    prior: prior && { mean: prior.mean, cholesky: prior.cholesky },
    seed: String(seed),
    thin,
    chains,
    initial: starts,
  };
}

function targetOf<S, I>(
  { target, prior, needs }: SamplingAlgorithm<S, I>,
  { starts }: SamplingPlan,
  { seed }: SampleOptions,
): TargetProbe {
  return { target, seed, start: starts[0], prior, gradients: needs === 'gradients' };
}

/** The plan of a run that goes on. Throws where it does not fit what is saved. */
function resumed<S, I>(saved: SavedChains<S, I>, plan: SamplingPlan, options: SampleOptions): SamplingPlan {
  if (options.warmup !== undefined) requireSameRun('sample', saved.warmup, options.warmup, 'warmup');
  const drawn = Math.max(...saved.positions.map(({ length }) => length));
  if (drawn > plan.draws) {
    throw argumentError('sample', `draws is ${plan.draws}, but the checkpoint has ${drawn}; expected at least as many`);
  }
  saved.chains.forEach((chain, c) => {
    const draws = Math.max(0, Math.floor(((chain?.steps ?? 0) - saved.warmup) / plan.thin));
    requireSameRun('sample', saved.positions[c].length, draws, `draws of chain ${c + 1}`);
  });
  return { ...plan, warmup: saved.warmup };
}

export interface SampleIteratorOptions extends Omit<SampleOptions, 'draws' | 'checkpoint'> {
  /** Draws kept per chain; without it there is no end. */
  draws?: number;
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
  let plan = samplingPlan('sampleIterator', algorithm, { draws: Infinity, ...options });
  if (options.initial === 'uniform') plan = { ...plan, starts: await uniformStarts('sampleIterator', algorithm, plan) };
  const waiting: Draw<I>[] = [];
  const pool = chainPool('sampleIterator', algorithm, plan, { onDraw: (draw) => waiting.push(draw) });
  await pool.start();
  while (!pool.done()) {
    const advanced = pool.advance();
    if (isPromise(advanced)) await advanced;
    yield* waiting.splice(0);
    if (pool.restIsDue()) await pool.rest();
  }
  pool.reportProgress();
}

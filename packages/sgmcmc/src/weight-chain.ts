import {
  type Dataset,
  ensemble,
  type Network,
  type RandomSource,
  type RandomState,
  randomSource,
  restoreRandomSource,
  sgd,
  type WeightSampler,
} from '@subspace/core';
import {
  abortError,
  aCount,
  aNumber,
  argumentError,
  aText,
  breath,
  checksum,
  everyMember,
  floats,
  isFloat32Array,
  isPromise,
  listOf,
  objectOf,
  optional,
  problemIdentity,
  requireFinite,
  requireNonNegative,
  requireVariances,
  runCheckpoint,
  type Schema,
} from '@subspace/core/internals';
import { batchGradients } from './batch-gradients.ts';
import type { StepSchedule, WeightChainOptions } from './chain-options.ts';
import type { Minibatches } from './minibatches.ts';

/** Weights that a chain has kept, in its order: at most as many as were asked for. */
export interface WeightDraws extends WeightSampler {
  readonly size: number;
  readonly members: readonly Float32Array[];
  /** Mean −log p of the rows that were seen since the draw before, of each draw. */
  readonly loss: readonly number[];
}

/** What a step has to go by. */
export interface Step {
  /** w [D], to be moved in place. */
  readonly weights: Float64Array;
  /** ∇ of the mean of −log p over the rows of the step, [D]. */
  readonly gradient: Float32Array;
  /** η. */
  readonly rate: number;
  /** Without noise it is a step of an optimiser. */
  readonly noisy: boolean;
  readonly first: boolean;
  readonly random: RandomSource;
}

/** How a chain moves. */
export interface Dynamics {
  /** What the next step needs besides the weights, [D] each: written in place. */
  readonly memory: Readonly<Record<string, Float64Array>>;
  move(step: Step): void;
}

/** A chain over the weights of a network by gradients of minibatches: what all methods have in common. */
export interface WeightChain {
  /** The public function that was called. */
  readonly where: string;
  readonly network: Network;
  readonly data: Dataset;
  readonly options: WeightChainOptions;
  /** Own options, defaults filled in, but for those that may grow: they tell one run from another. */
  readonly identity: object;
  readonly batches: Minibatches;
  readonly dynamics: Dynamics;
  /** In all. */
  readonly steps: number;
  readonly rate: StepSchedule;
  readonly noisy: (step: number) => boolean;
  /** Whether the weights are kept that so many steps have led to. */
  readonly keeps: (steps: number) => boolean;
}

/** A chain between two steps. */
interface SavedChain {
  readonly step: number;
  readonly weights: Float64Array;
  readonly memory: Readonly<Record<string, Float64Array>>;
  readonly random: RandomState;
  readonly members: readonly Float32Array[];
  readonly loss: Float64Array;
  /** Since the last draw. */
  readonly seen: { readonly loss: number; readonly rows: number };
  /** Of the first, second, fourth, eighth … step. */
  readonly rates: Float64Array;
  /** Of batch norm, in this epoch. */
  readonly statistics?: readonly Float32Array[];
}

export async function weightChain(chain: WeightChain): Promise<WeightDraws> {
  const { where, network, data, options, batches, dynamics, steps, rate, noisy, keeps } = chain;
  const { likelihood, seed, signal, onProgress } = options;
  const { layout } = network;
  await requireVariances(where, network, data, likelihood);
  const start = await network.readWeights();
  const checkpoint =
    options.checkpoint &&
    (await runCheckpoint<SavedChain>(options.checkpoint, {
      where,
      name: 'chain',
      identity: {
        ...(await problemIdentity(network, data, likelihood)),
        ...{ method: where, start: checksum([start]), seed: String(seed), batchSize: options.batchSize },
        ...{ priorStd: options.priorStd, temperature: options.temperature ?? 1 },
        ...chain.identity,
      },
      state: savedChain(layout.size, dynamics),
      done: ({ step }) => step,
    }));
  const saved = checkpoint?.saved;
  if (saved) requireSameChain(where, saved, steps, rate);

  const weights = saved?.weights.slice() ?? Float64Array.from(start);
  for (const name in saved?.memory) dynamics.memory[name].set(saved.memory[name]);
  const random = saved ? restoreRandomSource(saved.random) : randomSource(seed).fork('steps');
  const members = [...(saved?.members ?? [])];
  const losses = [...(saved?.loss ?? [])];
  let seen = saved?.seen ?? { loss: 0, rows: 0 };
  const rates = [...(saved?.rates ?? [])];
  let statistics = saved?.statistics;

  const point = new Float32Array(layout.size);
  const pause = breath();
  const started = performance.now();
  let lastReport = started;
  const first = saved?.step ?? 0;
  const save = async (step: number): Promise<void> =>
    checkpoint?.save(
      {
        ...{ step, weights, memory: dynamics.memory, random: random.state(), members, seen, statistics },
        ...{ loss: Float64Array.from(losses), rates: Float64Array.from(rates) },
      },
      step,
      { members: members.slice() },
    );
  const throwIfCancelled = async (step: number): Promise<void> => {
    if (!signal?.aborted) return;
    await save(step);
    throw abortError(where, signal, { members: members.slice() });
  };
  await throwIfCancelled(first);

  const putBack = await heldStatistics(chain);
  const gradients = batchGradients(network, data, likelihood);
  try {
    if (statistics) network.writeStatistics?.(statistics);
    for (let step = first; step < steps; step++) {
      point.set(weights);
      if (network.refreshStatistics && step % batches.stepsPerEpoch === 0) {
        statistics = await network.refreshStatistics(point, data);
        network.writeStatistics?.(statistics);
      }
      const rows = batches.rows(step);
      const asked = gradients.at(point, rows);
      const { loss, gradient } = isPromise(asked) ? await asked : asked;
      const rateNow = rate(step);
      requireNonNegative(where, `learningRate(${step})`, rateNow);
      if (!Number.isFinite(loss)) {
        throw argumentError(
          where,
          `loss is ${loss / rows.length} at step ${step}, expected a finite number. Is the learning rate ${rateNow} too large?`,
        );
      }
      for (let i = 0; i < gradient.length; i++) gradient[i] /= rows.length;
      dynamics.move({ weights, gradient, rate: rateNow, noisy: noisy(step), first: step === 0, random });

      const done = step + 1;
      seen = { loss: seen.loss + loss, rows: seen.rows + rows.length };
      if (isPowerOfTwo(done)) rates.push(rateNow);
      if (keeps(done)) {
        const member = Float32Array.from(weights);
        requireFinite(where, `weights after step ${step}: weights`, member);
        members.push(member);
        losses.push(seen.loss / seen.rows);
        seen = { loss: 0, rows: 0 };
      }
      const now = performance.now();
      if (onProgress && (done === steps || now - lastReport > 100)) {
        lastReport = now;
        const secondsLeft = ((now - started) / 1000 / (done - first)) * (steps - done);
        onProgress({ step: done, of: steps, draws: members.length, loss: loss / rows.length, secondsLeft });
      }
      if (checkpoint && (done === steps || checkpoint.due(done))) await save(done);
      if (pause.due(now)) {
        await pause.rest();
        await throwIfCancelled(done);
      }
    }
  } finally {
    gradients.dispose();
    putBack();
  }
  return { ...ensemble(members, { layout }), members, loss: losses };
}

/** What puts the network back as it was: gradients are taken at running statistics of batch norm, which are refreshed for the weights of each epoch. */
async function heldStatistics({ network, data, options }: WeightChain): Promise<() => void> {
  if (!network.refreshStatistics) return () => {};
  const trainer = network.trainer(data, options.likelihood, sgd());
  const state = await trainer.state();
  return () => {
    trainer.restore(state);
    trainer.dispose();
  };
}

/** Throws if more is done than is asked for, or at other rates. */
function requireSameChain(where: string, saved: SavedChain, steps: number, rate: StepSchedule): void {
  if (saved.step > steps) {
    throw argumentError(
      where,
      `the checkpoint has ${saved.step} steps, expected at most ${steps}, all that are asked for`,
    );
  }
  let step = 0;
  for (const before of saved.rates) {
    const now = rate(step);
    if (!Object.is(before, now)) {
      throw argumentError(
        where,
        `learningRate(${step}) is ${now}, but the checkpoint was made with ${before}; expected the same to resume`,
      );
    }
    step = 2 * step + 1;
  }
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}

function savedChain(dim: number, { memory }: Dynamics): Schema {
  const vector: Schema = (value, path) =>
    isFloat32Array(value) && value.length === dim ? undefined : `${path} is no Float32Array of length ${dim}`;
  const chain = objectOf({
    ...{ step: aCount, weights: floats(dim), random: objectOf({ kind: aText }), members: listOf(vector) },
    ...{ loss: floats(), seen: objectOf({ loss: aNumber, rows: aCount }), rates: floats() },
    memory: objectOf(Object.fromEntries(Object.keys(memory).map((name) => [name, floats(dim)]))),
    statistics: optional(listOf((value, path) => (isFloat32Array(value) ? undefined : `${path} is no Float32Array`))),
  });
  return (value, path) =>
    chain(value, path) ?? everyMember(floats(dim))((value as SavedChain).memory, `${path}.memory`);
}

import { argumentError, requireCount, requireFinite, requireKnownOptions, requireLength, show } from '../argument.ts';
import { gaussianDraw } from '../density/gaussian.ts';
import type { Vector } from '../density/log-density.ts';
import type { CancelSignal } from '../macrotask.ts';
import { type RandomSource, randomSource, requireSeed } from '../random/random-source.ts';
import type { CheckpointOptions } from '../storage/checkpoint-store.ts';
import type { SamplingAlgorithm } from './algorithm.ts';

export interface SampleOptions {
  /** Draws kept per chain. */
  draws: number;
  /** Steps before the first draw; adaptive algorithms adapt in them and never again. Default: half of `draws`. */
  warmup?: number;
  /** Keep every `thin`-th step; what the others had to tell is in the draws' `totals` and `divergent`. Default 1. */
  thin?: number;
  /** Default 4. */
  chains?: number;
  seed: number | string;
  /**
   * One start per chain; or `'prior'` (the default): independent draws of the algorithm's prior; or `'uniform'`, as Stan: uniform on (−2, 2) in every coordinate, drawn again
   * (up to 100 times) where the log density or its gradient is not finite.
   */
  initial?: readonly Vector[] | 'prior' | 'uniform';
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
    /** Of this chain, at the pace of its steps so far: chains run free, and one may be far ahead of another. */
    readonly secondsLeft: number;
  }[];
  /** Densities evaluated so far, by all chains. */
  readonly evaluations: number;
  /** Of all chains, at the pace of their steps so far. */
  readonly secondsLeft: number;
}

/** All options, defaults filled in. */
export interface SamplingPlan
  extends Required<Omit<SampleOptions, 'signal' | 'onProgress' | 'initial' | 'seed' | 'checkpoint'>> {
  readonly starts: readonly Vector[];
  readonly random: RandomSource;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: SamplingProgress) => void;
}

/** Options checked, and where each chain starts. */
export function samplingPlan<S, I>(
  where: string,
  algorithm: SamplingAlgorithm<S, I>,
  options: SampleOptions,
): SamplingPlan {
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
        `${algorithm.name} has no prior to start from, expected initial: one position per chain, or 'uniform'`,
      );
    const starts = chainRandoms('start').map((stream) => gaussianDraw(prior, stream));
    return { draws, warmup, thin, chains, starts, random, signal, onProgress };
  }
  // Looked for by `uniformStarts`, which has to ask for densities.
  if (initial === 'uniform') return { draws, warmup, thin, chains, starts: [], random, signal, onProgress };
  if (!Array.isArray(initial)) {
    throw argumentError(where, `initial is ${show(initial)}, expected 'prior', 'uniform' or one position per chain`);
  }
  requireLength(where, 'initial', initial, chains);
  initial.forEach((position, c) => {
    requireLength(where, `initial[${c}]`, position, dim);
    requireFinite(where, `initial[${c}]`, position);
  });
  return { draws, warmup, thin, chains, starts: initial, random, signal, onProgress };
}

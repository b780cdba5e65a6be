import {
  type CancelSignal,
  type CheckpointOptions,
  coordinateChains,
  type Draws,
  memoryStore,
  type SamplingAlgorithm,
  sample,
} from '@subspace/core';
import { aCount, objectOf, rHat, runCheckpoint } from '@subspace/core/internals';
import type { SamplingSettings } from './estimator-options.ts';

/** Draws, and whether the chains agree. */
export interface AgreedDraws {
  readonly draws: Draws;
  /** Of the worst coordinate; NaN of a single chain. */
  readonly rHat: number;
  readonly agreed: boolean;
}

const AGREED = 1.01;

/** Draws until R̂ < 1.01 in every coordinate, twice as many each time, up to `mostDraws` a chain. */
export async function sampleUntilAgreed(
  algorithm: SamplingAlgorithm<unknown, unknown>,
  settings: SamplingSettings,
  options: {
    readonly seed: string;
    readonly signal?: CancelSignal;
    readonly checkpoint?: CheckpointOptions;
    readonly onProgress?: (done: number, of: number) => void;
  },
): Promise<AgreedDraws> {
  const { mostDraws, warmup, chains } = settings;
  const { seed, signal, onProgress } = options;
  let checkpoint = options.checkpoint ?? { store: memoryStore() };
  // A run that was stopped goes on with as many draws as it wanted: it may have more than the first ones by then.
  const wanted = await runCheckpoint<{ readonly draws: number }>(checkpoint, {
    where: 'sample',
    name: 'wanted',
    identity: {},
    state: objectOf({ draws: aCount }),
    done: ({ draws }) => draws,
  });
  for (let count = Math.max(settings.draws, wanted.saved?.draws ?? 0); ; count = Math.min(mostDraws, 2 * count)) {
    await wanted.save({ draws: count }, count);
    const draws: Draws = await sample(algorithm, {
      draws: count,
      warmup,
      chains,
      seed,
      signal,
      checkpoint,
      onProgress: (progress) => {
        const steps = progress.chains.reduce((sum, { step }) => sum + step, 0);
        onProgress?.(
          steps,
          progress.chains.reduce((sum, { of }) => sum + of, 0),
        );
      },
    });
    const worst = worstRHat(draws);
    if (worst < AGREED || count === mostDraws) return { draws, rHat: worst, agreed: worst < AGREED };
    checkpoint = { ...checkpoint, resume: true };
  }
}

function worstRHat(draws: Draws): number {
  const each = Array.from({ length: draws.dim }, (_, k) => rHat(coordinateChains(draws, k)));
  // NaN is none: of constant coordinates, or of one chain.
  return each.some(Number.isNaN) ? Number.NaN : Math.max(...each);
}

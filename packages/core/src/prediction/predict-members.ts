import { argumentError, requireCount, requireKnownOptions, requireOptions, show } from '../argument.ts';
import { type Arrays, type Dataset, requireArrays } from '../data/dataset.ts';
import { isPromise } from '../density/maybe-promise.ts';
import type { Network } from '../engine/network.ts';
import { abortError, breath, type CancelSignal } from '../macrotask.ts';
import { randomSource, requireSeed } from '../random/random-source.ts';
import { requireWeightSampler, type WeightSampler } from './weight-sampler.ts';

/** What every prediction over weight samples takes. */
export interface PredictionOptions {
  /** How many weight samples to average over; a finite sampler gives at most as many as it has, each once. */
  samples: number;
  seed: number | string;
  /** Keep what each member says; memory grows with `samples`. Default false. */
  keepMembers?: boolean;
  /**
   * A network with batch norm needs the choice: its statistics refreshed for every weight sample from this data (as a rule the training data), or `'none'`,
   * for those that the network has, which belong to the weights it was trained to.
   */
  refresh?: { data: Dataset; fraction?: number } | 'none';
  signal?: CancelSignal;
  onProgress?: (progress: { readonly sample: number; readonly of: number }) => void;
}

const OPTIONS = ['samples', 'seed', 'keepMembers', 'refresh', 'signal', 'onProgress'];

/** Throws without a network or options, and on options that are neither those of every prediction nor its `own`. */
export function requirePrediction(
  where: string,
  network: Network,
  options: PredictionOptions,
  own: readonly string[] = [],
): void {
  requireOptions(where, 'network', network);
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, [...own, ...OPTIONS]);
}

/** The outputs of the network for each weight sample, one at a time. Memory does not grow with their number. */
export async function* predictMembers(
  where: string,
  network: Network,
  sampler: WeightSampler,
  inputs: Arrays,
  options: PredictionOptions,
  logits = false,
): AsyncGenerator<Arrays, void, undefined> {
  const { samples, seed, signal, onProgress } = options;
  const refresh = refreshOf(where, network, options);
  requireArrays(where, 'inputs', inputs);
  requireCount(where, 'samples', samples);
  requireSeed(where, seed);
  requireWeightSampler(where, sampler, network.layout);
  const pause = breath();
  const of = Math.min(samples, sampler.size ?? Infinity);
  let sample = 0;
  for (const weights of sampler.weights(samples, randomSource(seed))) {
    if (signal?.aborted) throw abortError(where, signal, {});
    const statistics =
      refresh && (await network.refreshStatistics?.(weights, refresh.data, { fraction: refresh.fraction }));
    const outputs = network.predict(inputs, { weights, statistics, logits });
    yield isPromise(outputs) ? await outputs : outputs;
    onProgress?.({ sample: ++sample, of });
    if (pause.due()) await pause.rest();
  }
}

/** What batch-norm statistics are refreshed from, if they are. Throws where the choice is left open. */
function refreshOf(where: string, network: Network, { refresh }: PredictionOptions) {
  if (refresh === undefined && network.refreshStatistics) {
    throw argumentError(
      where,
      "refresh is undefined, but the network has batch norm: expected { data, fraction? }, to refresh its statistics for every weight sample, or 'none'",
    );
  }
  if (refresh === undefined || refresh === 'none') return undefined;
  if (typeof refresh !== 'object' || refresh === null) {
    throw argumentError(where, `refresh is ${show(refresh)}, expected { data, fraction? } or 'none'`);
  }
  requireKnownOptions(where, refresh, ['data', 'fraction']);
  requireOptions(where, 'refresh.data', refresh.data);
  return refresh;
}

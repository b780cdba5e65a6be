import type { BatchNormStatistics, Network } from '@subspace/core';
import { argumentError, requireKnownOptions, requireOptions } from '@subspace/core/internals';
import { isStatistic, matchNames, type NameMap, type WeightMatch } from './match-names.ts';
import type { StateDict } from './state-dict.ts';
import { fromTorch, orderOf } from './tensor-layout.ts';

export interface LoadStateDictOptions {
  /** Tensors for entries whose names and shapes do not tell: `{ 'dense/kernel': 'fc.weight' }`, or a function. */
  readonly map?: NameMap;
  /** Whether entries or tensors that are left over are an error. Default true; else the report says which. */
  readonly strict?: boolean;
}

/** What went where. */
export interface LoadReport {
  readonly matched: readonly WeightMatch[];
  /** Entries of the network that keep what they have. */
  readonly missing: readonly string[];
  /** Tensors that went nowhere. */
  readonly unused: readonly string[];
  /** The network's weights now, flat [D]. */
  readonly weights: Float32Array;
  /** Running mean and variance of each batch norm, in the order of the state dict; empty without. */
  readonly statistics: BatchNormStatistics;
}

/**
 * Puts the weights of a PyTorch model into a network: axes are put in the engine's order (dense kernels and convolutions for TensorFlow.js), batch-norm
 * statistics are written where the network has them.
 *
 * Each entry of `network.layout` is looked for in three ways: by `map`; by name, where layer and module are called alike; and of the rest by shape, in the
 * order of both, weights to weights and biases to biases. Read `matched` where names differ: two layers of one shape are told apart by their order alone.
 *
 * @throws where an entry or a tensor is left over, with both lists, unless `strict` is false; where a shape does not fit
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 * import { loadStateDict, type TorchTensor } from '@subspace/torch';
 *
 * const tensor = (shape: readonly number[], ...values: number[]): TorchTensor => ({ kind: 'tensor', type: 'float32', shape, data: Float32Array.from(values) });
 * const linear = new Map([['fc.weight', tensor([1, 2], 3, 4)], ['fc.bias', tensor([1], 5)]]);
 *
 * const network = denseNetwork({ sizes: [2, 1], seed: 1 });
 * const { matched } = await loadStateDict(network, linear);
 * matched.map(({ entry, tensor }) => [entry, tensor]);
 * network.predict({ data: Float32Array.of(1, 1), shape: [1, 2] }); // { data: Float32Array [12], shape: [1, 1] }
 * network.dispose();
 * ```
 */
export async function loadStateDict(
  network: Network,
  dict: StateDict,
  options: LoadStateDictOptions = {},
): Promise<LoadReport> {
  const where = 'loadStateDict';
  requireOptions(where, 'network', network);
  requireOptions(where, 'dict', dict);
  requireKnownOptions(where, options, ['map', 'strict']);
  const { layout } = network;
  const matched = matchNames(where, layout, dict, options.map);
  const taken = new Map(matched.map((match) => [match.entry, match.tensor]));
  const missing = layout.entries.filter(({ name }) => !taken.has(name)).map(({ name }) => name);
  const statistics = statisticsOf(dict);
  const used = new Set(taken.values());
  const unused = [...dict.keys()].filter(
    (name) =>
      !used.has(name) && !(isStatistic(name) && (network.writeStatistics || name.endsWith('num_batches_tracked'))),
  );
  if ((options.strict ?? true) && missing.length + unused.length > 0) {
    const list = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : 'none');
    throw argumentError(
      where,
      `the state dict does not fit the network; left over in the network: ${list(missing)}; in the state dict: ${list(unused)}. ` +
        'Say what goes where by `map`, or `strict: false` to leave them',
    );
  }
  const weights = Float32Array.from(await network.readWeights());
  for (const { name, shape, offset } of layout.entries) {
    const tensor = taken.get(name);
    if (tensor !== undefined) weights.set(fromTorch(dict.get(tensor)!, shape, orderOf(name, shape.length)), offset);
  }
  network.writeWeights(weights);
  if (statistics.length > 0) network.writeStatistics?.(statistics);
  return { matched, missing, unused, weights, statistics };
}

/** Running mean and variance of each module that has them, in order. */
function statisticsOf(dict: StateDict): Float32Array[] {
  const found: Float32Array[] = [];
  for (const [name, { data }] of dict) {
    if (!name.endsWith('running_mean')) continue;
    const variance = dict.get(`${name.slice(0, -'running_mean'.length)}running_var`);
    if (!variance) throw argumentError('loadStateDict', `${name} has no running_var beside it, expected both`);
    found.push(Float32Array.from(data as Float32Array), Float32Array.from(variance.data as Float32Array));
  }
  return found;
}

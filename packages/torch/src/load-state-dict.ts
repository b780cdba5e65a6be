import type { BatchNormStatistics, Network } from '@subspace/core';
import { argumentError, requireKnownOptions, requireOptions } from '@subspace/core/internals';
import { batchNormModules, statisticsOf } from './batch-norm-modules.ts';
import { requireOtherKind } from './checkpoint-kind.ts';
import type { WeightMatch } from './match-names.ts';
import type { StateDict } from './state-dict.ts';
import { type MatchOptions, requireNothingLeft, stateDictWeights } from './state-dict-weights.ts';

export interface LoadStateDictOptions extends MatchOptions {
  /** Whether entries or tensors that are left over are an error. Default true; else the report says which. */
  readonly strict?: boolean;
}

/** What went where. */
export interface LoadReport {
  readonly matched: readonly WeightMatch[];
  /** Entries of the network that keep what they have; `'batch-norm statistics'` where it has them and the state dict has none. */
  readonly missing: readonly string[];
  /** Tensors that went nowhere. */
  readonly unused: readonly string[];
  /** Dense kernels whose inputs were put in the order in which TensorFlow.js flattens images, and their channels. */
  readonly flattened: Readonly<Record<string, number>>;
  /** The network's weights now, flat [D]. */
  readonly weights: Float32Array;
  /** Modules with running statistics, in the order of the network's layers. */
  readonly batchNorms: readonly string[];
  /** Running mean and variance of each of them. */
  readonly statistics: BatchNormStatistics;
}

/**
 * Puts the weights of a PyTorch model into a network: axes are put in the engine's order (dense kernels and convolutions for TensorFlow.js, the inputs of a dense
 * layer behind a flatten), batch-norm statistics are written where the network has them.
 *
 * Each entry of `network.layout` is looked for in three ways: by `map`; by name, where layer and module are called alike (`fc1/kernel`, `fc1.weight`); and of the
 * rest by shape, in the order of both. Read `matched` where names differ: two layers of one shape are told apart `by: 'order'` alone.
 *
 * Only weights are compared. What else a network is has to be the same: activations; the ε of batch norms (1e-5 in PyTorch, 1e-3 in TensorFlow.js unless told
 * otherwise); padding (a convolution of stride 2 that pads 1 on each side is no `padding: 'same'`: pad by a layer of its own).
 *
 * LSTM, GRU and RNN modules are not mapped. Outputs of a dense layer that are reshaped to images (a decoder's) are not put in TensorFlow's order of them.
 *
 * @param dict of `stateDict`, or the tensors of `readSafetensors`
 * @throws where an entry or a tensor is left over, with both lists, unless `strict` is false; where a shape that `map` gives does not fit; on numbers that are not
 * finite; on moments of SWAG and on curves, naming the function for them. The network is then as it was
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 * import { loadStateDict } from '@subspace/torch';
 *
 * // stateDict(await readTorchCheckpoint(source)) of nn.Linear(2, 1).
 * const dict = new Map([
 *   ['fc.weight', { data: Float32Array.of(1, 2), shape: [1, 2] }],
 *   ['fc.bias', { data: Float32Array.of(3), shape: [1] }],
 * ]);
 * const network = denseNetwork({ sizes: [2, 1] });
 * const { matched, weights } = await loadStateDict(network, dict);
 * matched[0]; // { entry: 'linear0.weight', tensor: 'fc.weight', by: 'shape' }
 * weights; // Float32Array [1, 2, 3]
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
  if (Object.prototype.toString.call(dict) !== '[object Map]')
    throw argumentError(
      where,
      'dict is no Map, expected tensors by name: stateDict(await readTorchCheckpoint(source))',
    );
  requireKnownOptions(where, options, ['map', 'flatten', 'strict']);
  requireOtherKind(where, dict);
  const way = stateDictWeights(where, network.layout, dict, options);
  const { matched } = way;
  const batchNorms = batchNormModules(where, dict, matched);
  const statistics = statisticsOf(where, dict, batchNorms);
  const normalises = network.writeStatistics !== undefined;
  const missing = [...way.missing, ...(normalises && batchNorms.length === 0 ? ['batch-norm statistics'] : [])];
  const unused = [...way.unused, ...(normalises ? [] : batchNorms.map((module) => joined(module, 'running_mean')))];
  if (options.strict ?? true) requireNothingLeft(where, missing, unused);
  const weights = way.into(Float32Array.from(await network.readWeights()), dict);
  if (statistics.length > 0) network.writeStatistics?.(statistics);
  network.writeWeights(weights);
  return { matched, missing, unused, flattened: Object.fromEntries(way.flattened), weights, batchNorms, statistics };
}

const joined = (module: string, part: string): string => (module ? `${module}.${part}` : part);

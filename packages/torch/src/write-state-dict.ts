import { type BatchNormStatistics, type Network, type SafetensorsTensor, writeSafetensors } from '@subspace/core';
import {
  argumentError,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireOptions,
} from '@subspace/core/internals';
import { type FlattenShapes, flattenedChannels } from './flattened-inputs.ts';
import type { LoadReport } from './load-state-dict.ts';
import { moduleOf, roleOf } from './match-names.ts';
import { orderOf, partOf, toTorch } from './tensor-layout.ts';
import { sizeOf } from './torch-tensor.ts';

export interface WriteStateDictOptions {
  /** Weights [D] to write, a member of a posterior; the network's own by default. */
  readonly weights?: Float32Array;
  /** What `loadStateDict` said of the model that the network was loaded from: its names, batch norms and flattened inputs are used again. */
  readonly like?: LoadReport;
  /** PyTorch's name of each entry, where it is neither that of `like` nor the layout's: `fc.weight` for `fc/kernel`. */
  readonly names?: Readonly<Record<string, string>> | ((entry: string) => string | undefined);
  /**
   * Running mean and variance of each batch norm, as `network.refreshStatistics` gives them for these weights; those of `like` by default. Without `like` they go to the
   * modules that γ and β go to.
   */
  readonly statistics?: BatchNormStatistics;
  /** Shapes before a flatten, as of `loadStateDict`; without `like`. */
  readonly flatten?: FlattenShapes;
}

/**
 * The weights of a network as a `.safetensors` file that a PyTorch model loads:
 *
 * ```python
 * from safetensors.torch import load_file
 * model.load_state_dict(load_file('model.safetensors'))
 * ```
 *
 * Axes are in PyTorch's order. Write one file for each member of a posterior, and average what the model predicts with them.
 *
 * @returns bytes of the file
 * @throws on weights that are not [D] finite numbers, on names that are not the layout's, on two tensors of one name, and on statistics of more or fewer batch norms
 * than there are, or none
 * @example
 * ```ts
 * import { readSafetensors } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { writeStateDict } from '@subspace/torch';
 *
 * const network = denseNetwork({ sizes: [2, 1] });
 * const names = { 'linear0.weight': 'fc.weight', 'linear0.bias': 'fc.bias' };
 * const bytes = await writeStateDict(network, { weights: Float32Array.of(1, 2, 3), names });
 * readSafetensors(bytes).tensors.get('fc.weight'); // { data: Float32Array [1, 2], shape: [1, 2] }
 * network.dispose();
 * ```
 */
export async function writeStateDict(network: Network, options: WriteStateDictOptions = {}): Promise<Uint8Array> {
  const where = 'writeStateDict';
  requireOptions(where, 'network', network);
  requireKnownOptions(where, options, ['weights', 'like', 'names', 'statistics', 'flatten']);
  const { like, names, flatten } = options;
  if (like && flatten) throw argumentError(where, 'flatten is given beside like, which has it, expected one of them');
  if (network.writeStatistics && !like && !options.statistics) {
    throw argumentError(
      where,
      'statistics are missing, expected them of a network with batch norm: await network.refreshStatistics(weights, data)',
    );
  }
  const { layout } = network;
  const weights = options.weights ?? (await network.readWeights());
  requireLength(where, 'weights', weights, layout.size);
  requireFinite(where, 'weights', weights);
  const namedLike = new Map(like?.matched.map(({ entry, tensor }) => [entry, tensor]));
  const named = (entry: string) =>
    typeof names === 'function' ? names(entry) : names && Object.hasOwn(names, entry) ? names[entry] : undefined;
  if (typeof names === 'object') requireEntries(where, names, layout);
  const flattened = like ? new Map(Object.entries(like.flattened)) : flattenedChannels(where, layout, flatten);

  // A map, as a name may be `__proto__`.
  const tensors = new Map<string, SafetensorsTensor>();
  const add = (name: string, tensor: SafetensorsTensor) => {
    if (tensors.has(name))
      throw argumentError(where, `two tensors have the name ${JSON.stringify(name)}, expected names that differ`);
    tensors.set(name, tensor);
  };
  const normalised = new Set<string>();
  for (const { name, shape, offset } of layout.entries) {
    const order = orderOf(name, shape, flattened.get(name));
    const values = weights.slice(offset, offset + sizeOf(shape));
    const torchName = named(name) ?? namedLike.get(name) ?? torchNameOf(name);
    if (/^(gamma|beta)$/.test(partOf(name))) normalised.add(moduleOf(torchName));
    add(torchName, { data: toTorch(values, order), shape: order.shape });
  }
  const modules = like?.batchNorms ?? (options.statistics ? [...normalised] : []);
  const statistics = options.statistics ?? like?.statistics ?? [];
  if (statistics.length !== 2 * modules.length) {
    throw argumentError(
      where,
      `statistics have ${statistics.length} arrays, expected ${2 * modules.length}: two for each batch norm`,
    );
  }
  modules.forEach((module, i) => {
    for (const [part, data] of [
      ['running_mean', statistics[2 * i]],
      ['running_var', statistics[2 * i + 1]],
    ] as const)
      add(module ? `${module}.${part}` : part, { data, shape: [data.length] });
  });
  return writeSafetensors(Object.fromEntries(tensors));
}

/** `fc.weight` for TensorFlow's `fc/kernel`; of others the name itself. */
function torchNameOf(entry: string): string {
  const cut = entry.lastIndexOf('/');
  if (cut < 0) return entry;
  const role = roleOf(partOf(entry));
  return `${entry.slice(0, cut).replaceAll('/', '.')}.${role}`;
}

function requireEntries(where: string, names: object, { entries }: Network['layout']): void {
  const unknown = Object.keys(names).find((name) => !entries.some((entry) => entry.name === name));
  if (unknown !== undefined)
    throw argumentError(where, `names has ${JSON.stringify(unknown)}, expected names of the network's layout`);
}

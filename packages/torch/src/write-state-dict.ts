import { type Network, type SafetensorsTensor, writeSafetensors } from '@subspace/core';
import { argumentError, requireKnownOptions, requireLength, requireOptions } from '@subspace/core/internals';
import { orderOf, torchShape, toTorch } from './tensor-layout.ts';

export interface WriteStateDictOptions {
  /** Weights [D] to write; the network's own by default. */
  readonly weights?: Float32Array;
  /** PyTorch's name of each entry, where it is not the layout's. */
  readonly names?: Readonly<Record<string, string>> | ((entry: string) => string);
}

/**
 * The weights of a network as a `.safetensors` file that a PyTorch model loads:
 *
 * ```python
 * from safetensors.torch import load_file
 * model.load_state_dict(load_file('model.safetensors'))
 * ```
 *
 * Axes are in PyTorch's order. Write one file for each member of a posterior to predict with it in Python.
 *
 * @throws on names that are not the layout's, or two tensors of one name
 * @example
 * ```ts
 * import { readSafetensors } from '@subspace/core';
 * import { denseNetwork } from '@subspace/dense';
 * import { writeStateDict } from '@subspace/torch';
 *
 * const network = denseNetwork({ sizes: [2, 1], seed: 1 });
 * const bytes = await writeStateDict(network, { weights: Float32Array.of(3, 4, 5) });
 * readSafetensors(bytes).tensors; // by the layout's names, in PyTorch's shapes
 * network.dispose();
 * ```
 */
export async function writeStateDict(network: Network, options: WriteStateDictOptions = {}): Promise<Uint8Array> {
  const where = 'writeStateDict';
  requireOptions(where, 'network', network);
  requireKnownOptions(where, options, ['weights', 'names']);
  const { layout } = network;
  const weights = options.weights ?? (await network.readWeights());
  requireLength(where, 'weights', weights, layout.size);
  const { names } = options;
  const tensors: Record<string, SafetensorsTensor> = Object.create(null);
  for (const { name, shape, offset } of layout.entries) {
    const order = orderOf(name, shape.length);
    const there = torchShape(shape, order);
    const size = shape.reduce((product, length) => product * length, 1);
    const torchName =
      typeof names === 'function'
        ? names(name)
        : ((names && Object.hasOwn(names, name) ? names[name] : undefined) ?? name);
    if (torchName in tensors)
      throw argumentError(where, `names has ${JSON.stringify(torchName)} twice, expected one for each entry`);
    tensors[torchName] = { data: toTorch(weights.slice(offset, offset + size), shape, order), shape: there };
  }
  return writeSafetensors(tensors);
}

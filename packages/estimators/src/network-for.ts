import type { Dataset, MaybePromise, Network } from '@subspace/core';
import { argumentError, gatherRows, show } from '@subspace/core/internals';
import type { NetworkShape } from './estimator-options.ts';
import type { InputTransform } from './input-transform.ts';

/** What networks are made for, of rows that are transformed so. */
export function networkShape(
  { shape, standardization }: InputTransform,
  outputs: number,
  seed: number | string,
): NetworkShape {
  return { inputs: standardization.mean.length, inputShape: shape, outputs, seed };
}

/** A network of the caller's. Throws unless it is one, without batch norm, whose statistics no draw of weights has. */
export async function networkFor(
  where: string,
  make: (shape: NetworkShape) => MaybePromise<Network>,
  shape: NetworkShape,
): Promise<Network> {
  const network = await make(shape);
  if (typeof network?.predict !== 'function' || network.layout === undefined) {
    throw argumentError(
      where,
      `network made ${show(network)}, expected a network: denseNetwork(…) or layersNetwork(…)`,
    );
  }
  if (network.refreshStatistics) {
    network.dispose();
    throw argumentError(where, 'network has batch norm, expected one without: compose the parts by hand for it');
  }
  return network;
}

/** How many numbers the network gives for a row. */
export async function outputWidth(network: Network, { arrays }: Dataset): Promise<number> {
  const { data } = await network.predict(gatherRows(arrays!.inputs, [0]), { logits: true });
  return data.length;
}

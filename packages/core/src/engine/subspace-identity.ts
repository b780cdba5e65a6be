import type { Dataset } from '../data/dataset.ts';
import { type MaybePromise, whenReady } from '../density/maybe-promise.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';
import { checksum } from '../storage/checksum.ts';
import { dataIdentity, plainMembers } from '../storage/run-identity.ts';
import { mapIdentity } from '../weights/map-identity.ts';
import type { Subspace } from '../weights/subspace.ts';
import { isSubspace, type WeightMap } from '../weights/weight-map.ts';
import type { BatchNormPolicy, Network } from './network.ts';

export interface SubspaceIdentityParts {
  readonly network: Network;
  readonly subspace: Subspace | WeightMap;
  readonly data: Dataset;
  readonly likelihood: Likelihood;
  /** Of a network whose value depends on it. */
  readonly batchNorm?: { readonly policy: BatchNormPolicy; readonly batchSize: number };
}

/**
 * What tells one subspace likelihood from another, for the `identity` of an engine's.
 *
 * @returns undefined where nothing can: a likelihood of the user's own is a function, and data may not be in memory
 */
export function subspaceIdentity(parts: SubspaceIdentityParts): MaybePromise<object | undefined> {
  const { network, subspace, data, likelihood, batchNorm } = parts;
  if (!network.identity || !data.arrays || likelihood.kind === 'custom') return undefined;
  return whenReady(network.identity(data), (known) => ({
    network: known,
    ...(isSubspace(subspace)
      ? {
          subspace: {
            shift: checksum([subspace.shift]),
            basis: checksum(subspace.basis),
            directions: subspace.basis.length,
          },
        }
      : { map: mapIdentity(subspace) }),
    data: dataIdentity(data),
    likelihood: plainMembers(likelihood),
    batchNorm,
  }));
}

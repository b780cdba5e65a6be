import type { CancelSignal, Collector, Network } from '@subspace/core';
import { abortError, argumentError, requireKnownOptions, requireOptions } from '@subspace/core/internals';
import type { ByteSource } from './async-buffer.ts';
import { requireOtherKind } from './checkpoint-kind.ts';
import { type ReadTorchOptions, readTorchCheckpoint } from './read-torch-checkpoint.ts';
import { weightsIn } from './state-dict.ts';
import { type MatchOptions, requireNothingLeft, stateDictWeights } from './state-dict-weights.ts';

export interface CollectCheckpointsOptions extends MatchOptions, ReadTorchOptions {
  /** Where in the files the weights lie, if under none of the usual names. */
  readonly key?: string;
  readonly signal?: CancelSignal;
  /** After each file, with how many there were. */
  readonly onProgress?: (progress: { readonly collected: number }) => void;
}

/**
 * Takes the files of a training run, one an epoch, into moments (`swagMoments`, `frequentDirectionsSubspace` of @subspace/swag): one after another, so that one is
 * held at a time.
 *
 * Each file has the weights of one model, as `loadStateDict` reads them; the network's own weights stay as they are. Batch-norm statistics are left: they are
 * refreshed for the weights to predict with.
 *
 * @param files in the order of training: bytes, Blobs, or `fileBuffers(paths)` of @subspace/torch/node, which opens each when it is its turn
 * @param into what collects: its layout is the network's
 * @returns how many files there were
 * @throws where a file is not read or does not fit, naming its place in the list, from 0; what was collected before stays
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 * import { swagMoments } from '@subspace/swag';
 * import { collectCheckpoints } from '@subspace/torch';
 *
 * const files: Uint8Array[] = []; // fileBuffers(['epoch-81.pt', …]) of @subspace/torch/node
 * const network = denseNetwork({ sizes: [2, 10, 1] });
 * const moments = swagMoments(network.layout, { rank: 10 });
 * await collectCheckpoints(network, files, moments); // 0
 * network.dispose();
 * ```
 */
export async function collectCheckpoints(
  network: Network,
  files: Iterable<ByteSource> | AsyncIterable<ByteSource>,
  into: Pick<Collector, 'collect'>,
  options: CollectCheckpointsOptions = {},
): Promise<number> {
  const name = 'collectCheckpoints';
  requireOptions(name, 'network', network);
  requireOptions(name, 'files', files);
  requireOptions(name, 'into', into);
  requireKnownOptions(name, options, ['map', 'flatten', 'limits', 'checksums', 'key', 'signal', 'onProgress']);
  const { map, flatten, limits, checksums, key, signal, onProgress } = options;
  let collected = 0;
  for await (const file of files) {
    if (signal?.aborted) throw abortError(name, signal, { collected });
    const where = `${name}: file ${collected}`;
    const object = await readTorchCheckpoint(file, { limits, checksums }).catch((error) => {
      throw error?.code === 'INVALID_ARGUMENT' ? argumentError(where, error.message) : error;
    });
    const dict = weightsIn(where, object, key);
    requireOtherKind(where, dict);
    const way = stateDictWeights(where, network.layout, dict, { map, flatten });
    requireNothingLeft(where, way.missing, way.unused);
    into.collect(way.into(new Float32Array(network.layout.size), dict));
    collected++;
    onProgress?.({ collected });
  }
  return collected;
}

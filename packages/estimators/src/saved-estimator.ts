import { type CheckpointStore, type Collector, type LoadPosteriorOptions, loadPosterior } from '@subspace/core';
import { argumentError, requireKnownOptions, requireSameLayout, show } from '@subspace/core/internals';
import type { SubspaceEstimatorOptions } from './estimator-options.ts';
import { loadedTransform } from './input-transform.ts';
import { networkFor, networkShape } from './network-for.ts';
import type { PredictorParts } from './predictor-parts.ts';

/** `network`: the function that the estimator was made with; `maps` for subspaces that are no affine ones, as `loadPosterior` takes them. */
export type LoadEstimatorOptions = Pick<SubspaceEstimatorOptions<Collector>, 'network'> & LoadPosteriorOptions;

/**
 * An estimator as its `save` wrote it.
 *
 * @param kind that `save` wrote
 * @param outputs of the network that it is for, by what only estimators of this kind have saved
 * @throws if the store has none of this kind, or the network has other weights
 */
export async function loadEstimator<Own>(
  where: string,
  kind: string,
  store: CheckpointStore,
  options: LoadEstimatorOptions,
  outputs: (own: Own) => number,
): Promise<PredictorParts & Own> {
  requireKnownOptions(where, options, ['network', 'maps']);
  const {
    network: saved,
    inputTransform: savedInputs,
    ...file
  } = await loadPosterior(store, { maps: options.maps ?? {} });
  const { kind: found, ...settings } = (saved ?? {}) as Pick<PredictorParts, 'samples' | 'seed' | 'report'> & {
    readonly kind?: string;
  };
  if (found !== kind) {
    throw argumentError(
      where,
      `the store has ${show(found ?? 'a posterior')}, expected ${show(kind)} as its save wrote it`,
    );
  }
  const estimator = { ...settings, ...file, inputTransform: loadedTransform(savedInputs) } as Omit<
    PredictorParts,
    'network'
  > &
    Own;
  const { inputTransform, seed, subspace } = estimator;
  const network = await networkFor(where, options.network, networkShape(inputTransform, outputs(estimator), seed));
  try {
    requireSameLayout(where, 'network', network.layout, subspace.layout);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return { ...estimator, network };
}

import type { CancelSignal, Dataset, Likelihood, Network } from '@subspace/core';
import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireLikelihood,
  requireOptions,
} from '@subspace/core/internals';
import { type ChosenWeights, chosenWeights, type Layers } from './chosen-weights.ts';

/** What every curvature of a network takes. */
export interface CurvatureOptions {
  /** How outputs are read: with derivatives, so no custom one. */
  readonly likelihood: Likelihood;
  /** `'last'`, or names of layers (`'linear0'`) or tensors (`'linear0.weight'`); default all weights. */
  readonly layers?: Layers;
  /** Rows at a time: memory only, never the value. Default 1024. */
  readonly batchSize?: number;
  readonly signal?: CancelSignal;
}

/** The arguments of a curvature, checked. */
export interface CurvatureProblem {
  readonly where: string;
  readonly network: Network;
  /** Flat [D]. */
  readonly weights: Float32Array;
  readonly data: Dataset;
  readonly likelihood: Likelihood;
  readonly chosen: ChosenWeights;
  readonly batchSize: number;
  readonly signal: CancelSignal | undefined;
}

const OPTIONS = ['likelihood', 'layers', 'batchSize', 'signal'];

/** @param own names of the options that a function has besides those of every curvature */
export function curvatureProblem(
  where: string,
  network: Network,
  weights: Float32Array,
  data: Dataset,
  options: CurvatureOptions,
  own: readonly string[],
): CurvatureProblem {
  requireOptions(where, 'network', network);
  requireOptions(where, 'data', data);
  requireCount(where, 'data.size', data.size);
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, [...OPTIONS, ...own]);
  const { likelihood, layers, batchSize = 1024, signal } = options;
  requireWeightsOf(where, network, weights);
  requireCurved(where, likelihood);
  requireCount(where, 'batchSize', batchSize);
  const chosen = chosenWeights(where, network.layout, layers);
  return { where, network, weights, data, likelihood, chosen, batchSize, signal };
}

export function requireWeightsOf(where: string, { layout }: Network, weights: Float32Array): void {
  requireOptions(where, 'weights', weights);
  requireLength(where, 'weights', weights, layout.size);
  requireFinite(where, 'weights', weights);
}

function requireCurved(where: string, likelihood: Likelihood): void {
  requireLikelihood(where, likelihood);
  if (likelihood.kind !== 'custom') return;
  throw argumentError(
    where,
    'likelihood is a custom one, expected one with derivatives: gaussian, heteroscedastic-gaussian, categorical or binary',
  );
}

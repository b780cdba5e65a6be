export { covarianceSubspace } from './covariance-subspace.ts';
export {
  type FrequentDirections,
  type FrequentDirectionsOptions,
  type FrequentDirectionsState,
  frequentDirectionsSubspace,
} from './frequent-directions-subspace.ts';
export { multiSwag } from './multi-swag.ts';
export { type PcaSubspaceOptions, pcaSubspace } from './pca-subspace.ts';
export { type RandomSubspaceOptions, randomSubspace } from './random-subspace.ts';
export { type SwagDistribution, type SwagOptions, swa, swag } from './swag.ts';
export {
  type SwagMoments,
  type SwagMomentsOptions,
  type SwagState,
  swagMoments,
  type WeightMoments,
} from './swag-moments.ts';

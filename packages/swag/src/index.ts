export { type PcaSubspaceOptions, pcaSubspace } from './pca-subspace.ts';
export { type RandomSubspaceOptions, randomSubspace } from './random-subspace.ts';
export { type SwagOptions, swa, swag } from './swag.ts';
export {
  type SwagMoments,
  type SwagMomentsOptions,
  type SwagState,
  swagMoments,
  type WeightMoments,
} from './swag-moments.ts';

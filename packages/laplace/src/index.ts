export { type AdapterSubspaceOptions, adapterSubspace } from './adapter-subspace.ts';
export type { ChosenTensor, ChosenWeights, Layers } from './chosen-weights.ts';
export type { CenteredGaussian } from './curvature.ts';
export type { CurvatureOptions } from './curvature-options.ts';
export type { ProductQuality } from './hessian.ts';
export {
  type Eigenpairs,
  type HessianEigenvalues,
  type HessianEigenvaluesOptions,
  hessianEigenvalues,
  type MatrixOptions,
} from './hessian-eigenvalues.ts';
export { type HessianTrace, type HessianTraceOptions, hessianTrace } from './hessian-trace.ts';
export { inducedPrior } from './induced-prior.ts';
export {
  type CurvatureStructure,
  type LaplaceApproximation,
  type LaplaceOptions,
  laplaceApproximation,
} from './laplace-approximation.ts';
export { type LaplaceSubspace, type LaplaceSubspaceOptions, laplaceSubspace } from './laplace-subspace.ts';
export { type LinearizedClassification, linearizedClassification } from './linearized-classification.ts';
export { linearizedRegression } from './linearized-regression.ts';
export { maximumLikelihoodNoise } from './maximum-likelihood-noise.ts';
export type { LinearizedOptions } from './output-variances.ts';
export { type SpectralDensity, type SpectralDensityOptions, spectralDensity } from './spectral-density.ts';
export { type SubsetSubspaceOptions, subsetSubspace } from './subset-subspace.ts';
export { type TraceCriterion, type TraceCriterionOptions, traceCriterion } from './trace-criterion.ts';

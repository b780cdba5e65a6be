export {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireNonNegative,
  requirePositive,
} from './argument.ts';
export {
  type Arrays,
  arraysDataset,
  type Dataset,
  gatherRows,
  type NumericArray,
  requireArrays,
} from './data/dataset.ts';
export {
  type Gaussian,
  gaussianDraw,
  gaussianLogDensity,
  gaussianLogDensityGradient,
  gaussianPrecision,
  isotropicGaussian,
  requireGaussian,
} from './density/gaussian.ts';
export {
  type CurvedLogDensity,
  type DifferentiableLogDensity,
  type Disposable,
  type Evaluation,
  type LogDensity,
  logDensity,
  type Vector,
} from './density/log-density.ts';
export type { MaybePromise } from './density/maybe-promise.ts';
export { type Posterior, type PosteriorOptions, posterior } from './density/posterior.ts';
export type {
  BatchNormPolicy,
  BatchNormStatistics,
  Network,
  PredictOptions,
  SubspaceLikelihood,
  SubspaceLikelihoodOptions,
  Trainer,
  TrainerOptions,
  TrainerState,
} from './engine/network.ts';
export { type SubspacePosteriorOptions, subspacePosterior } from './engine/subspace-posterior.ts';
export { categoricalLikelihood, logSumExp } from './likelihood/categorical.ts';
export { gaussianLikelihood } from './likelihood/gaussian.ts';
export { heteroscedasticGaussianLikelihood } from './likelihood/heteroscedastic-gaussian.ts';
export type { Likelihood } from './likelihood/likelihood.ts';
export type { CoordinateSampler, WeightSampler } from './prediction/weight-sampler.ts';
export { permutation } from './random/permutation.ts';
export {
  type RandomSource,
  type RandomState,
  randomSource,
  requireSeed,
  restoreRandomSource,
} from './random/random-source.ts';
export type { Algorithm, GradientAlgorithm, SamplingAlgorithm, ValueAlgorithm } from './sampling/algorithm.ts';
export type { Collector } from './training/collector.ts';
export { type AdamOptions, adam, type Optimizer, type SgdOptions, sgd } from './training/optimizer.ts';
export { requireSameLayout, type WeightLayout, weightLayout } from './weights/layout.ts';
export { type Subspace, subspace, toWeights } from './weights/subspace.ts';

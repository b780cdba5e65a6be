export { type Arrays, arraysDataset, type Dataset, type NumericArray } from './data/dataset.ts';
export type { FloatArrays } from './data/float-arrays.ts';
export type { RawArrays } from './data/raw-arrays.ts';
export {
  type PredictedMoments,
  type Standardization,
  type StandardizeOptions,
  standardization,
  standardize,
} from './data/standardize.ts';
export { type Constraints, constrained, type Parameter } from './density/constrained.ts';
export type { CoordinateSampler } from './density/coordinate-sampler.ts';
export {
  type Gaussian,
  gaussianCovariance,
  gaussianDraw,
  gaussianLogDensity,
  gaussianLogDensityGradient,
  gaussianPrecision,
  isotropicGaussian,
} from './density/gaussian.ts';
export {
  type CurvedLogDensity,
  type DataLogDensity,
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
  JacobianOptions,
  KroneckerFactors,
  Network,
  NetworkJacobian,
  PredictOptions,
  SubspaceLikelihood,
  SubspaceLikelihoodOptions,
  Trainer,
  TrainerOptions,
  TrainerState,
  WeightLikelihood,
} from './engine/network.ts';
export { type AdamOptions, adam, type Optimizer, type SgdOptions, sgd } from './engine/optimizer.ts';
export { type SubspacePosteriorOptions, subspacePosterior } from './engine/subspace-posterior.ts';
export { type WeightPosteriorOptions, weightPosterior } from './engine/weight-posterior.ts';
export { binaryLikelihood } from './likelihood/binary.ts';
export { categoricalLikelihood } from './likelihood/categorical.ts';
export { gaussianLikelihood } from './likelihood/gaussian.ts';
export { heteroscedasticGaussianLikelihood } from './likelihood/heteroscedastic-gaussian.ts';
export type { Likelihood } from './likelihood/likelihood.ts';
export type { CancelSignal } from './macrotask.ts';
export { type ClassificationPrediction, predictClassification } from './prediction/classification.ts';
export { ensemble } from './prediction/ensemble.ts';
export type { PredictionOptions } from './prediction/predict-members.ts';
export {
  type PredictRegressionOptions,
  predictRegression,
  type RegressionPrediction,
} from './prediction/regression.ts';
export {
  type LoadPosteriorOptions,
  loadPosterior,
  type PosteriorFile,
  type SavedPosterior,
  type SavePosteriorOptions,
  savePosterior,
} from './prediction/save-posterior.ts';
export { subspaceDraws } from './prediction/subspace-draws.ts';
export type { WeightSampler } from './prediction/weight-sampler.ts';
export { type RandomSource, type RandomState, randomSource, restoreRandomSource } from './random/random-source.ts';
export type { Algorithm, GradientAlgorithm, SamplingAlgorithm, ValueAlgorithm } from './sampling/algorithm.ts';
export type { Draw } from './sampling/chain-pool.ts';
export { coordinateChains, type Draws, drawsFrom } from './sampling/draws.ts';
export { type SampleIteratorOptions, sample, sampleIterator } from './sampling/sample.ts';
export type { SampleOptions, SamplingProgress } from './sampling/sampling-plan.ts';
export type { DivergentStep, StepTotals } from './sampling/step-totals.ts';
export { choosePriorStd, type PriorStdChoice } from './selection/choose-prior-std.ts';
export { chooseTemperature, type TemperatureChoice } from './selection/choose-temperature.ts';
export type { Estimate, ScaleSearchOptions, ScaleSearchProgress } from './selection/noisy-maximum.ts';
export { type ParetoSmoothed, type ParetoSmoothingOptions, paretoSmooth } from './statistics/pareto-smoothing.ts';
export { quantile } from './statistics/quantile.ts';
export type { CheckpointOptions, CheckpointStore, Chunks } from './storage/checkpoint-store.ts';
export { indexedDbStore } from './storage/indexed-db-store.ts';
export { memoryStore } from './storage/memory-store.ts';
export { type NpyArray, readNpy } from './storage/npy.ts';
export {
  readSafetensors,
  type Safetensors,
  type SafetensorsTensor,
  type TensorData,
  writeSafetensors,
} from './storage/safetensors.ts';
export type { Collector } from './training/collector.ts';
export { fit } from './training/fit.ts';
export type { FitFinding } from './training/fit-finding.ts';
export { linearDecay, type Schedule, swagSchedule } from './training/schedule.ts';
export type { FitResult } from './training/train.ts';
export type { FitOptions, FitProgress, TrainingOptions } from './training/training-options.ts';
export { type WeightLayout, weightLayout } from './weights/layout.ts';
export { type Subspace, subspace, toWeights } from './weights/subspace.ts';
export { affineMap, mapWithin, type WeightMap, type WithinSubspace } from './weights/weight-map.ts';

export {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireNonNegative,
  requireOptions,
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
export { cholesky } from './density/cholesky.ts';
export {
  type Gaussian,
  gaussianCovariance,
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
export { isPromise, type MaybePromise, whenReady } from './density/maybe-promise.ts';
export { meanAndCovariance } from './density/mean-and-covariance.ts';
export { normalCdf, normalQuantile } from './density/normal.ts';
export { type Posterior, type PosteriorOptions, posterior } from './density/posterior.ts';
export { autocorrelation } from './diagnostics/autocorrelation.ts';
export { bfmi } from './diagnostics/bfmi.ts';
export { diagnose } from './diagnostics/diagnose.ts';
export type { Diagnosis } from './diagnostics/diagnosis.ts';
export {
  essBulk,
  essIdentity,
  essLocal,
  essMad,
  essMean,
  essMedian,
  essQuantile,
  essSd,
  essTail,
} from './diagnostics/effective-sample-size.ts';
export type { ElpdEstimate } from './diagnostics/elpd.ts';
export { type InferenceData, type InferenceDataOptions, toInferenceData } from './diagnostics/inference-data.ts';
export { type LeaveOneOut, type LeaveOneOutOptions, psisLoo } from './diagnostics/leave-one-out.ts';
export { mcseMean, mcseMedian, mcseQuantile, mcseSd } from './diagnostics/monte-carlo-error.ts';
export { hdi, quantile } from './diagnostics/order-statistics.ts';
export {
  type ParetoSmoothed,
  type ParetoSmoothingOptions,
  paretoK,
  paretoSmooth,
} from './diagnostics/pareto-smoothing.ts';
export {
  type PointwiseLogLikelihood,
  type PointwiseLogLikelihoodOptions,
  pointwiseLogLikelihood,
  relativeEfficiency,
} from './diagnostics/pointwise-log-likelihood.ts';
export { type RHatMethod, rHat } from './diagnostics/r-hat.ts';
export type { StepReport } from './diagnostics/step-report.ts';
export { type CoordinateSummary, summary } from './diagnostics/summary.ts';
export { type Waic, waic } from './diagnostics/waic.ts';
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
export { type Likelihood, requireLikelihood } from './likelihood/likelihood.ts';
export { rowDensities } from './likelihood/row-densities.ts';
export { abortError, type Breath, breath, type CancelSignal } from './macrotask.ts';
export { type BrierDecomposition, brierDecomposition, brierScore } from './metrics/brier.ts';
export {
  adaptiveCalibrationError,
  type CalibrationCurve,
  type CalibrationOptions,
  calibrationCurve,
  classwiseCalibrationError,
  expectedCalibrationError,
  maximumCalibrationError,
  rootMeanSquareCalibrationError,
} from './metrics/calibration.ts';
export { accuracy, categoricalNll } from './metrics/classification.ts';
export { crpsEnsemble, crpsGaussian, crpsMixture } from './metrics/crps.ts';
export { aupr, auroc, fprAtTpr } from './metrics/detection.ts';
export {
  ensembleInterval,
  gaussianQuantile,
  type Interval,
  type IntervalOptions,
  intervalCoverage,
  intervalScore,
  intervalWidth,
} from './metrics/intervals.ts';
export type { GaussianPrediction, MixturePrediction } from './metrics/predictions.ts';
export type { Probabilities } from './metrics/probabilities.ts';
export {
  gaussianPit,
  mixturePit,
  pinballLoss,
  type QuantileCalibration,
  type QuantileCalibrationOptions,
  quantileCalibration,
  sharpness,
} from './metrics/quantile-calibration.ts';
export { gaussianNll, mae, mixtureNll, r2, rmse } from './metrics/regression.ts';
export { type RiskCoverage, riskCoverage } from './metrics/selective.ts';
export { type LogitsOrProbabilities, scaleTemperature, temperatureScaling } from './metrics/temperature-scaling.ts';
export { decomposeUncertainty, predictiveEntropy, type UncertaintyDecomposition } from './metrics/uncertainty.ts';
export { type ClassificationPrediction, predictClassification } from './prediction/classification.ts';
export { ensemble } from './prediction/ensemble.ts';
export type { PredictionOptions } from './prediction/predict-members.ts';
export {
  type PredictRegressionOptions,
  predictRegression,
  type RegressionPrediction,
} from './prediction/regression.ts';
export { subspaceDraws } from './prediction/subspace-draws.ts';
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
export type { Draw } from './sampling/chain-pool.ts';
export { coordinateChains, type Draws, drawsFrom } from './sampling/draws.ts';
export { type SampleIteratorOptions, sample, sampleIterator } from './sampling/sample.ts';
export type { SampleOptions, SamplingProgress } from './sampling/sampling-plan.ts';
export type { DivergentStep, StepTotals } from './sampling/step-totals.ts';
export { choosePriorStd, type PriorStdChoice } from './selection/choose-prior-std.ts';
export { chooseTemperature, type TemperatureChoice } from './selection/choose-temperature.ts';
export type { Estimate, ScaleSearchOptions, ScaleSearchProgress } from './selection/noisy-maximum.ts';
export type { CheckpointOptions, CheckpointStore, Chunks } from './storage/checkpoint-store.ts';
export { indexedDbStore } from './storage/indexed-db-store.ts';
export { memoryStore } from './storage/memory-store.ts';
export { type NpyArray, readNpy } from './storage/npy.ts';
export { type RunCheckpoint, type RunCheckpointOptions, runCheckpoint } from './storage/run-checkpoint.ts';
export { requireSameTarget } from './storage/run-identity.ts';
export {
  readSafetensors,
  type Safetensors,
  type SafetensorsTensor,
  type TensorData,
  writeSafetensors,
} from './storage/safetensors.ts';
export {
  loadPosterior,
  type PosteriorFile,
  type SavedPosterior,
  type SavePosteriorOptions,
  savePosterior,
} from './storage/save-posterior.ts';
export type { Collector } from './training/collector.ts';
export { type FitOptions, type FitProgress, type FitResult, fit } from './training/fit.ts';
export {
  type AdamOptions,
  adam,
  type Optimizer,
  requireOptimizer,
  type SgdOptions,
  sgd,
} from './training/optimizer.ts';
export { linearDecay, type Schedule, swagSchedule } from './training/schedule.ts';
export { requireSameLayout, type WeightLayout, weightLayout } from './weights/layout.ts';
export { type Subspace, subspace, toWeights } from './weights/subspace.ts';

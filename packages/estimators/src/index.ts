export type { ClassificationModel, PredictedClasses } from './classification-model.ts';
export type { ClassificationPredictor, ClassifierPrediction } from './classification-predictor.ts';
export {
  type ConformalClassifier,
  type ConformalClassifierOptions,
  conformalClassifier,
} from './conformal-classifier.ts';
export { type ConformalRegressor, type ConformalRegressorOptions, conformalRegressor } from './conformal-regressor.ts';
export type {
  EstimatorFitOptions,
  EstimatorProgress,
  Explored,
  InnerSettings,
  NetworkShape,
  PriorContext,
  SamplingSettings,
  SubspaceEstimatorOptions,
  TemperatureContext,
  TrainingSettings,
} from './estimator-options.ts';
export type { InnerSplit } from './inner-splits.ts';
export type { Label } from './labels.ts';
export type { Intervals, PredictedTargets, RegressionModel } from './regression-model.ts';
export type { EstimatorPredictOptions, RegressionPredictor, RegressorPrediction } from './regression-predictor.ts';
export type { LoadEstimatorOptions } from './saved-estimator.ts';
export { loadClassifier, type SubspaceClassifier, subspaceClassifier } from './subspace-classifier.ts';
export type { InnerStage, SubspaceFit } from './subspace-fit.ts';
export { loadRegressor, type SubspaceRegressor, subspaceRegressor } from './subspace-regressor.ts';
export type { SubspaceStage } from './subspace-stage.ts';
export type { Rows } from './table.ts';
export type { TrainedNetwork } from './trained-network.ts';

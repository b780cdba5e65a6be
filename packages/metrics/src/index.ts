export type { CalibrationOptions } from './bins.ts';
export { type BrierDecomposition, brierDecomposition, brierScore } from './brier.ts';
export {
  adaptiveCalibrationError,
  type CalibrationCurve,
  calibrationCurve,
  classwiseCalibrationError,
  expectedCalibrationError,
  maximumCalibrationError,
  rootMeanSquareCalibrationError,
} from './calibration.ts';
export { accuracy, categoricalNll } from './classification.ts';
export { crpsEnsemble, crpsGaussian, crpsMixture } from './crps.ts';
export { aupr, auroc, fprAtTpr } from './detection.ts';
export {
  ensembleInterval,
  gaussianQuantile,
  type Interval,
  type IntervalOptions,
  intervalCoverage,
  intervalScore,
  intervalWidth,
} from './intervals.ts';
export type { GaussianPrediction, MixturePrediction } from './predictions.ts';
export type { Probabilities } from './probabilities.ts';
export {
  gaussianPit,
  mixturePit,
  pinballLoss,
  type QuantileCalibration,
  type QuantileCalibrationOptions,
  quantileCalibration,
  sharpness,
} from './quantile-calibration.ts';
export { gaussianNll, mae, mixtureNll, r2, rmse } from './regression.ts';
export { type RiskCoverage, riskCoverage } from './selective.ts';
export { type LogitsOrProbabilities, scaleTemperature, temperatureScaling } from './temperature-scaling.ts';
export { decomposeUncertainty, predictiveEntropy, type UncertaintyDecomposition } from './uncertainty.ts';

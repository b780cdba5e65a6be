export { type RHatMethod, rHat } from '@subspace/core/internals';
export { autocorrelation } from './autocorrelation.ts';
export { bfmi } from './bfmi.ts';
export type { CoordinateDrawsOptions } from './coordinate-draws.ts';
export { diagnose } from './diagnose.ts';
export type { Diagnosis } from './diagnosis.ts';
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
} from './effective-sample-size.ts';
export type { ElpdEstimate } from './elpd.ts';
export { functionEssBulk, functionRHat } from './function-space.ts';
export { hdi } from './hdi.ts';
export { type InferenceData, type InferenceDataOptions, toInferenceData } from './inference-data.ts';
export { type LeaveOneOut, type LeaveOneOutOptions, psisLoo } from './leave-one-out.ts';
export { mcseMean, mcseMedian, mcseQuantile, mcseSd } from './monte-carlo-error.ts';
export { nestedRHat } from './nested-r-hat.ts';
export { paretoK } from './pareto-k.ts';
export {
  type PointwiseLogLikelihood,
  type PointwiseLogLikelihoodOptions,
  pointwiseLogLikelihood,
  relativeEfficiency,
} from './pointwise-log-likelihood.ts';
export { type CoordinateSummary, type DistributionSummary, type SummaryOptions, summary } from './summary.ts';
export { type Waic, waic } from './waic.ts';

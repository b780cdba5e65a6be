export { type NpyArray, readNpy } from '@subspace/core';
export type { FloatArrays } from './float-arrays.ts';
export { type Split, type SplitsOptions, splits } from './splits.ts';
export { type Standardization, type StandardizeOptions, standardization, standardize } from './standardize.ts';
export {
  type RegressionPoints,
  regressionDataset,
  regressionFeatures,
  type SyntheticRegression,
  type SyntheticRegressionOptions,
  syntheticRegression,
} from './synthetic-regression.ts';

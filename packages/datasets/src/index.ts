export {
  type NpyArray,
  readNpy,
  type Standardization,
  type StandardizeOptions,
  standardization,
  standardize,
} from '@subspace/core';
export type { FloatArrays } from './float-arrays.ts';
export { type Split, type SplitsOptions, splits } from './splits.ts';
export {
  type RegressionPoints,
  regressionDataset,
  regressionFeatures,
  type SyntheticRegression,
  type SyntheticRegressionOptions,
  syntheticRegression,
} from './synthetic-regression.ts';

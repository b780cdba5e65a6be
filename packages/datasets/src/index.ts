export {
  type FloatArrays,
  type NpyArray,
  readNpy,
  type Standardization,
  type StandardizeOptions,
  standardization,
  standardize,
} from '@subspace/core';
export { type PaperSplitsOptions, paperSplits } from './paper-splits.ts';
export { type Split, type SplitsOptions, splits } from './splits.ts';
export { type SplitPart, type StandardizedSplit, standardizeSplit } from './standardize-split.ts';
export {
  type RegressionPoints,
  regressionDataset,
  regressionFeatures,
  type SyntheticRegression,
  type SyntheticRegressionOptions,
  syntheticRegression,
} from './synthetic-regression.ts';
export type { TableFinding } from './tabular/finding.ts';
export { type InputsAndTargets, inputsAndTargets, type TableArrays } from './tabular/inputs-and-targets.ts';
export { type MatArray, type MatFile, readMat } from './tabular/mat.ts';
export type { Table, TableOptions } from './tabular/table.ts';
export { readTextTable, type TextTableOptions } from './tabular/text-table.ts';

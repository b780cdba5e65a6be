/**
 * What only the packages of this house need of core: argument checks, turns for the event loop, checkpoints of long calls.
 *
 * Not for users: nothing here is promised. (Our own packages, versioned one by one, hold it still within a major version.)
 *
 * @packageDocumentation
 */

export {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireList,
  requireNonNegative,
  requireOptions,
  requirePositive,
  show,
} from './argument.ts';
export { batchEnd, requireTwoRows } from './data/batches.ts';
export { gatherRows, requireArrays, requireDataset } from './data/dataset.ts';
export { requireArraysOf, requireFiniteCells } from './data/raw-arrays.ts';
export { askGradients, askValues } from './density/ask-target.ts';
export { batchedValues } from './density/batched-values.ts';
export { cholesky, choleskySolve } from './density/cholesky.ts';
export { gaussianStds, requireGaussian } from './density/gaussian.ts';
export { logSumExp } from './density/log-sum-exp.ts';
export { isPromise, whenReady } from './density/maybe-promise.ts';
export { meanAndCovariance } from './density/mean-and-covariance.ts';
export { normalCdf, normalQuantile } from './density/normal.ts';
export { requireOptimizer } from './engine/optimizer.ts';
export { subspaceIdentity } from './engine/subspace-identity.ts';
export { readsLogits, requireLikelihood } from './likelihood/likelihood.ts';
export { outputInformation } from './likelihood/output-information.ts';
export { rowDensities } from './likelihood/row-densities.ts';
export { abortError, type Breath, breath } from './macrotask.ts';
export { rowEntropy } from './prediction/row-entropy.ts';
export { permutation } from './random/permutation.ts';
export { requireSeed } from './random/random-source.ts';
export {
  type AveragingPace,
  averaged,
  type DualAveraging,
  dualAveraging,
  isBrief,
  savedAveraging,
} from './sampling/dual-averaging.ts';
export { type StepReport, stepReport } from './sampling/step-report.ts';
export { areValid, mean, pool, rankNormalise, readChains, splitChains, variance } from './statistics/chains.ts';
export { smoothPareto } from './statistics/pareto-smoothing.ts';
export { type RHatMethod, rHat } from './statistics/r-hat.ts';
export { requireCheckpointOptions, requireStore } from './storage/checkpoint-store.ts';
export { checksum } from './storage/checksum.ts';
export { crc32 } from './storage/crc32.ts';
export { entryChunks, readEntry } from './storage/entry.ts';
export { fromHalf } from './storage/half-float.ts';
export { type RunCheckpoint, type RunCheckpointOptions, runCheckpoint } from './storage/run-checkpoint.ts';
export {
  aCount,
  aFlag,
  aNumber,
  anObject,
  anything,
  aText,
  everyMember,
  floats,
  listOf,
  objectOf,
  optional,
  requireSchema,
  type Schema,
} from './storage/schema.ts';
export { problemIdentity } from './training/problem-identity.ts';
export { requireVariances } from './training/require-variances.ts';
export { type TrainingRun, train } from './training/train.ts';
export { requireTraining } from './training/training-options.ts';
export { isFloat32Array, isFloat64Array } from './typed-array.ts';
export { layoutIdentity, requireSameLayout } from './weights/layout-identity.ts';
export { messageOf } from './worker/worker-like.ts';

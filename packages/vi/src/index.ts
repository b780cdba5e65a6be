export type {
  Approximation,
  ApproximationQuality,
  GaussianApproximation,
  TractableDensity,
} from './approximation.ts';
export type { AscentOptions, AscentProgress, MapEstimate } from './ascend.ts';
export type { Curvature } from './curvature.ts';
export type { DrawsProgress } from './draws-progress.ts';
export { type FindMapOptions, findMap } from './find-map.ts';
export { type FlowApproximation, type FlowOptions, inverseAutoregressive, realNvp } from './flow-variational.ts';
export {
  fullRank,
  type GaussianVariational,
  type GaussianVariationalOptions,
  meanField,
} from './gaussian-variational.ts';
export type { ModeOptions } from './highest-mode.ts';
export { type ImportanceResampled, type ImportanceResampleOptions, importanceResample } from './importance-resample.ts';
export { type LaplaceApproximation, type LaplaceOptions, type LaplaceProgress, laplace } from './laplace.ts';
export type { ElboRecord } from './maximize-elbo.ts';
export { type PathfinderDraws, type PathfinderOptions, type PathGaussian, pathfinder } from './pathfinder.ts';
export type { Initial } from './start.ts';
export type { ApproximationTarget } from './target.ts';
export type { VariationalFit, VariationalOptions, VariationalProgress } from './variational-options.ts';

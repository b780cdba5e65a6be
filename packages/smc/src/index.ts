export { cloudPosterior } from './cloud-posterior.ts';
export {
  type GridPosterior,
  type GridPosteriorOptions,
  type GridPosteriorProgress,
  gridPosterior,
} from './grid-posterior.ts';
export type { ParticleCloud } from './particle-cloud.ts';
export { type SequentialMonteCarloResult, sequentialMonteCarlo } from './sequential-monte-carlo.ts';
export type { SequentialMonteCarloOptions, SequentialMonteCarloProgress } from './smc-plan.ts';
export type { SequentialMonteCarloStage } from './smc-stage.ts';
export { systematicResampling } from './systematic-resampling.ts';

export type { DualAveraging } from '@subspace/core/internals';
export {
  type AdjustedMclmcInfo,
  type AdjustedMclmcOptions,
  type AdjustedMclmcState,
  adjustedMclmc,
} from './adjusted-mclmc.ts';
export type { StepSchedule, WeightChainOptions, WeightChainProgress } from './chain-options.ts';
export { type CyclicalSgldOptions, cyclicalSgld } from './cyclical-sgld.ts';
export type { StochasticGradientOptions } from './equal-distances.ts';
export type { Preconditioner, Preconditioning } from './langevin.ts';
export { type MclmcInfo, type MclmcOptions, type MclmcState, mclmc, type StepTuner } from './mclmc.ts';
export type { MicrocanonicalTarget, Scaling } from './microcanonical.ts';
export { type MileDraws, type MileOptions, mile } from './mile.ts';
export type { RunningScales } from './running-scales.ts';
export { type SghmcOptions, sghmc } from './sghmc.ts';
export { type SgldOptions, sgld } from './sgld.ts';
export type { WeightDraws } from './weight-chain.ts';

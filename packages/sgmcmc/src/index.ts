export type { StepSchedule, WeightChainOptions, WeightChainProgress } from './chain-options.ts';
export { type CyclicalSgldOptions, cyclicalSgld } from './cyclical-sgld.ts';
export type { StochasticGradientOptions } from './equal-distances.ts';
export type { Preconditioner, Preconditioning } from './langevin.ts';
export { type SghmcOptions, sghmc } from './sghmc.ts';
export { type SgldOptions, sgld } from './sgld.ts';
export type { WeightDraws } from './weight-chain.ts';

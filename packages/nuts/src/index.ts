export type { Divergence, HamiltonianState, HamiltonianTarget } from './hamiltonian.ts';
export { type HmcOptions, hmc } from './hmc.ts';
export { type MalaOptions, mala } from './mala.ts';
export type { HmcInfo } from './metropolis-hamiltonian.ts';
export { type NutsInfo, type NutsOptions, nuts } from './nuts.ts';
export { type RandomWalkInfo, type RandomWalkOptions, type RandomWalkState, randomWalk } from './random-walk.ts';
export type { ScaleMatrix, ScaleMatrixOption } from './scale-matrix.ts';
export type { Tuning } from './tuning.ts';

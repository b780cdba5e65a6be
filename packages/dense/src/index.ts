export { type DenseNetwork, denseNetwork } from './dense-network.ts';
export type { Features, PolynomialFeatures } from './features.ts';
export type { Initialization } from './initial-weights.ts';
export type { KernelChoice } from './kernels/kernel-build.ts';
export type { DenseNetworkOptions } from './network-options.ts';
export type { Activation, Head } from './network-structure.ts';

export type { Activation } from './dense-stack.ts';
export { registerLayers } from './heteroscedastic-head.ts';
export { type MlpOptions, mlp } from './mlp.ts';
export { type RegressionNetOptions, regressionNet } from './regression-net.ts';
export { type ToyRegressionNetOptions, toyRegressionNet } from './toy-regression-net.ts';

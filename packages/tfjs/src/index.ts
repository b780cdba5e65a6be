export { type BackendChoice, type BackendName, type UseBackendOptions, useBackend } from './backend.ts';
export { type CollectCallbackOptions, collectCallback } from './collect-callback.ts';
export { layersNetwork } from './layers-network.ts';
export { type TensorLikelihood, type TensorLikelihoodOptions, tensorLikelihood } from './tensor-likelihood.ts';

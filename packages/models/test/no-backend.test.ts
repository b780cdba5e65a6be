import { mlp, regressionNet, toyRegressionNet } from '@subspace/models';
import { expect, it } from 'vitest';

it('says which call is missing where there is no backend yet', () => {
  const words =
    "TensorFlow.js has no backend yet, expected one: `await useBackend('auto')` of @subspace/tfjs, before the model is made";
  expect(() => regressionNet({ inputs: 2 })).toThrow(`regressionNet: ${words}`);
  expect(() => toyRegressionNet()).toThrow(`toyRegressionNet: ${words}`);
  expect(() => mlp({ inputs: 2, outputs: 1, hidden: [3] })).toThrow(`mlp: ${words}`);
});

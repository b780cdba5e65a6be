import { readFileSync } from 'node:fs';
import { weightLayout } from '@subspace/core';
import { type DenseNetwork, denseNetwork } from '@subspace/dense';
import { pcaSubspace, swag, swagMoments } from '@subspace/swag';
import { collectCheckpoints, loadStateDict, stateDict, swagState, type TorchObject } from '@subspace/torch';
import { describe, expect, it } from 'vitest';
import { modelPath, readModel } from './model-files.ts';

const network = (): DenseNetwork => denseNetwork({ sizes: [3, 5, 5, 2] });
const snapshots = (JSON.parse(readFileSync(modelPath('snapshots.json'), 'utf8')) as number[][]).map((weights) =>
  Float32Array.from(weights),
);
const tensor = (shape: readonly number[], ...data: number[]) => ({ shape, data: Float32Array.from(data) });
const close = (values: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
  expect(values.length).toBe(expected.length);
  for (let i = 0; i < values.length; i++) expect(Math.abs(values[i] - expected[i])).toBeLessThan(tolerance);
};
/** Moments of the same snapshots that were collected here. */
const collected = () => {
  const moments = swagMoments(network().layout, { rank: 4 });
  for (const weights of snapshots) moments.collect(weights);
  return moments;
};

describe('the SWAG repository', () => {
  it('moments equal those of the same snapshots collected here', async () => {
    const state = swagState(network(), await readModel('swag-6'));
    expect([state.collected, state.rank, state.rows.length]).toEqual([6, 4, 4]);
    const moments = swagMoments(network().layout, { rank: state.rank });
    moments.restore(state);
    const expected = collected();
    close(moments.mean(), expected.mean(), 1e-6);
    close(moments.variance(), expected.variance(), 1e-6);
    moments.deviations().forEach((row, k) => {
      close(row, expected.deviations()[k], 1e-6);
    });
    close(pcaSubspace(moments, { rank: 3 }).basis[0], pcaSubspace(expected, { rank: 3 }).basis[0], 1e-5);
    moments.collect(snapshots[0]); // and go on
    expect(moments.collected).toBe(7);
  });

  it('without deviations, the diagonal is drawn from and the rest refused', async () => {
    const state = swagState(network(), await readModel('swag-diagonal-6'));
    expect([state.collected, state.rank]).toEqual([6, 1]);
    const moments = swagMoments(network().layout, { rank: state.rank });
    moments.restore(state);
    expect(swag(moments, { covariance: 'diagonal' }).logDensity(moments.mean())).toBeGreaterThan(0);
    expect(() => swag(moments)).toThrow('moments have 1 deviations, expected at least 2');
  });

  it('a checkpoint of weights is recognised, and the file that is wanted named', async () => {
    const checkpoint = await readModel('checkpoint-6');
    expect(() => swagState(network(), checkpoint)).toThrow(
      'swagState: the file has the weights of epoch 6, as in checkpoint-6.pt, expected moments (n_models, mean, sq_mean): swag-6.pt, which lies beside it',
    );
    expect(() => swagState(network(), stateDict(checkpoint) as TorchObject)).toThrow(
      'the weights of one model, expected moments',
    );
  });

  it('and the other way round', async () => {
    const moments = stateDict(await readModel('swag-6'));
    await expect(loadStateDict(network(), moments)).rejects.toThrow('checkpoint-N.pt beside swag-N.pt');
  });

  it('a model that it was not is refused', async () => {
    const object = await readModel('swag-6');
    expect(() => swagState(denseNetwork({ sizes: [3, 5, 2] }), object)).toThrow(
      'the state dict does not fit the network',
    );
  });
});

describe('damaged files', () => {
  const linear = denseNetwork({ sizes: [1, 1] });
  const flat = (changes: Readonly<Record<string, unknown>>): TorchObject =>
    new Map(
      Object.entries({
        n_models: tensor([1], 2),
        mean: tensor([2], 1, 1),
        sq_mean: tensor([2], 2, 0.5),
        'base_model.fc.weight': tensor([1, 1], 2),
        'base_model.fc.bias': tensor([1], 1),
        'subspace.cov_mat_sqrt': tensor([2, 2], 0, 0, 1, 0),
        ...changes,
      }),
    );
  const byModule = (changes: Readonly<Record<string, unknown>>): TorchObject =>
    new Map(
      Object.entries({
        n_models: tensor([1], 2),
        'base.weight_mean': tensor([1, 1], 1),
        'base.weight_sq_mean': tensor([1, 1], 2),
        'base.weight_cov_mat_sqrt': tensor([1, 1], 1),
        'base.bias_mean': tensor([1], 1),
        'base.bias_sq_mean': tensor([1], 1),
        'base.bias_cov_mat_sqrt': tensor([1, 1], 0),
        ...changes,
      }),
    );

  it('whole ones are read; variances are not negative', () => {
    const { squares, rows } = swagState(linear, flat({}));
    expect([...squares]).toEqual([2, 0]);
    expect(rows.map((row) => [...row])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect([...swagState(linear, byModule({})).squares]).toEqual([2, 0]);
  });

  it.each([
    [flat({ mean: tensor([3], 1, 1, 1) }), 'mean has 3 numbers, expected 2: 2 a model'],
    [flat({ mean: undefined }), 'mean has no numbers, expected 2'],
    [flat({ 'subspace.cov_mat_sqrt': tensor([2, 1], 0, 1) }), 'subspace.cov_mat_sqrt has 2 numbers, expected 4'],
    [flat({ n_models: tensor([1], 0) }), 'the file has 0 snapshots, expected at least one'],
    [flat({ n_models: tensor([1], 1) }), 'the file has 2 deviations of 1 snapshots, expected no more'],
    [flat({ n_models: tensor([1], 1.5) }), 'n_models is 1.5, expected a count'],
    [byModule({ 'base.bias_mean': undefined }), 'the file has no base.bias_mean'],
    [
      byModule({ 'base.bias_sq_mean': tensor([2], 1, 1) }),
      'base.bias_sq_mean is [2], expected the shape of base.bias_mean',
    ],
    [byModule({ 'base.bias_cov_mat_sqrt': tensor([2, 1], 0, 0) }), 'base.bias_cov_mat_sqrt is [2, 1], expected [1, 1]'],
  ])('case %#', (object, message) => {
    expect(() => swagState(linear, object)).toThrow(message);
  });
});

describe('layouts of other engines', () => {
  it('each vector is put in their order', () => {
    const layout = weightLayout([
      { name: 'fc/kernel', shape: [2, 1] },
      { name: 'fc/bias', shape: [1] },
    ]);
    const object = new Map([
      ['n_models', tensor([1], 1)],
      ['mean', tensor([3], 9, 1, 2)],
      ['sq_mean', tensor([3], 81, 1, 4)],
      ['base_model.fc.bias', tensor([1], 0)],
      ['base_model.fc.weight', tensor([1, 2], 0, 0)],
      ['subspace.cov_mat_sqrt', tensor([1, 3], 6, 7, 8)],
    ]);
    const { mean, rows } = swagState({ ...network(), layout }, object);
    expect([...mean]).toEqual([1, 2, 9]);
    expect([...rows[0]]).toEqual([7, 8, 6]);
  });
});

it('moments of epochs’ files are those of their weights', async () => {
  const files = [readFileSync(modelPath('perceptron.pt')), readFileSync(modelPath('checkpoint-6.pt'))];
  const moments = swagMoments(network().layout, { rank: 2 });
  expect(await collectCheckpoints(network(), files, moments)).toBe(2);
  const expected = swagMoments(network().layout, { rank: 2 });
  for (const file of ['perceptron', 'checkpoint-6']) {
    expected.collect((await loadStateDict(network(), stateDict(await readModel(file)))).weights);
  }
  expect(moments.state()).toEqual(expected.state());
});

import { loadUci } from '@subspace/datasets/node';
import type { SubspaceRegressor } from '@subspace/estimators';
import { type RegressionModel, regressionTask } from '@subspace/uci';
import { describeGolden, sharedPath } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { linearModel } from './linear-model.ts';

const constant = (mean: number, variance: number) => ({
  fit: () => {},
  predict: ({ shape: [rows] }: { shape: readonly number[] }) => ({
    mean: new Float64Array(rows).fill(mean),
    variance: new Float64Array(rows).fill(variance),
  }),
});

describe('regressionTask', () => {
  it('gives scores in both units, and predictions in the data’s own', async () => {
    const dataset = await loadUci('yacht');
    const { task, split, scores, arrays } = await regressionTask({ dataset, split: 2, model: linearModel() });
    expect([task, split, arrays.targets.length]).toEqual(['regression', 2, 31]);
    const std = scores.rmseUnnormalized / scores.rmse;
    expect(scores.maeUnnormalized / scores.mae).toBeCloseTo(std, 5);
    expect(scores.crpsUnnormalized / scores.crps).toBeCloseTo(std, 5);
    expect(scores.nllUnnormalized - scores.nll).toBeCloseTo(Math.log(std), 5);
    expect(scores.mixtureNll).toBeNaN();
    expect(scores.coverage50).toBeLessThanOrEqual(scores.coverage90);
    expect(scores.fitSeconds).toBeGreaterThanOrEqual(0);
    expect(Math.max(...arrays.targets)).toBeGreaterThan(30);
  });

  it('scores the mixture of a model that has members', async () => {
    const dataset = await loadUci('yacht');
    const model = {
      ...constant(0, 1),
      predict: ({ shape: [rows] }: { shape: readonly number[] }) => ({
        ...constant(0, 1).predict({ shape: [rows] }),
        members: { means: [new Float64Array(rows)], variances: [new Float64Array(rows).fill(1)] },
      }),
    };
    const { scores } = await regressionTask({ dataset, split: 1, model });
    expect(scores.mixtureNll).toBeCloseTo(scores.nll, 12);
    expect(scores.mixtureNllUnnormalized).toBeCloseTo(scores.nllUnnormalized, 12);
  });

  it('shows the model the training rows alone, standardised by themselves or, as the original, by all', async () => {
    const dataset = await loadUci('yacht');
    const means: number[] = [];
    const model = {
      ...constant(0, 1),
      fit: (_: unknown, { data }: { data: Float32Array }) => {
        expect(data.length).toBe(277);
        means.push(data.reduce((sum, y) => sum + y, 0) / 277);
      },
    };
    await regressionTask({ dataset, split: 1, splits: dataset.splits, model });
    await regressionTask({ dataset, split: 1, model, paperCompat: true });
    expect(Math.abs(means[0])).toBeLessThan(1e-6);
    expect(Math.abs(means[1])).toBeGreaterThan(1e-3);
  });

  it('takes what @subspace/estimators makes', () => {
    // To the compiler alone.
    const asModel = (estimator: SubspaceRegressor<never>): RegressionModel => estimator;
    expect(asModel).toBeTypeOf('function');
  });

  it('refuses what is no model, no split, and predictions that are none', async () => {
    const dataset = await loadUci('yacht');
    const model = constant(0, 1);
    await expect(regressionTask({ dataset, split: 0, model })).rejects.toThrow('regressionTask: split is 0');
    await expect(regressionTask({ dataset, split: 21, splits: dataset.splits, model })).rejects.toThrow(
      'split is 21, expected at most 20',
    );
    await expect(regressionTask({ dataset, split: 1, model: {} as never })).rejects.toThrow(
      'regressionTask: model is Object',
    );
    await expect(regressionTask({ split: 1, model } as never)).rejects.toThrow('regressionTask: dataset is undefined');
    await expect(regressionTask({ dataset, split: 1, model, seed: 1 } as never)).rejects.toThrow(
      'option seed is unknown',
    );
    for (const [mean, variance, problem] of [
      [Number.NaN, 1, "model's mean[0] is NaN"],
      [0, 0, "model's variance[0] is 0, expected a finite number greater than 0"],
      [0, -1, "model's variance[0] is -1"],
    ] as const) {
      await expect(regressionTask({ dataset, split: 1, model: constant(mean, variance) })).rejects.toThrow(problem);
    }
    const short = { fit: () => {}, predict: () => ({ mean: [0], variance: [1] }) };
    await expect(regressionTask({ dataset, split: 1, model: short })).rejects.toThrow(
      "model's mean has length 1, expected 31",
    );
  });
});

describeGolden('uci-baselines.json', (golden) => {
  it.each(['bostonHousing', 'yacht', 'energy'])(
    'least squares has scikit-learn’s RMSE and NLL on %s',
    async (folder) => {
      const dataset = await loadUci(folder === 'bostonHousing' ? 'boston' : folder, { root: sharedPath('data') });
      const { fixed, shuffled } = golden.datasets[folder];
      for (const [expected, splits, split] of [
        [fixed[0], dataset.splits, 1],
        [fixed[1], dataset.splits, 2],
        [shuffled[2], undefined, 2],
        [shuffled[3], undefined, 3],
      ] as const) {
        const { scores } = await regressionTask({ dataset, split, splits, model: linearModel() });
        expect(scores.rmseUnnormalized).toBeCloseTo(expected.rmse, 3);
        expect(scores.nllUnnormalized).toBeCloseTo(expected.nll, 3);
      }
    },
  );
});

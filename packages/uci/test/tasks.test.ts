import { randomSource } from '@subspace/core';
import { loadUci } from '@subspace/datasets/node';
import {
  activeClassificationTask,
  activeLearningTask,
  adversarialTask,
  type ClassificationModel,
  classificationTask,
  densityTask,
  type FloatRows,
  mmdTask,
  type RegressionModel,
  regressionTask,
} from '@subspace/uci';
import { describe, expect, it } from 'vitest';
import { linearModel } from './linear-model.ts';

const random = randomSource('tasks');
const size = 120;
const x = Float64Array.from({ length: 2 * size }, () => random.normal());
/** y = 3·x₁ + noise of standard deviation 0.5, in its own units: 100 + 10·y. */
const toy = {
  name: 'toy',
  inputs: { data: x, shape: [size, 2] },
  targets: {
    data: Float64Array.from({ length: size }, (_, i) => 100 + 10 * (3 * x[2 * i] + 0.5 * random.normal())),
    shape: [size],
  },
};
const classes = {
  ...toy,
  targets: { data: Int32Array.from({ length: size }, (_, i) => (x[2 * i] > 0 ? 1 : 0)), shape: [size] },
};

/** Classes by the nearest of their means. */
function nearestMean(): ClassificationModel {
  let means: Float64Array[] = [];
  return {
    fit({ data }, labels) {
      means = [0, 1].map((k) => {
        const rows = [...labels.keys()].filter((row) => labels[row] === k);
        return Float64Array.of(0, 1).map(
          (_, d) => rows.reduce((sum, row) => sum + data[2 * row + d], 0) / (rows.length || 1),
        );
      });
    },
    predict: ({ data, shape: [rows] }) => ({
      classes: 2,
      probabilities: Float64Array.from({ length: 2 * rows }, (_, i) => {
        const distance = (k: number) => Math.hypot(...[0, 1].map((d) => data[2 * (i >> 1) + d] - means[k][d]));
        const p = 1 / (1 + Math.exp(2 * (distance(1) - distance(0))));
        return i % 2 === 1 ? p : 1 - p;
      }),
    }),
  };
}

describe('classificationTask', () => {
  it('scores a classifier on the test rows, with labels and probabilities', async () => {
    const { scores, arrays } = await classificationTask({ dataset: classes, split: 1, model: nearestMean() });
    expect(scores.accuracy).toBeGreaterThan(0.8);
    expect(scores.nll).toBeLessThan(Math.LN2);
    expect([arrays.targets.length, arrays.probabilities.length]).toEqual([12, 24]);
  });

  it('clips certainties, and refuses labels that are no classes and probabilities that are none', async () => {
    const sure = (p: readonly number[]) => ({
      fit: () => {},
      predict: ({ shape: [rows] }: { shape: readonly number[] }) => ({
        classes: 2,
        probabilities: Array.from({ length: 2 * rows }, (_, i) => p[i % 2]),
      }),
    });
    const { scores } = await classificationTask({ dataset: classes, split: 1, model: sure([1, 0]) });
    expect(Number.isFinite(scores.nll)).toBe(true);
    await expect(classificationTask({ dataset: classes, split: 1, model: sure([0.5, 0.6]) })).rejects.toThrow(
      'probabilities of row 0 sum to 1.1, expected 1',
    );
    await expect(classificationTask({ dataset: toy, split: 1, model: nearestMean() })).rejects.toThrow(
      'expected a class',
    );
    const splits = [{ train: Int32Array.of(0, 1, 2), test: Int32Array.of(3, size) }];
    await expect(classificationTask({ dataset: classes, split: 1, splits, model: nearestMean() })).rejects.toThrow(
      `classificationTask: splits[0] has row ${size}, expected rows from 0 to ${size - 1}`,
    );
    const three = { fit: () => {}, predict: () => ({ classes: 3, probabilities: [] }) };
    await expect(classificationTask({ dataset: classes, split: 1, model: three })).rejects.toThrow(
      'the model has 3 classes, expected 2',
    );
  });
});

describe('densityTask', () => {
  it('comes near the log density of a Gaussian that it draws from', async () => {
    const dataset = await loadUci('yacht');
    const exact = await regressionTask({ dataset, split: 1, model: linearModel() });
    const options = { dataset, split: 1, model: linearModel(), draws: 4000 };
    const { scores } = await densityTask({ ...options, seed: 1 });
    // Smoothing widens the Gaussian by 2 %, and tails are short of draws.
    expect(Math.abs(scores.nll - exact.scores.nll)).toBeLessThan(0.1);
    expect(scores.nllUnnormalized - scores.nll).toBeCloseTo(exact.scores.nllUnnormalized - exact.scores.nll, 5);
    expect((await densityTask({ ...options, seed: 1 })).scores.nll).toBe(scores.nll);
    expect((await densityTask({ ...options, seed: 2 })).scores.nll).not.toBe(scores.nll);
  });
});

/** |x₁| of each row. */
const magnitudes = ({ data, shape: [rows] }: FloatRows) =>
  Array.from({ length: rows }, (_, row) => Math.abs(data[2 * row]));

describe('active learning', () => {
  it('fits to more labels at each step, and asks for those it knows least of', async () => {
    const seen: number[] = [];
    /** |x₁| of the rows with a label, in the order of the data; and of all. */
    const known: number[][] = [];
    let all: number[] = [];
    const linear = linearModel();
    const model: RegressionModel = {
      fit: (inputs, targets) => {
        seen.push(inputs.shape[0]);
        known.push(magnitudes(inputs));
        return linear.fit(inputs, targets);
      },
      // Sure where x₁ is small.
      predict: async (inputs) => {
        all = magnitudes(inputs);
        return { ...(await linear.predict(inputs)), variance: Float64Array.from(all, (x1) => 0.1 + x1) };
      },
    };
    const { arrays, scores } = await activeLearningTask({ dataset: toy, split: 1, model, iterations: 6, initial: 5 });
    expect(seen).toEqual([5, 6, 7, 8, 9, 10]);
    for (let step = 1; step < 6; step++) {
      const [asked] = known[step].filter((x1) => !known[step - 1].includes(x1));
      expect(asked).toBe(Math.max(...all.filter((x1) => !known[step - 1].includes(x1))));
    }
    expect(arrays.testRmse.at(-1)).toBeLessThan(0.4);
    expect(scores.rmse).toBe(arrays.testRmse[5]);
    for (const values of Object.values(arrays)) expect(values.length).toBe(6);
    await expect(activeLearningTask({ dataset: toy, split: 1, model, iterations: 118 })).rejects.toThrow(
      'initial + iterations is 121, expected at most 120',
    );
  });

  it('asks a classifier for the labels it is least sure of', async () => {
    const { arrays } = await activeClassificationTask({
      dataset: classes,
      split: 1,
      model: nearestMean(),
      iterations: 8,
      initial: 6,
    });
    expect(arrays.totalAcc.at(-1)).toBeGreaterThan(0.75);
    expect(Object.keys(arrays).sort()).toEqual([
      'testAcc',
      'testLoglik',
      'totalAcc',
      'totalLoglik',
      'trainAcc',
      'trainLoglik',
    ]);
  });
});

describe('adversarialTask', () => {
  it('moves each feature by ε in its own units, against the prediction', async () => {
    const scale = 7;
    const dataset = { ...toy, inputs: { data: x.map((value) => scale * value), shape: [size, 2] } };
    const { arrays, scores } = await adversarialTask({
      dataset,
      split: 1,
      model: linearModel(),
      epsilons: [0, 0.1 * scale, [0.2 * scale, 0]],
    });
    expect(arrays.rmse[0]).toBeCloseTo(scores.rmse, 5);
    // y changes by 30 for each unit of x₁ and hardly with x₂: |error| grows by 30·ε.
    const grown = (epsilon: number) =>
      Math.sqrt(scores.rmse ** 2 + 2 * 30 * epsilon * meanAbsolute + (30 * epsilon) ** 2);
    const { scores: clean } = await regressionTask({ dataset, split: 1, model: linearModel() });
    const meanAbsolute = clean.maeUnnormalized;
    expect(Math.abs(arrays.rmse[1] / grown(0.1) - 1)).toBeLessThan(0.05);
    expect(Math.abs(arrays.rmse[2] / grown(0.2) - 1)).toBeLessThan(0.05);
    expect(scores.attackedNll).toBeGreaterThan(scores.nll);
  });

  it('keeps inputs in their range, and refuses epsilons that are none', async () => {
    const options = { dataset: toy, split: 1, model: linearModel() };
    const free = await adversarialTask({ ...options, epsilons: [1] });
    const held = await adversarialTask({ ...options, epsilons: [1], range: [-0.1, 0.1] });
    expect(held.arrays.rmse[0]).not.toBe(free.arrays.rmse[0]);
    const seen: FloatRows[] = [];
    const linear = linearModel();
    const model: RegressionModel = {
      ...linear,
      predict: (inputs) => {
        seen.push(inputs);
        return linear.predict(inputs);
      },
    };
    await adversarialTask({ ...options, model, epsilons: [1], range: [0.25, 0.25] });
    // All at the one place that is left.
    const { data, shape } = seen.at(-1)!;
    expect(new Set(data).size).toBe(2);
    expect(shape).toEqual([12, 2]);
    for (const epsilons of [[], [[1]], [-1], [[1, Number.NaN]], 0.1]) {
      await expect(adversarialTask({ ...options, epsilons } as never)).rejects.toThrow('adversarialTask: epsilons');
    }
  });
});

describe('mmdTask', () => {
  it('is smaller for the model that the data are from than for one that is wrong', async () => {
    const wrong = {
      fit: () => {},
      predict: ({ shape: [rows] }: { shape: readonly number[] }) => ({
        mean: new Float64Array(rows).fill(2),
        variance: new Float64Array(rows).fill(0.01),
      }),
    };
    const options = { dataset: toy, split: 1, seed: 1, draws: 40 };
    for (const components of [0, 2]) {
      const good = await mmdTask({ ...options, model: linearModel(), components });
      const bad = await mmdTask({ ...options, model: wrong, components });
      expect(good.scores.mmd).toBeGreaterThan(-1e-12);
      expect(good.scores.mmd).toBeLessThan(0.2 * bad.scores.mmd);
    }
  });
});

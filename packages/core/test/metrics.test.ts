import {
  accuracy,
  categoricalNll,
  gaussianNll,
  intervalCoverage,
  mae,
  mixtureNll,
  normalQuantile,
  rmse,
} from '@subspace/core';
import { describeGolden, formulaUniform, formulaValue } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

describeGolden('metrics-regression.json', (golden) => {
  it('scores of a mixture of Gaussians equal the reference', () => {
    const { n, draws, y, mu } = golden.case;
    const fill = (count: number, f: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => f(i));
    const x = fill(n, (i) => 6 * formulaUniform(i, 340) - 3);
    const g = x.map((value) => Math.sin(2 * value) + 0.3 * value);
    const means = Array.from({ length: draws }, (_, d) =>
      fill(n, (i) => g[i] + formulaValue(d, 341, 0.15) * x[i] + formulaValue(d * n + i, 342, 0.1)),
    );
    const variances = Array.from({ length: draws }, (_, d) =>
      fill(n, (i) => 0.02 + 0.1 * formulaUniform(d * n + i, 343)),
    );
    const prediction = { mean: mu, variance: golden.case.var };
    expect(rmse(prediction, y)).toBeCloseTo(golden.case.rmse, 13);
    expect(mae(prediction, y)).toBeCloseTo(golden.case.mae, 13);
    expect(gaussianNll(prediction, y)).toBeCloseTo(golden.case.gaussianNll, 13);
    expect(mixtureNll({ members: { means, variances } }, y)).toBeCloseTo(golden.case.mixtureNll, 12);
    for (const probability of [0.5, 0.9, 0.95]) {
      const expected = golden.case.intervals[String(probability)].gaussian.coverage;
      expect(intervalCoverage(prediction, y, { probability })).toBeCloseTo(expected, 13);
    }
  });
});

describeGolden('metrics-classification.json', (golden) => {
  it('accuracy and negative log likelihood equal the reference', () => {
    for (const [name, salt, std, memberStd] of [
      ['classes10', 300, 6, 1.5],
      ['classes100', 320, 8, 1],
    ] as const) {
      const { n, classes, members, labels, accuracy: expectedAccuracy, nll } = golden[name];
      const probabilities = new Float64Array(n * classes);
      for (let m = 0; m < members; m++) {
        for (let i = 0; i < n; i++) {
          const logits = Array.from({ length: classes }, (_, c) => {
            const at = i * classes + c;
            return formulaValue(at, salt, std) + formulaValue(m * n * classes + at, salt + 1, memberStd);
          });
          const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
          logits.forEach((logit, c) => {
            probabilities[i * classes + c] += Math.exp(logit) / sum / members;
          });
        }
      }
      expect(accuracy({ classes, probabilities }, labels)).toBe(expectedAccuracy);
      expect(categoricalNll({ classes, probabilities }, labels)).toBeCloseTo(nll, 10);
    }
  });
});

describeGolden('linalg-functions.json', (golden) => {
  it('normalQuantile equals 40-digit arithmetic', () => {
    for (const { p, quantile } of golden.normalQuantile) {
      expect(Math.abs(normalQuantile(p) - quantile), `at ${p}`).toBeLessThan(1e-14 * Math.max(1, Math.abs(quantile)));
    }
  });
});

describe('regression metrics', () => {
  const standard = { mean: [0, 0], variance: [1, 1] };

  it('have the values one computes by hand', () => {
    expect(gaussianNll(standard, [0, 2])).toBeCloseTo(0.5 * Math.log(2 * Math.PI) + 1, 14);
    expect(rmse(standard, [3, 4])).toBeCloseTo(Math.sqrt(12.5), 14);
    expect(mae(standard, [-3, 4])).toBe(3.5);
    expect(intervalCoverage(standard, [1.95, 1.97])).toBe(0.5);
    expect(intervalCoverage(standard, [0.6, 0.7], { probability: 0.5 })).toBe(0.5);
  });

  it('the mixture of equal members scores as one of them, and a mixture is never worse than its mean score', () => {
    const one = { means: [[0, 1]], variances: [[1, 2]] };
    const two = {
      means: [
        [0, 1],
        [0, 1],
      ],
      variances: [
        [1, 2],
        [1, 2],
      ],
    };
    const targets = [0.3, -0.2];
    expect(mixtureNll({ members: two }, targets)).toBeCloseTo(mixtureNll({ members: one }, targets), 14);
    expect(mixtureNll({ members: one }, targets)).toBeCloseTo(
      gaussianNll({ mean: [0, 1], variance: [1, 2] }, targets),
      14,
    );
    expect(mixtureNll({ members: { means: [[0], [1e6]], variances: [[1], [1]] } }, [0])).toBeCloseTo(
      0.9189385 + Math.log(2),
      6,
    );
  });

  it('reject no targets, different lengths, missing members, a bad probability and unknown options', () => {
    for (const metric of [gaussianNll, rmse, mae, intervalCoverage]) {
      expect(() => metric(standard, [])).toThrow('targets are empty');
      expect(() => metric(standard, [1])).toThrow('targets has length 1, expected 2');
    }
    expect(() => gaussianNll({ mean: [0], variance: [1, 2] }, [1])).toThrow('variance has length 2, expected 1');
    expect(() => mixtureNll({}, [1])).toThrow('mixtureNll: prediction has no members');
    expect(() => intervalCoverage(standard, [0, 0], { probability: 1 })).toThrow('probability is 1');
    expect(() => intervalCoverage(standard, [0, 0], { level: 0.9 } as object)).toThrow('option level is unknown');
  });
});

describe('classification metrics', () => {
  it('reject labels out of range and probabilities of another shape', () => {
    const prediction = { classes: 2, probabilities: [0.5, 0.5] };
    expect(() => accuracy(prediction, [2])).toThrow('labels[0] is 2, expected an integer from 0 to 1');
    expect(() => categoricalNll(prediction, [0, 1])).toThrow('probabilities have length 2, expected 2 × 2');
    expect(() => accuracy(prediction, [])).toThrow('labels are empty');
  });
});

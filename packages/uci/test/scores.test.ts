import { randomSource } from '@subspace/core';
import {
  accuracy,
  brierScore,
  categoricalNll,
  crpsGaussian,
  expectedCalibrationError,
  gaussianNll,
  gaussianQuantile,
  intervalCoverage,
  mae,
  mixtureNll,
  rmse,
} from '@subspace/metrics';
import { describe, expect, it } from 'vitest';
import { classificationScores, regressionScores } from '../src/scores.ts';

const random = randomSource('scores');
const normals = (count: number) => Float64Array.from({ length: count }, () => random.normal());

describe('regressionScores', () => {
  it('are those of @subspace/metrics', () => {
    const targets = normals(300);
    const members = {
      means: [normals(300), normals(300), normals(300)],
      variances: [1, 2, 3].map((scale) => normals(300).map((x) => scale * Math.exp(x))),
    };
    const prediction = { mean: normals(300), variance: normals(300).map(Math.exp), members };
    const scores = regressionScores(prediction, targets);
    expect(scores.nll).toBeCloseTo(gaussianNll(prediction, targets), 12);
    expect(scores.mixtureNll).toBeCloseTo(mixtureNll(prediction, targets), 12);
    expect(scores.rmse).toBeCloseTo(rmse(prediction, targets), 12);
    expect(scores.mae).toBeCloseTo(mae(prediction, targets), 12);
    expect(scores.crps).toBeCloseTo(crpsGaussian(prediction, targets), 12);
    for (const [name, level] of [
      ['coverage50', 0.5],
      ['coverage90', 0.9],
      ['coverage95', 0.95],
    ] as const) {
      const [lower, upper] = [0.5 - level / 2, 0.5 + level / 2].map((p) => gaussianQuantile(prediction, p));
      expect(scores[name]).toBeCloseTo(intervalCoverage({ lower, upper }, targets), 12);
    }
    expect(regressionScores({ mean: [0], variance: [1] }, [0]).mixtureNll).toBeNaN();
  });
});

describe('classificationScores', () => {
  it('are those of @subspace/metrics', () => {
    const labels = Int32Array.from({ length: 400 }, () => Math.floor(3 * random.uniform()));
    const p = new Float64Array(1200);
    for (let row = 0; row < 400; row++) {
      const weights = [0, 1, 2].map((k) => Math.exp(random.normal() + (k === labels[row] ? 1 : 0)));
      const sum = weights.reduce((a, b) => a + b, 0);
      p.set(
        weights.map((weight) => weight / sum),
        3 * row,
      );
    }
    const probabilities = { probabilities: p, classes: 3 };
    const scores = classificationScores(p, 3, labels);
    expect(scores.nll).toBeCloseTo(categoricalNll(probabilities, labels), 12);
    expect(scores.accuracy).toBeCloseTo(accuracy(probabilities, labels), 12);
    expect(scores.brier).toBeCloseTo(brierScore(probabilities, labels), 12);
    expect(scores.ece).toBeCloseTo(expectedCalibrationError(probabilities, labels, { bins: 15 }), 12);
  });
});

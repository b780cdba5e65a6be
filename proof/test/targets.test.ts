import type { DifferentiableLogDensity, Evaluation, Vector } from '@subspace/core';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { linearGaussianTargets, shapedTargets, targets } from '../src/targets.ts';

function evaluationsAt(
  density: DifferentiableLogDensity,
  points: readonly (readonly number[])[],
): readonly Evaluation[] {
  return density.valuesAndGradients(points.map((z) => Float64Array.from(z))) as readonly Evaluation[];
}

/** Mean and covariance that the target says it has. */
function exactly(name: string, expectations: readonly { name: string; exact: number }[]): number | undefined {
  return expectations.find((expectation) => expectation.name === name)?.exact;
}

describeGolden('samplers-targets.json', (golden) => {
  it.each(Object.entries(shapedTargets))('%s has the golden density, gradient and moments', (name, target) => {
    const { z, logDensity, gradient, mean, covariance } = golden[name];
    evaluationsAt(target.density, z).forEach((evaluation, i) => {
      expect(evaluation.value).toBeCloseTo(logDensity[i], 9);
      evaluation.gradient.forEach((g, k) => {
        expect(g / (1 + Math.abs(gradient[i][k]))).toBeCloseTo(gradient[i][k] / (1 + Math.abs(gradient[i][k])), 9);
      });
    });
    mean.forEach((m: number, i: number) => {
      const ours = exactly(`mean of z${i}`, target.expectations);
      if (ours !== undefined) expect(ours).toBeCloseTo(m, 12);
      for (let j = 0; j <= i; j++) {
        const product = exactly(`covariance of z${i} and z${j}`, target.expectations);
        if (product !== undefined) expect(product).toBeCloseTo(covariance[i][j], 12);
      }
    });
  });

  it.each(Object.entries(linearGaussianTargets))('%s has the golden posterior and evidence', (name, target) => {
    const { z, logPosteriorUnnormalised, gradient, posteriorMean, posteriorCovariance, logEvidence, meanFieldElbo } =
      golden.linearGaussian[name];
    evaluationsAt(target.posterior!, z).forEach((evaluation, i) => {
      expect(evaluation.value / logPosteriorUnnormalised[i]).toBeCloseTo(1, 12);
      evaluation.gradient.forEach((g, k) => {
        expect(g).toBeCloseTo(gradient[i][k], 8);
      });
    });
    expect(target.logEvidence).toBeCloseTo(logEvidence, 8);
    expect(target.logEvidence! - target.meanFieldGap!).toBeCloseTo(meanFieldElbo, 8);
    posteriorMean.forEach((m: number, i: number) => {
      expect(exactly(`mean of z${i}`, target.expectations)).toBeCloseTo(m, 12);
      for (let j = 0; j <= i; j++) {
        expect(exactly(`covariance of z${i} and z${j}`, target.expectations)).toBeCloseTo(
          posteriorCovariance[i][j],
          12,
        );
      }
    });
  });
});

describe.each(targets)('the target $name', ({ dim, density, posterior, starts, logEvidence = 0 }) => {
  const points: Vector[] = [-1, -0.3, 0.4, 1.2].map((x) =>
    Float64Array.from({ length: dim }, (_, k) => starts.mean[k] + x * starts.cholesky[k * dim + k] * Math.cos(k + 1)),
  );
  const value = (z: Vector): number => (density.values([z]) as Float64Array)[0];

  it('has the gradient of its values', () => {
    evaluationsAt(
      density,
      points.map((z) => [...z]),
    ).forEach(({ gradient }, i) => {
      gradient.forEach((g, k) => {
        const step = 1e-5;
        const moved = (by: number) => value(points[i].map((x, d) => (d === k ? x + by : x)));
        const slope = (moved(step) - moved(-step)) / (2 * step);
        expect(g / (1 + Math.abs(slope))).toBeCloseTo(slope / (1 + Math.abs(slope)), 5);
      });
    });
  });

  if (!posterior) return;
  it('is the same density as a likelihood times a Gaussian', () => {
    const evaluations = posterior.valuesAndGradients(points) as readonly Evaluation[];
    evaluations.forEach((evaluation, i) => {
      const whole = (density.valuesAndGradients([points[i]]) as readonly Evaluation[])[0];
      expect((evaluation.value - whole.value - logEvidence) / (1 + Math.abs(evaluation.value))).toBeCloseTo(0, 9);
      evaluation.gradient.forEach((g, k) => {
        expect((g - whole.gradient[k]) / (1 + Math.abs(g))).toBeCloseTo(0, 8);
      });
    });
  });
});

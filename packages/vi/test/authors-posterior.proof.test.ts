import { readFileSync } from 'node:fs';
import {
  arraysDataset,
  gaussianLikelihood,
  type Posterior,
  readNpy,
  type SubspaceLikelihood,
  subspacePosterior,
} from '@subspace/core';
import { regressionFeatures } from '@subspace/datasets';
import { denseNetwork } from '@subspace/dense';
import { fullRank, laplace, meanField } from '@subspace/vi';
import { describeGolden, readGolden, sharedPath } from '@subspace-internal/testing';
import { afterAll, expect, it } from 'vitest';

interface Optimum {
  readonly mean: number[];
  readonly covariance: number[][];
  /** Of the best one by exact quadrature, of others by an interpolant. */
  readonly elbo?: number;
  readonly elboInterpolated: number;
}

const elboOf = ({ elbo, elboInterpolated }: Optimum) => elbo ?? elboInterpolated;
const network = denseNetwork({ sizes: [2, 200, 50, 50, 50, 1], seed: 1 });
afterAll(() => network.dispose());

/** The posterior of the authors' weights and data in a plane of theirs. */
function authorsPosterior(
  rows: readonly string[],
  priorStd: number,
  temperature: number,
): Posterior<SubspaceLikelihood> {
  const { D, weightsFile } = readGolden('regression-network.json');
  const bytes = readFileSync(sharedPath('golden', 'regression-weights.f32'));
  const [shift, ...basis] = rows.map((name) => {
    const start = 4 * D * weightsFile.rows.indexOf(name);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + start + 4 * D));
  });
  const { data: table, shape } = readNpy(readFileSync(sharedPath('data', 'synthetic-regression', 'data.npy')));
  const column = (i: number) => Float64Array.from({ length: shape[0] }, (_, n) => Number(table[2 * n + i]));
  const data = arraysDataset({
    inputs: regressionFeatures(column(0)),
    targets: { data: Float32Array.from(column(1)), shape: [shape[0], 1] },
  });
  const likelihood = gaussianLikelihood({ variance: 0.05 });
  return subspacePosterior(network, { layout: network.layout, shift, basis }, data, {
    likelihood,
    priorStd,
    temperature,
  });
}

const CURVE = ['curveShift', 'curveBasis0', 'curveBasis1'];
const PCA = ['swa0', 'pcaBasis0', 'pcaBasis1'];
const listed = (golden: { best: Optimum; otherLocalOptima: Optimum[] }) => [golden.best, ...golden.otherLocalOptima];

describeGolden('regression-curve-posterior.json', (golden) => {
  it('Laplace at the modes has the Gauss–Newton covariance and evidence, at every temperature', async () => {
    for (const temperature of [0.75, 1, 2, 5]) {
      const { mode, gaussNewton } = golden[`T${temperature}`].laplace;
      const target = authorsPosterior(CURVE, 1, temperature);
      const { covariance, logEvidence } = await laplace(target, { at: Float64Array.from(mode), evaluationDraws: 2 });
      gaussNewton.covariance.flat().forEach((value: number, i: number) => {
        // The modes lie on kinks, where the rounding of float32 decides which units are on.
        expect(Math.abs(covariance[i] / value - 1), `T${temperature}`).toBeLessThan(0.05);
      });
      expect(logEvidence, `T${temperature}`).toBeCloseTo(gaussNewton.logNormaliser, 1);
    }
  });

  // A bent ridge with some twenty small modes: a fit may end in any of the listed optima.
  for (const [temperature, method, kind] of [
    [1, meanField, 'meanFieldVI'],
    [1, fullRank, 'fullRankVI'],
  ] as const) {
    it(`${method.name} reaches an optimum of quadrature at T = ${temperature}`, { timeout: 120_000 }, async () => {
      const target = authorsPosterior(CURVE, 1, temperature);
      const fitted = await method(target, { iterations: 300, starts: 6, seed: 1 });
      const optima = listed(golden[`T${temperature}`][kind]);
      const nearest = optima.reduce((best, optimum) => {
        const distance = ({ mean }: Optimum) => Math.hypot(mean[0] - fitted.mean[0], mean[1] - fitted.mean[1]);
        return distance(optimum) < distance(best) ? optimum : best;
      });
      expect(Math.abs(fitted.elbo - elboOf(nearest))).toBeLessThan(4 * fitted.elboStandardError + 0.02);
      nearest.mean.forEach((mean, k) => {
        expect(Math.abs(fitted.mean[k] - mean)).toBeLessThan(0.5 * Math.sqrt(nearest.covariance[k][k]));
      });
      // The ridge is longer than any Gaussian: it stays 1.3 to 2.1 nats away, and k̂ says that it should not be trusted.
      expect(fitted.elbo).toBeLessThan(golden[`T${temperature}`].logNormaliser - 1);
      expect(fitted.paretoK).toBeGreaterThan(0.5);
    });
  }
});

describeGolden('regression-pca2-posterior.json', (golden) => {
  it('both Gaussians reach the one optimum of quadrature', { timeout: 120_000 }, async () => {
    const target = authorsPosterior(PCA, 5, 1.5);
    for (const [method, kind] of [
      [meanField, 'meanFieldVI'],
      [fullRank, 'fullRankVI'],
    ] as const) {
      const { best } = golden['T1.5'][kind];
      const fitted = await method(target, { iterations: 300, starts: 1, seed: 1, evaluationDraws: 500 });
      expect(Math.abs(fitted.elbo - best.elbo), kind).toBeLessThan(4 * fitted.elboStandardError + 0.005);
      best.std.forEach((std: number, k: number) => {
        expect(Math.abs(fitted.mean[k] - best.mean[k]) / std, kind).toBeLessThan(0.1);
        expect(Math.sqrt(fitted.covariance[3 * k]) / std, kind).toBeCloseTo(1, 1);
      });
      expect(fitted.paretoK).toBeLessThan(0.7);
    }
  });
});

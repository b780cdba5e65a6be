import { readFileSync } from 'node:fs';
import { arraysDataset, categoricalLikelihood, gaussianLikelihood } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import {
  type CurvatureStructure,
  laplaceApproximation,
  linearizedClassification,
  linearizedRegression,
} from '@subspace/laplace';
import { formulaArray, formulaHash } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

/** Of laplace-torch on the same weights: `laplace-torch.py`. */
const golden = JSON.parse(readFileSync(new URL('./laplace-torch.json', import.meta.url), 'utf8'));
const structures: Readonly<Record<string, CurvatureStructure>> = { full: 'full', diag: 'diagonal', kron: 'kronecker' };
const formula = (shape: number[], salt: number, std: number) => ({
  data: Float32Array.from(
    formulaArray(
      shape.reduce((a, b) => a * b, 1),
      salt,
      std,
    ),
  ),
  shape,
});
const close = (actual: ArrayLike<number>, expected: readonly number[]) => {
  const scale = Math.max(...expected.map(Math.abs));
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value)).toBeLessThan(1e-4 * Math.max(Math.abs(value), 1e-2 * scale));
  });
};

for (const { name, sizes, noise, prior, results } of golden.cases) {
  describe(`laplace-torch, ${name}`, () => {
    const outputs = sizes[sizes.length - 1];
    const probe = denseNetwork({ sizes, activation: 'tanh', threads: 1 });
    const weights = Float32Array.from(
      probe.layout.entries.flatMap(({ shape }, k) => [...formula([...shape], k, 0.5).data]),
    );
    const network = denseNetwork({ sizes, activation: 'tanh', weights, threads: 1 });
    const classes = name === 'classification';
    const { rows } = golden;
    const data = arraysDataset({
      inputs: formula([rows, sizes[0]], 100, 1),
      targets: classes
        ? { data: Int32Array.from({ length: rows }, (_, i) => formulaHash(i, 200) % outputs), shape: [rows] }
        : formula([rows, outputs], 200, 1),
    });
    const likelihood = classes ? categoricalLikelihood() : gaussianLikelihood({ variance: noise * noise });
    const inputs = formula([golden.new, sizes[0]], 300, 1);

    for (const result of results) {
      it(`${result.weights}, ${result.structure}`, async () => {
        const options = {
          ...{ likelihood, priorPrecision: prior, structure: structures[result.structure] },
          layers: result.weights === 'all' ? undefined : ('last' as const),
        };
        const laplace = await laplaceApproximation(network, weights, data, options);
        close([laplace.logEvidence], [result.logMarginalLikelihood]);
        const d = laplace.chosen.size;
        const diagonal = Array.from({ length: d }, (_, i) => {
          const axis = new Float64Array(d);
          axis[i] = 1;
          return laplace.gaussian.precisionTimes(axis)[i];
        });
        close(diagonal, result.precisionDiagonal);
        close(laplace.gaussian.precisionTimes(formulaArray(d, 400, 1)), result.precisionTimesVector);
        if (classes) {
          const prediction = await linearizedClassification(network, laplace, inputs);
          close(prediction.logits, result.outputs);
          close(prediction.logitVariances, result.outputVariances);
          close(prediction.probabilities, result.probit);
        } else {
          const prediction = await linearizedRegression(network, laplace, inputs);
          close(prediction.mean, result.outputs);
          close(prediction.epistemicVariance, result.outputVariances);
        }
        if (!result.evidence) return;
        const best = await laplaceApproximation(network, weights, data, { ...options, priorPrecision: 'evidence' });
        close([best.logEvidence], [result.evidence.logMarginalLikelihood]);
        expect(Math.abs(Math.log(best.priorPrecision / result.evidence.priorPrecision))).toBeLessThan(5e-3);
      });
    }
  });
}

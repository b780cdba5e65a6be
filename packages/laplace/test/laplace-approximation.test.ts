import { laplaceApproximation } from '@subspace/laplace';
import { describeGolden } from '@subspace-internal/testing';
import { expect, it } from 'vitest';
import { goldenProblem, goldens } from './golden-problem.ts';

for (const problem of goldens) {
  describeGolden(problem.file, (golden) => {
    it.each(['full', 'diagonal'] as const)('has the %s Laplace approximation', async (structure) => {
      const { network, weights, data, likelihood } = goldenProblem(problem, golden);
      const { marginalVariances, logMarginalLikelihood } = golden.laplace[structure];
      const options = { likelihood, priorPrecision: golden.laplace.priorPrecision, structure };
      const laplace = await laplaceApproximation(network, weights, data, options);
      expect(Math.abs(laplace.logLikelihood - golden.logLikelihood)).toBeLessThan(1e-6 * -golden.logLikelihood);
      expect(Math.abs(laplace.logEvidence - logMarginalLikelihood)).toBeLessThan(1e-6 * -logMarginalLikelihood);
      laplace.variance().forEach((variance, i) => {
        expect(Math.abs(variance / marginalVariances[i] - 1)).toBeLessThan(1e-4);
      });
      network.dispose();
    });
  });
}

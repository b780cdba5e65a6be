import { hessianEigenvalues } from '@subspace/laplace';
import { describeGolden } from '@subspace-internal/testing';
import { expect, it } from 'vitest';
import { goldenProblem, goldens } from './golden-problem.ts';

for (const problem of goldens) {
  describeGolden(problem.file, (golden) => {
    it.each([
      ['hessian', 'hessian'],
      ['gauss-newton', 'ggn'],
    ] as const)('has the outer eigenvalues of the %s matrix', async (matrix, name) => {
      const { network, weights, data, likelihood } = goldenProblem(problem, golden);
      const options = { likelihood, matrix, top: 5, bottom: matrix === 'hessian' ? 5 : 0, batchSize: 11 };
      const { top, bottom, converged, products } = await hessianEigenvalues(network, weights, data, options);
      const { top5, bottom5 } = golden[name];
      expect(converged).toBe(true);
      expect(products).toEqual({ kind: 'exact', relativeError: 0 });
      top.values.forEach((value, k) => {
        expect(Math.abs(value - top5[k])).toBeLessThan(2e-6 * top5[0]);
      });
      bottom.values.forEach((value, k) => {
        expect(Math.abs(value - bottom5[k])).toBeLessThan(2e-6 * top5[0]);
      });
      network.dispose();
    });
  });
}

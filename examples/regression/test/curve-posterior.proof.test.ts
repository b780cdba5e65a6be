import { coordinateChains, gaussianLikelihood, sample, subspacePosterior } from '@subspace/core';
import { curveSubspace } from '@subspace/curves';
import { mcseMean, rHat } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { gridPosterior } from '@subspace/smc';
import { describeGolden, sharedPath } from '@subspace-internal/testing';
import { expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import { checkpointsProblem } from '../src/problem.ts';
import { readSolutions } from '../src/solutions.ts';

describeGolden('regression-curve-posterior.json', (golden) => {
  it('elliptical slice sampling and the exact grid find the posterior of the authors’ curve plane, read from their files: mean and second moments', async () => {
    const folder = sharedPath('data', 'synthetic-regression');
    const engine = await openEngine();
    const curve = (await (await readSolutions(engine, folder)).curve())!;
    const network = engine.network(1);
    const plane = curveSubspace(network.layout, curve);
    const posterior = subspacePosterior(network, plane, (await checkpointsProblem(folder)).train.data, {
      likelihood: gaussianLikelihood({ variance: 0.05 }),
      priorStd: golden.T1.sigma,
      temperature: golden.T1.temperature,
    });
    const draws = await sample(ellipticalSlice(posterior), { draws: 1500, warmup: 200, chains: 4, seed: 1 });
    const grid = await gridPosterior(posterior, { tolerance: 0.01 });
    posterior.dispose();
    network.dispose();

    const { mean, covariance } = golden.T1;
    // In standard deviations.
    for (const i of [0, 1]) {
      const std = Math.sqrt(covariance[i][i]);
      expect(Math.abs(grid.mean[i] - mean[i]) / std).toBeLessThan(0.02);
      expect(Math.abs(Math.sqrt(grid.covariance[3 * i]) / std - 1)).toBeLessThan(0.02);
    }
    const z = [0, 1].map((k) => coordinateChains(draws, k));
    const near = (chains: readonly Float64Array[], expected: number, what: string) => {
      const average = chains.reduce((sum, chain) => sum + chain.reduce((a, b) => a + b, 0), 0) / draws.size;
      expect(Math.abs(average - expected) / mcseMean(chains), what).toBeLessThan(4);
      expect(rHat(chains), what).toBeLessThan(1.05);
    };
    for (const i of [0, 1]) {
      near(z[i], mean[i], `mean of z${i}`);
      for (const j of i === 0 ? [0, 1] : [1]) {
        const products = z[i].map((chain, c) => chain.map((value, d) => (value - mean[i]) * (z[j][c][d] - mean[j])));
        near(products, covariance[i][j], `covariance of z${i} and z${j}`);
      }
    }
  });
});

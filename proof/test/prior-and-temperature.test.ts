import {
  arraysDataset,
  choosePriorStd,
  chooseTemperature,
  type Dataset,
  fit,
  heteroscedasticGaussianLikelihood,
  posterior,
  predictRegression,
  sample,
  sgd,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { gatherRows } from '@subspace/core/internals';
import { splits, standardize } from '@subspace/datasets';
import { yacht } from '@subspace/datasets/yacht';
import { denseNetwork } from '@subspace/dense';
import { pointwiseLogLikelihood, psisLoo } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { mixtureNll } from '@subspace/metrics';
import { cloudPosterior, sequentialMonteCarlo } from '@subspace/smc';
import { pcaSubspace, swagMoments } from '@subspace/swag';
import { laplace } from '@subspace/vi';
import { expect, it } from 'vitest';
import { linearGaussian } from '../src/targets/linear-gaussian.ts';

it('the prior by evidence, from Laplace and from sequential Monte Carlo, of a model whose evidence is known', async () => {
  const { logLikelihood } = linearGaussian({ dim: 5, temperature: 1, salt: 510 }).posterior!;
  const at = (priorStd: number) => posterior({ logLikelihood, priorStd });
  // Of a Gaussian posterior, Laplace's evidence is exact.
  const exact = async (priorStd: number) =>
    (await laplace(at(priorStd), { curvature: 'hessian', evaluationDraws: 2 })).logEvidence;
  const byLaplace = await choosePriorStd(exact);
  const best = byLaplace.priorStd;
  for (const other of [best * 1.03, best / 1.03]) expect(await exact(other)).toBeLessThan(await exact(best));

  const bySmc = await choosePriorStd(async (priorStd) => {
    const smc = await sequentialMonteCarlo(at(priorStd), {
      particles: 128,
      move: (tempered, cloud) => ellipticalSlice(cloudPosterior(tempered, cloud)),
      seed: 1,
    });
    return { value: smc.logEvidence, standardError: smc.logEvidenceStandardError };
  });
  const { curve } = bySmc;
  const noise = Math.sqrt(curve.reduce((sum, { standardError }) => sum + standardError! ** 2, 0) / curve.length);
  // One evaluation is off by its noise; what is chosen loses less than that.
  expect((await exact(best)) - (await exact(bySmc.priorStd))).toBeLessThan(noise);
  expect(noise).toBeLessThan(1);
});

it('prior and temperature of a network on real data, chosen on training rows, is right about the others', async () => {
  const { inputs, targets } = yacht();
  const [{ train, test }] = splits(inputs.shape[0], { seed: 1, count: 1 });
  const x = standardize(inputs, { rows: train }).arrays;
  const y = standardize(targets, { rows: train }).arrays;
  const rowsOf = (rows: Int32Array): Dataset =>
    arraysDataset({ inputs: gatherRows(x, rows), targets: gatherRows(y, rows) });
  const data = rowsOf(train);
  const likelihood = heteroscedasticGaussianLikelihood();
  const network = denseNetwork({ sizes: [6, 20, 2], head: 'heteroscedastic', seed: 1 });
  const moments = swagMoments(network.layout, { rank: 10 });
  await fit(network, data, {
    likelihood,
    epochs: 300,
    batchSize: 30,
    optimizer: sgd({ momentum: 0.9, weightDecay: 1e-3 }),
    learningRate: 1e-3,
    collect: { into: moments, from: 150 },
    seed: 1,
  });
  const plane = pcaSubspace(moments, { rank: 3 });
  const at = (priorStd: number, temperature: number) =>
    subspacePosterior(network, plane, data, { likelihood, priorStd, temperature });

  const prior = await choosePriorStd(
    async (priorStd) => (await laplace(at(priorStd, 1), { evaluationDraws: 2 })).logEvidence,
    {
      from: 0.1,
      to: 1000,
    },
  );
  const smc = await sequentialMonteCarlo(at(prior.priorStd, 1), { particles: 256, move: ellipticalSlice, seed: 1 });
  expect(Math.abs(smc.logEvidence - prior.logEvidence)).toBeLessThan(1);
  expect(prior.edge).toBeUndefined();

  const drawsAt = (temperature: number) =>
    sample(ellipticalSlice(at(prior.priorStd, temperature)), { draws: 150, warmup: 50, chains: 4, seed: 1 });
  const chosen = await chooseTemperature(
    async (temperature) => {
      const loo = await psisLoo(
        await pointwiseLogLikelihood(at(prior.priorStd, temperature), await drawsAt(temperature)),
      );
      return loo.elpd;
    },
    { from: 0.1, to: 1000 },
  );
  const heldOut = async (temperature: number) => {
    const draws = subspaceDraws(plane, await drawsAt(temperature));
    const prediction = await predictRegression(network, draws, gatherRows(x, test), {
      likelihood,
      samples: 200,
      seed: 1,
      keepMembers: true,
    });
    return -mixtureNll(prediction, gatherRows(y, test).data);
  };
  // Rows that the score has not seen: what it chose is as good as any of these, and warmth does harm.
  const scores = await Promise.all([0.1, 1, 10, 100, 1000].map(heldOut));
  const found = await heldOut(chosen.temperature);
  expect(found).toBeGreaterThan(Math.max(...scores) - 0.05);
  expect(found).toBeGreaterThan(scores[4] + 0.1);
  network.dispose();
});

import {
  choosePriorStd,
  chooseTemperature,
  posterior,
  predictRegression,
  sample,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { pointwiseLogLikelihood, psisLoo } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { mixtureNll } from '@subspace/metrics';
import { cloudPosterior, sequentialMonteCarlo } from '@subspace/smc';
import { laplace } from '@subspace/vi';
import { belongs } from '@subspace-internal/testing';
import { expect, it } from 'vitest';
import { linearGaussian } from '../src/targets/linear-gaussian.ts';
import { yachtNetwork } from '../src/yacht-network.ts';

it.runIf(belongs(true))(
  'the prior by evidence, from Laplace and from sequential Monte Carlo, of a model whose evidence is known',
  async () => {
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
  },
);

it.runIf(belongs(false))(
  'prior and temperature of a network on real data, chosen on training rows, is right about the others',
  async () => {
    const yacht = await yachtNetwork({ hidden: 20, epochs: 300, rank: 3 });
    const { network, subspace: plane, data, likelihood, test } = yacht;
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
      const prediction = await predictRegression(network, draws, test.inputs, {
        likelihood,
        samples: 200,
        seed: 1,
        keepMembers: true,
      });
      return -mixtureNll(prediction, test.targets);
    };
    // Rows that the score has not seen: what it chose is as good as any of these, and warmth does harm.
    const scores = await Promise.all([0.1, 1, 10, 100, 1000].map(heldOut));
    const found = await heldOut(chosen.temperature);
    expect(found).toBeGreaterThan(Math.max(...scores) - 0.05);
    expect(found).toBeGreaterThan(scores[4] + 0.1);
    yacht.dispose();
  },
);

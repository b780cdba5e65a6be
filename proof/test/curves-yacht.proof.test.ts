import {
  drawsFrom,
  fit,
  heteroscedasticGaussianLikelihood,
  linearDecay,
  predictRegression,
  sample,
  sgd,
  subspaceDraws,
  subspacePosterior,
} from '@subspace/core';
import { curveSubspace, evaluateCurve, fitCurve } from '@subspace/curves';
import { denseNetwork } from '@subspace/dense';
import { ellipticalSlice } from '@subspace/ess';
import { gaussianNll } from '@subspace/metrics';
import { expect, it } from 'vitest';
import { yachtData } from '../src/yacht-network.ts';

it('goes round the barrier between two solutions for the yacht data, and its plane predicts as well as they do', async () => {
  const { data, test } = yachtData();
  const likelihood = heteroscedasticGaussianLikelihood();
  const optimizer = sgd({ momentum: 0.9, weightDecay: 1e-3 });
  const networks = ['one', 'two'].map((seed) =>
    denseNetwork({ sizes: [6, 50, 2], head: 'heteroscedastic', seed, threads: 1 }),
  );
  for (const network of networks) {
    await fit(network, data, { likelihood, epochs: 600, batchSize: 30, optimizer, learningRate: 1e-3, seed: 1 });
  }
  const [start, end] = await Promise.all(networks.map((network) => network.readWeights()));
  const [network] = networks;
  const curve = await fitCurve(network, data, {
    ...{ start, end, likelihood, epochs: 1200, batchSize: 30, optimizer, seed: 1 },
    learningRate: linearDecay({ learningRate: 1e-3, epochs: 1200 }),
  });

  const { curve: along, line } = await evaluateCurve(network, data, curve, { likelihood, points: 31 });
  const atEnds = Math.max(line.nll.values[0], line.nll.values[30]);
  const barrier = line.nll.maximum - atEnds;
  expect(barrier).toBeGreaterThan(0.5);
  expect(along.nll.maximum - atEnds).toBeLessThan(barrier / 3);
  expect(along.nll.integral).toBeLessThan(line.nll.integral);

  const plane = curveSubspace(network.layout, curve);
  const posterior = subspacePosterior(network, plane, data, { likelihood, priorStd: 1 });
  const draws = await sample(ellipticalSlice(posterior), {
    ...{ draws: 200, warmup: 200, thin: 5, chains: 3, initial: plane.starts(3), seed: 1 },
  });
  const held = async (sampler: Parameters<typeof subspaceDraws>[1]) => {
    const drawn = subspaceDraws(plane, sampler);
    const prediction = await predictRegression(network, drawn, test.inputs, { likelihood, samples: 200, seed: 1 });
    return gaussianNll(prediction, test.targets);
  };
  const { start: first, end: last } = plane.coordinates;
  const alone = await Promise.all([first, last].map((z) => held(drawsFrom([[z]]))));
  expect(await held(draws)).toBeLessThan(Math.max(...alone) + 0.1);
  posterior.dispose();
  for (const each of networks) each.dispose();
});

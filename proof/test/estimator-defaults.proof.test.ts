import {
  ensemble,
  posterior,
  predictRegression,
  type RawArrays,
  sample,
  standardize,
  subspaceDraws,
  type WeightSampler,
} from '@subspace/core';
import { loadUci } from '@subspace/datasets/node';
import { denseNetwork } from '@subspace/dense';
import { ellipticalSlice } from '@subspace/ess';
import { subspaceRegressor } from '@subspace/estimators';
import { mixtureNll } from '@subspace/metrics';
import { pcaSubspace, swagMoments } from '@subspace/swag';
import { describe, expect, it } from 'vitest';

/*
 * What docs/results/estimators.md has for all splits, on a few of them: the defaults of an estimator, as they come, beside the trained network by itself and beside temperature 1.
 */
const SPLITS = [0, 1, 2, 3, 4, 5];

describe.each(['yacht', 'concrete'])('an estimator of defaults on %s', (name) => {
  it('predicts rows that it has not seen better than its network does alone, and than at temperature 1', async () => {
    const data = await loadUci(name);
    const differences: { readonly sgd: number; readonly cold: number }[] = [];
    for (const split of SPLITS) {
      const { train, test } = data.splits[split];
      const [x, y] = [rowsOf(data.inputs, train), rowsOf(data.targets, train)];
      const [inputs, targets] = [rowsOf(data.inputs, test), rowsOf(data.targets, test).data as Float64Array];
      const model = subspaceRegressor({
        network: ({ inputs: width, seed }) =>
          denseNetwork({ sizes: [width, 50, 2], head: 'heteroscedastic', seed, threads: 1 }),
        moments: swagMoments,
        subspace: (moments) => pcaSubspace(moments, { rank: { upTo: 5 } }),
        sampler: ellipticalSlice,
      });
      const { network, weights, subspace, likelihood, logLikelihood, priorStd } = await model.fit(x, y, {
        seed: split,
      });
      const units = standardize(y).transform;
      const standard = standardize(x).transform.apply(inputs);
      const by = async (sampler: WeightSampler) =>
        mixtureNll(
          units.invertPrediction(
            await predictRegression(network, sampler, standard, {
              likelihood,
              samples: 200,
              seed: 1,
              keepMembers: true,
            }),
          ),
          targets,
        );
      const cold = posterior({ logLikelihood, priorStd, temperature: 1 });
      const draws = await sample(ellipticalSlice(cold), { draws: 500, warmup: 250, seed: 1 });
      const own = mixtureNll(await model.predict(inputs), targets);
      differences.push({
        sgd: own - (await by(ensemble([weights]))),
        cold: own - (await by(subspaceDraws(subspace, draws))),
      });
      model.dispose();
    }
    for (const against of ['sgd', 'cold'] as const) {
      const { mean, error } = paired(differences.map((difference) => difference[against]));
      expect(mean, against).toBeLessThan(-error);
    }
  });
});

/** Mean of paired differences, and its standard error. */
function paired(differences: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
  const squares = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (differences.length - 1) / differences.length) };
}

function rowsOf({ data, shape }: RawArrays, rows: Int32Array): RawArrays {
  const width = data.length / shape[0];
  const picked = Float64Array.from({ length: rows.length * width }, (_, i) =>
    Number(data[rows[Math.floor(i / width)] * width + (i % width)]),
  );
  return { data: picked, shape: [rows.length, width] };
}

import {
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  drawsFrom,
  ensemble,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Network,
  type PredictionOptions,
  predictClassification,
  predictRegression,
  randomSource,
  subspace,
  subspaceDraws,
  weightLayout,
} from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { linearNetwork } from './linear-network.ts';

const inputs = { data: Float32Array.of(0, 1, 2), shape: [3, 1] };
const likelihood = gaussianLikelihood({ variance: 0.25 });

/** Outputs are two numbers per row: the row's input plus each of the two weights. */
function twoOutputs(): Network {
  const network = linearNetwork(1);
  return {
    ...network,
    predict: ({ data, shape }, { weights } = {}) => ({
      data: Float32Array.from({ length: 2 * shape[0] }, (_, i) => data[i >> 1] + weights![i % 2]),
      shape: [shape[0], 2],
    }),
  };
}

describe('predictRegression', () => {
  it('has the moments of the mixture of its members', async () => {
    const weights = [Float32Array.of(1, 0), Float32Array.of(3, 1), Float32Array.of(2, -1)];
    const prediction = await predictRegression(linearNetwork(1), ensemble(weights), inputs, {
      likelihood,
      samples: 10,
      seed: 1,
      keepMembers: true,
    });
    for (const i of [0, 1, 2]) {
      const members = weights.map(([w, b]) => w * i + b);
      const mean = members.reduce((a, b) => a + b, 0) / 3;
      const variance = members.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 3;
      expect(prediction.mean[i]).toBeCloseTo(mean, 12);
      expect(prediction.epistemicVariance[i]).toBeCloseTo(variance, 12);
      expect(prediction.aleatoricVariance[i]).toBe(0.25);
      expect(prediction.variance[i]).toBeCloseTo(variance + 0.25, 12);
      expect(prediction.members!.means.map((member) => member[i])).toEqual(members);
    }
  });

  it('reads the noise of a heteroscedastic network from its outputs, and keeps no members unless asked', async () => {
    const prediction = await predictRegression(
      twoOutputs(),
      ensemble([Float32Array.of(1, 5), Float32Array.of(2, 7)]),
      inputs,
      {
        likelihood: heteroscedasticGaussianLikelihood(),
        samples: 2,
        seed: 1,
      },
    );
    expect([...prediction.mean]).toEqual([1.5, 2.5, 3.5]);
    expect([...prediction.aleatoricVariance]).toEqual([6, 7, 8]);
    expect([...prediction.epistemicVariance]).toEqual([0.25, 0.25, 0.25]);
    expect(prediction.members).toBeUndefined();
  });

  it('never has a negative variance, however large the mean', async () => {
    const weights = [1, 1 + 1e-7, 1 - 1e-7].map((w) => Float32Array.of(0, 1e6 * w));
    const { epistemicVariance } = await predictRegression(linearNetwork(1), ensemble(weights), inputs, {
      likelihood,
      samples: 3,
      seed: 1,
    });
    for (const variance of epistemicVariance) expect(variance).toBeGreaterThanOrEqual(0);
  });

  it('averages over weights drawn in a subspace, each draw once', async () => {
    const network = linearNetwork(1);
    const line = subspace({ layout: network.layout, shift: Float32Array.of(0, 1), basis: [Float32Array.of(2, 0)] });
    const draws = drawsFrom([[1, 2].map((z) => Float64Array.of(z)), [3, 4].map((z) => Float64Array.of(z))]);
    const { mean } = await predictRegression(network, subspaceDraws(line, draws), inputs, {
      likelihood,
      samples: 4,
      seed: 1,
    });
    expect([...mean]).toEqual([1, 1 + 2 * 2.5, 1 + 2 * 2 * 2.5]);
  });

  it('wants the choice of statistics from a network with batch norm', async () => {
    const refreshed: Float32Array[] = [];
    const network: Network = {
      ...linearNetwork(1),
      refreshStatistics: (weights, _, { fraction } = {}) => {
        refreshed.push(weights.slice());
        return [Float32Array.of(fraction ?? 1), Float32Array.of(1)];
      },
      predict: ({ shape }, { statistics } = {}) => ({
        data: new Float32Array(shape[0]).fill(statistics?.[0][0] ?? 7),
        shape: [shape[0], 1],
      }),
    };
    const data = arraysDataset({ inputs, targets: { data: new Float32Array(3), shape: [3, 1] } });
    const sampler = ensemble([Float32Array.of(1, 0), Float32Array.of(2, 0)]);
    const options = { likelihood, samples: 2, seed: 1 };
    const mean = async (refresh?: PredictionOptions['refresh']) =>
      (await predictRegression(network, sampler, inputs, { ...options, refresh })).mean[0];
    await expect(mean()).rejects.toThrow(
      "predictRegression: refresh is undefined, but the network has batch norm: expected { data, fraction? }, to refresh its statistics for every weight sample, or 'none'",
    );
    await expect(predictClassification(network, sampler, inputs, { samples: 2, seed: 1 })).rejects.toThrow(
      'predictClassification: refresh is undefined, but the network has batch norm',
    );
    expect(await mean('none')).toBe(7);
    expect(refreshed).toEqual([]);
    expect(await mean({ data })).toBe(1);
    expect(await mean({ data, fraction: 0.5 })).toBe(0.5);
    expect(refreshed).toHaveLength(4);
    await expect(mean('all' as 'none')).rejects.toThrow(`refresh is "all", expected { data, fraction? } or 'none'`);
    // Without batch norm there is nothing to choose.
    for (const refresh of [undefined, 'none', { data }] as const) {
      await predictRegression(linearNetwork(1), sampler, inputs, { ...options, refresh });
    }
  });

  it('rejects what it can not read, and numbers that are none', async () => {
    const network = linearNetwork(1);
    const one = ensemble([Float32Array.of(1, 0)]);
    const run = (changes: object, sampler = one, x = inputs) =>
      predictRegression(network, sampler, x, { likelihood, samples: 1, seed: 1, ...changes });
    await expect(run({ likelihood: categoricalLikelihood() })).rejects.toThrow(
      'likelihood is categorical, expected gaussian',
    );
    await expect(run({ samples: 0 })).rejects.toThrow('samples is 0');
    await expect(run({ seed: Number.NaN })).rejects.toThrow('seed is NaN');
    await expect(run({ draws: 3 })).rejects.toThrow('option draws is unknown');
    await expect(run({}, ensemble([Float32Array.of(1)]))).rejects.toThrow(
      'sampler has 1 weights, expected 2 as the network',
    );
    // What people have in their hands instead of a sampler.
    const draws = drawsFrom([[Float64Array.of(1)]]);
    const plane = subspace({ layout: network.layout, shift: new Float32Array(2), basis: [Float32Array.of(1, 0)] });
    const sampler = (given: unknown) => run({}, given as never);
    await expect(sampler(draws)).rejects.toThrow(
      'predictRegression: sampler is draws of coordinates, expected a sampler of weights: subspaceDraws(subspace, draws)',
    );
    await expect(sampler(plane)).rejects.toThrow(
      'sampler is a subspace, expected a sampler of weights: subspaceDraws(subspace, draws)',
    );
    for (const weights of [Float32Array.of(1, 0), [Float32Array.of(1, 0)]]) {
      await expect(sampler(weights)).rejects.toThrow(
        'sampler is an array, expected a sampler of weights: ensemble([weights])',
      );
    }
    await expect(sampler(null)).rejects.toThrow('sampler is null, expected an object');
    // Another order of the same weights is another network.
    const other = weightLayout([
      { name: 'b', shape: [1] },
      { name: 'w', shape: [1] },
    ]);
    await expect(run({}, ensemble([Float32Array.of(1, 0)], { layout: other }))).rejects.toThrow(
      'sampler has b [1] as tensor 0, expected w [1]',
    );
    await expect(run({}, one, { data: new Float32Array(0), shape: [0, 1] })).rejects.toThrow('inputs is empty');
    await expect(run({}, one, { data: Float32Array.of(Number.NaN), shape: [1, 1] })).rejects.toThrow(
      'inputs.data[0] is NaN',
    );
    await expect(run({ signal: AbortSignal.abort() })).rejects.toThrow('predictRegression: cancelled');
    await expect(run({ likelihood: heteroscedasticGaussianLikelihood() })).rejects.toThrow(
      'network has 1 outputs, expected means and as many variances',
    );
    await expect(run({ refresh: {} })).rejects.toThrow('refresh.data is undefined');
    const broken: Network = { ...network, predict: () => ({ data: Float32Array.of(Number.NaN), shape: [1, 1] }) };
    await expect(predictRegression(broken, one, inputs, { likelihood, samples: 1, seed: 1 })).rejects.toThrow(
      'sample 0 predicts mean NaN',
    );
  });
});

describe('predictClassification', () => {
  it('averages probabilities and splits their entropy', async () => {
    const sure = [Float32Array.of(50, -50), Float32Array.of(-50, 50)];
    const prediction = await predictClassification(twoOutputs(), ensemble(sure), inputs, {
      samples: 2,
      seed: 1,
      keepMembers: true,
    });
    expect(prediction.classes).toBe(2);
    for (const i of [0, 1, 2]) {
      expect(prediction.probabilities[2 * i]).toBeCloseTo(0.5, 12);
      expect(prediction.entropy[i]).toBeCloseTo(Math.log(2), 12);
      expect(prediction.expectedEntropy[i]).toBeCloseTo(0, 12);
      expect(prediction.mutualInformation[i]).toBeCloseTo(Math.log(2), 12);
    }
    expect(prediction.members).toHaveLength(2);
    const unsure = await predictClassification(twoOutputs(), ensemble([Float32Array.of(0, 0)]), inputs, {
      samples: 2,
      seed: 1,
    });
    expect(unsure.expectedEntropy[0]).toBeCloseTo(Math.log(2), 12);
    expect(unsure.mutualInformation[0]).toBe(0);
  });

  it('gives two classes for one logit, and asks networks for logits', async () => {
    const asked: unknown[] = [];
    const network: Network = {
      ...linearNetwork(1),
      predict: ({ data, shape }, { weights, logits } = {}) => {
        asked.push(logits);
        return { data: Float32Array.from(data, (x) => x * weights![0]), shape: [shape[0], 1] };
      },
    };
    const { classes, probabilities, entropy } = await predictClassification(
      network,
      ensemble([Float32Array.of(1, 0), Float32Array.of(-3, 0)]),
      inputs,
      { samples: 2, seed: 1 },
    );
    expect(classes).toBe(2);
    expect(asked).toEqual([true, true]);
    const sigma = (x: number) => 1 / (1 + Math.exp(-x));
    [0, 1, 2].forEach((x, i) => {
      const p = (sigma(x) + sigma(-3 * x)) / 2;
      expect(probabilities[2 * i]).toBeCloseTo(1 - p, 12);
      expect(probabilities[2 * i + 1]).toBeCloseTo(p, 12);
      expect(entropy[i]).toBeCloseTo(-p * Math.log(p) - (1 - p) * Math.log(1 - p), 12);
    });
    await predictRegression(network, ensemble([Float32Array.of(1, 0)]), inputs, { likelihood, samples: 1, seed: 1 });
    expect(asked[2]).toBe(false);
    await expect(
      predictRegression(network, ensemble([Float32Array.of(1, 0)]), inputs, {
        ...{ likelihood: binaryLikelihood(), samples: 1, seed: 1 },
      }),
    ).rejects.toThrow('likelihood is binary, expected gaussian or heteroscedastic-gaussian');
  });

  it('rejects logits that are not finite', async () => {
    const broken: Network = {
      ...twoOutputs(),
      predict: () => ({ data: Float32Array.of(Number.NaN, 1), shape: [1, 2] }),
    };
    await expect(
      predictClassification(broken, ensemble([Float32Array.of(1, 0)]), inputs, { samples: 1, seed: 1 }),
    ).rejects.toThrow('sample 0 has logits NaN, 1 at point 0');
  });
});

describe('ensemble', () => {
  it('yields each member once, evenly thinned', () => {
    const members = Array.from({ length: 6 }, (_, i) => Float32Array.of(i));
    const sampler = ensemble(members);
    expect([...sampler.weights(3, randomSource(1))].map(([w]) => w)).toEqual([1, 3, 5]);
    expect([...sampler.weights(60, randomSource(1))]).toEqual(members);
    expect(ensemble(members, { layout: weightLayout([{ name: 'w', shape: [1] }]) }).layout.entries[0].name).toBe('w');
  });

  it('rejects no members, members of different lengths and values that are not finite', () => {
    expect(() => ensemble([])).toThrow('weights are empty');
    expect(() => ensemble([Float32Array.of(1)], { layuot: 1 } as never)).toThrow('option layuot is unknown');
    expect(() => ensemble([Float32Array.of(1), Float32Array.of(1, 2)])).toThrow('weights[1] has length 2, expected 1');
    expect(() => ensemble([Float32Array.of(Infinity)])).toThrow('weights[0][0] is Infinity');
  });
});

describe('subspaceDraws', () => {
  it('rejects a sampler of another dimension', () => {
    const line = subspace({
      layout: weightLayout([{ name: 'w', shape: [1] }]),
      shift: Float32Array.of(0),
      basis: [Float32Array.of(1)],
    });
    expect(() => subspaceDraws(line, drawsFrom([[Float64Array.of(1, 2)]]))).toThrow('a draw has length 2, expected 1');
  });
});

import { type SgldOptions, sghmc, sgld } from '@subspace/sgmcmc';
import { describe, expect, it } from 'vitest';
import { data, likelihood, line, means, precision, priorStd } from './line.ts';
import { moments, slope } from './moments.ts';

type Overrides = Partial<SgldOptions> & { learningRate: SgldOptions['learningRate'] };

const settings = { likelihood, priorStd, batchSize: data.size, draws: 6000, warmup: 500, thin: 1, seed: 'moments' };

/** Methods whose law on a Gaussian target is known for any step, with all rows in each. h² = η/N. */
const methods = [
  {
    name: 'sgld',
    run: (options: Overrides) => sgld(line(), data, { ...settings, ...options }),
    // w ← (1 − h²λ)·w + √2·h·ξ.
    variance: (h2: number, lambda: number) => 1 / (lambda * (1 - (h2 * lambda) / 2)),
  },
  {
    name: 'sghmc',
    run: (options: Overrides) => sghmc(line(), data, { ...settings, momentum: 0.5, ...options }),
    // An autoregression of second order: (1 + β − h²λ), −β, noise √(2(1 − β))·h, β = ½.
    variance: (h2: number, lambda: number) => 1 / (lambda * (1 - (h2 * lambda) / 3)),
  },
];

/** Rates by h²λ: what part of its distance from the mode a weight goes in one step. */
const rateOf = (part: number, temperature = 1) => (part * data.size) / precision(temperature);

describe.each(methods)('$name on a Gaussian posterior', ({ run, variance }) => {
  it.each([1, 4])('has the moments that its steps should give, at T = %d', async (temperature) => {
    const lambda = precision(temperature);
    const learningRate = rateOf(0.4, temperature);
    const draws = await run({ learningRate, temperature });
    for (const weight of [0, 1]) {
      const centre = means(temperature)[weight];
      const found = moments(draws, weight, centre);
      expect(Math.abs(found.mean - centre)).toBeLessThan(4 * found.meanError);
      const exact = variance(learningRate / data.size, lambda);
      expect(Math.abs(found.variance - exact)).toBeLessThan(4 * found.varianceError);
    }
  });

  it('comes to the posterior as steps shrink: the bias of the variance is linear in the rate', async () => {
    const parts = [0.8, 0.4, 0.2];
    const biases: (readonly [number, number])[] = [];
    for (const part of parts) {
      const draws = await run({ learningRate: rateOf(part), thin: Math.ceil(0.8 / part) });
      const relative = [0, 1].map((weight) => moments(draws, weight, means()[weight]).variance * precision() - 1);
      biases.push([Math.log(part), Math.log((relative[0] + relative[1]) / 2)]);
    }
    // Exactly: bias = part/2/(1 − part/2) and part/3/(1 − part/3), whose slopes are 1.29 and 1.17 over these.
    expect(slope(biases)).toBeGreaterThan(0.9);
    expect(slope(biases)).toBeLessThan(1.6);
    const draws = await run({ learningRate: rateOf(0.02), thin: 20, draws: 2500 });
    for (const weight of [0, 1]) {
      const { variance: small, varianceError } = moments(draws, weight, means()[weight]);
      expect(Math.abs(small - 1 / precision())).toBeLessThan(4 * varianceError + 0.01 / precision());
    }
  });

  it('comes to the posterior from minibatches too, whose noise matters less as steps shrink', async () => {
    const excess = async (part: number) => {
      const draws = await run({ learningRate: rateOf(part), batchSize: 5, thin: Math.ceil(0.4 / part), draws: 4000 });
      const found = [0, 1].map((weight) => moments(draws, weight, means()[weight]));
      return {
        bias: ((found[0].variance + found[1].variance) / 2) * precision() - 1,
        error: Math.max(...found.map(({ varianceError }) => varianceError)) * precision(),
      };
    };
    const [large, small] = [await excess(0.4), await excess(0.04)];
    expect(large.bias).toBeGreaterThan(4 * large.error);
    expect(Math.abs(small.bias)).toBeLessThan(0.1 + 4 * small.error);
    expect(small.bias).toBeLessThan(large.bias / 3);
  });
});

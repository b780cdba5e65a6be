import { sghmc, sgld } from '@subspace/sgmcmc';
import { describe, expect, it } from 'vitest';
import { data, likelihood, line, precision, priorStd } from './line.ts';

const options = {
  likelihood,
  priorStd,
  batchSize: data.size,
  learningRate: 0.1,
  draws: 4000,
  warmup: 100,
  thin: 1,
  seed: 1,
};

describe('sghmc', () => {
  it('without momentum has the law of sgld at the same rate', async () => {
    // Autocorrelation of an AR(1) process: 1 − h²λ.
    const coefficient = 1 - (0.1 / data.size) * precision();
    for (const { members } of [
      await sghmc(line(), data, { ...options, momentum: 0 }),
      await sgld(line(), data, options),
    ]) {
      const values = members.map(([a]) => a);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      let [products, squares] = [0, 0];
      for (let i = 1; i < values.length; i++) {
        products += (values[i] - mean) * (values[i - 1] - mean);
        squares += (values[i] - mean) ** 2;
      }
      // The standard error of an estimated coefficient: √((1 − coefficient²)/n).
      expect(Math.abs(products / squares - coefficient)).toBeLessThan(
        4 * Math.sqrt((1 - coefficient ** 2) / values.length),
      );
    }
  });

  it.each([-0.1, 1, '0.9', Number.NaN])('refuses the momentum %s', async (momentum) => {
    await expect(sghmc(line(), data, { ...options, momentum } as typeof options)).rejects.toThrow(
      /^sghmc: momentum is /,
    );
  });
});

import { isotropicGaussian, logDensity, type SamplingAlgorithm, sample } from '@subspace/core';
import { type HmcInfo, hmc, mala, type NutsInfo, nuts } from '@subspace/nuts';
import { describe, expect, it } from 'vitest';

const target = {
  ...logDensity(5, (z) => ({ value: -0.5 * z.reduce((sum, x) => sum + x * x, 0), gradient: z.map((x) => -x) })),
  prior: isotropicGaussian(5, 1),
};
/** With the least and the most that the average acceptance may be: it is wanted at 0.8, 0.8 and 0.574, and a short warmup ends above rather than below. */
// biome-ignore lint/suspicious/noExplicitAny: the state is the algorithm's own affair
const methods: Readonly<Record<string, [SamplingAlgorithm<any, NutsInfo | HmcInfo>, number, number]>> = {
  nuts: [nuts(target), 0.6, 0.99],
  'nuts, dense': [nuts(target, { massMatrix: 'dense' }), 0.6, 0.99],
  hmc: [hmc(target, { stepSize: 0.5, steps: [3, 6], massMatrix: 'diagonal' }), 0.6, 0.99],
  mala: [mala(target), 0.4, 0.99],
};

describe('a short warmup', () => {
  it.each(Object.keys(methods))('of %s ends with a step size that is accepted and does not diverge', async (name) => {
    const [algorithm, least, most] = methods[name];
    for (let warmup = 10; warmup <= 60; warmup++) {
      const draws = await sample(algorithm, { draws: 100, warmup, chains: 4, seed: `short warmup ${warmup}` });
      const infos = draws.infos.flat();
      const acceptance = infos.reduce((sum, info) => sum + info.acceptance, 0) / infos.length;
      expect(acceptance, `warmup of ${warmup}`).toBeGreaterThan(least);
      expect(acceptance, `warmup of ${warmup}`).toBeLessThan(most);
      expect(infos.filter(({ divergence }) => divergence).length, `warmup of ${warmup}`).toBe(0);
    }
  });
});

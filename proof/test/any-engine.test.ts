import { type Draws, type Posterior, posterior, randomSource, type SubspaceLikelihood, sample } from '@subspace/core';
import { gridPosterior } from '@subspace/smc';
import { useBackend } from '@subspace/tfjs';
import { laplace, meanField } from '@subspace/vi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernels } from '../src/kernels.ts';
import { approximationMethods, particleMethods } from '../src/populations.ts';
import { samplers } from '../src/samplers.ts';
import { type SmallSubspaces, SUBSPACES, smallSubspaces } from '../src/small-subspaces.ts';

type Target = Posterior<SubspaceLikelihood>;

/** What a method finds, as numbers of the order of one: positions, moments, evidence. */
interface Method {
  readonly name: string;
  run(target: Target): Promise<readonly number[]>;
}

const flat = ({ positions }: Pick<Draws, 'positions'>) => positions.flat().flatMap((z) => [...z]);

/**
 * The first steps, a few of them of warmup: dual averaging turns a difference of the acceptance into one of the step that is √m/γ, tens of times, as large at its step m, so that after
 * some ten of them the two engines' chains part.
 */
const firstSteps: readonly Method[] = samplers.map(({ name, create }) => ({
  name,
  run: async (target) =>
    flat(await sample(create(target as Posterior), { draws: 10, warmup: 4, chains: 2, seed: 'first steps' })),
}));

/** More of them where there is no adaptation. */
const fixedSteps: readonly Method[] = kernels.map(({ name, create }) => ({
  name: `${name}, tuned`,
  run: async (target) =>
    flat(await sample(create(target as Posterior), { draws: 20, warmup: 0, chains: 2, seed: 'first steps' })),
}));

const particles: readonly Method[] = particleMethods.map(({ name, run }) => ({
  name,
  async run(target) {
    const { positions, logEvidence } = await run(target as Posterior, { particles: 16, seed: 'particles' });
    return [logEvidence, ...flat({ positions: [positions] })];
  },
}));

const fits: readonly Method[] = approximationMethods.map(({ name, fit }) => ({
  name,
  async run(target) {
    const options = { iterations: 50, seed: 'fit', flow: { layers: 2, hidden: 8 } };
    const approximation = await fit(target as Posterior, options);
    return [approximation.elbo, ...approximation.sample(randomSource(1), 5).flatMap((z) => [...z])];
  },
}));

const methods: readonly Method[] = [
  ...firstSteps,
  ...fixedSteps,
  ...particles,
  ...fits,
  {
    name: 'laplace by Gauss–Newton',
    async run(target) {
      const { mean, covariance, logEvidence } = await laplace(target, { evaluationDraws: 2 });
      return [logEvidence, ...mean, ...covariance];
    },
  },
  {
    name: 'meanField by minibatches',
    async run(target) {
      const options = { iterations: 50, minibatch: 10, evaluationDraws: 100, seed: 'minibatches' };
      const { elbo, mean, covariance } = await meanField(target, options);
      return [elbo, ...mean, ...covariance];
    },
  },
  {
    name: 'gridPosterior',
    async run(target) {
      const { logEvidence, mean, covariance } = await gridPosterior(target, { resolution: 16, tolerance: 1e-2 });
      return [logEvidence, ...mean, ...covariance];
    },
  },
];

/** Float32 is off by 1e-6 in sums of a few nats; steps that follow gradients, and adaptation, multiply that until the last one. */
const CLOSE = 1e-3;

const furthest = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - b[i]))) : Infinity;

describe('from the same seed', () => {
  let subspaces: SmallSubspaces;
  beforeAll(async () => {
    await useBackend('cpu');
    subspaces = await smallSubspaces();
  });
  afterAll(() => subspaces.dispose());

  it.each(methods)('$name finds the same by dense and by tfjs', async ({ run }) => {
    const { dense, tfjs } = subspaces.posteriors('pca');
    const found = await run(dense);
    expect(furthest(await run(tfjs), found)).toBeLessThan(CLOSE);
    // That would not be so of another posterior.
    const { logLikelihood, prior, temperature } = dense;
    const warmer = posterior({ logLikelihood, prior, temperature: 1.5 * temperature });
    expect(furthest(await run(warmer), found)).toBeGreaterThan(5 * CLOSE);
  });

  const cheap = methods.filter(({ name }) => ['ellipticalSlice', 'nuts', 'laplace by Gauss–Newton'].includes(name));
  describe.each(SUBSPACES)('in the subspace %s', (kind) => {
    it.each(cheap)('$name finds the same by dense and by tfjs', async ({ run }) => {
      const { dense, tfjs } = subspaces.posteriors(kind);
      expect(furthest(await run(tfjs), await run(dense))).toBeLessThan(CLOSE);
    });
  });

  it('the subspaces are different ones', async () => {
    const [laplaced] = methods.filter(({ name }) => name === 'laplace by Gauss–Newton');
    const evidences = await Promise.all(
      SUBSPACES.map(async (kind) => (await laplaced.run(subspaces.posteriors(kind).dense))[0]),
    );
    expect(new Set(evidences.map((value) => value.toFixed(2))).size).toBe(SUBSPACES.length);
  });
});

import { isotropicGaussian, logDensity, type Posterior, posterior, type Vector } from '@subspace/core';
import { findMap, fullRank, laplace, meanField, realNvp } from '@subspace/vi';
import { describe, expect, it } from 'vitest';

/** −(z² − 4)²: maxima at ±2, a minimum at 0. */
const wells = logDensity(1, ([z]) => ({ value: -((z * z - 4) ** 2), gradient: Float64Array.of(-4 * z * (z * z - 4)) }));

describe('findMap and laplace from where the gradient is zero', () => {
  it('go on from a minimum between modes', async () => {
    for (const initial of [undefined, Float64Array.of(0)]) {
      const { position, converged } = await findMap(wells, { initial });
      expect(Math.abs(position[0])).toBeCloseTo(2, 2);
      expect(converged).toBe(true);
      const { mean, covariance } = await laplace(wells, { initial, curvature: 'hessian' });
      expect(Math.abs(mean[0])).toBeCloseTo(2, 2);
      expect(covariance[0]).toBeCloseTo(1 / 32, 2);
    }
  });

  it('go on from saddles, one after another', async () => {
    const saddles = logDensity(3, (z) => ({
      value: -z.reduce((sum, x) => sum + (x * x - 4) ** 2, 0) - 0.1 * z[0] * z[1],
      gradient: z.map((x, k) => -4 * x * (x * x - 4) - (k === 2 ? 0 : 0.1 * z[1 - k])),
    }));
    const { position, converged } = await findMap(saddles, { initial: new Float64Array(3) });
    for (const z of position) expect(Math.abs(z)).toBeCloseTo(2, 1);
    expect(converged).toBe(true);
  });

  it('have not converged where it goes up without end', async () => {
    const rising = logDensity(1, ([z]) => ({ value: z * z, gradient: Float64Array.of(2 * z) }));
    expect((await findMap(rising)).converged).toBe(false);
  });

  it('stay on a maximum, a ridge and a plain', async () => {
    const ridge = logDensity(2, ([x]) => ({ value: -x * x, gradient: Float64Array.of(-2 * x, 0) }));
    const top = await findMap(ridge, { initial: Float64Array.of(0, 3) });
    expect([...top.position]).toEqual([0, 3]);
    expect(top.converged).toBe(true);
    const plain = logDensity(2, () => ({ value: 1, gradient: new Float64Array(2) }));
    expect(await findMap(plain)).toMatchObject({ converged: true, logDensity: 1 });
  });
});

describe('several starts', () => {
  /** Two bumps, the one far from the mean of the prior the higher by far. */
  const bumps = {
    ...logDensity(1, ([z]) => {
      const [near, far] = [Math.exp(-0.5 * z ** 2), Math.exp(8 - 0.5 * (z - 9) ** 2)];
      const sum = near + far;
      return { value: Math.log(sum), gradient: Float64Array.of((-z * near - (z - 9) * far) / sum) };
    }),
    prior: isotropicGaussian(1, 8),
  };

  it('find the highest mode, where one finds the nearest', async () => {
    expect((await findMap(bumps, { starts: 1 })).position[0]).toBeCloseTo(0, 1);
    expect((await findMap(bumps, { starts: 8 })).position[0]).toBeCloseTo(9, 2);
    expect((await laplace(bumps, { starts: 8, curvature: 'hessian' })).mean[0]).toBeCloseTo(9, 2);
  });

  it('are the same for the same seed, and one where `initial` says from where', async () => {
    expect(await findMap(bumps, { seed: 3 })).toEqual(await findMap(bumps, { seed: 3 }));
    expect((await findMap(bumps, { initial: Float64Array.of(-1) })).position[0]).toBeCloseTo(0, 1);
  });

  it('survive one that is not finite', async () => {
    const half = {
      ...logDensity(1, ([z]) => ({
        value: z > 0.5 ? -0.5 * (z - 3) ** 2 : Number.NaN,
        gradient: Float64Array.of(3 - z),
      })),
      prior: isotropicGaussian(1, 3),
    };
    expect((await findMap(half)).position[0]).toBeCloseTo(3, 2);
    await expect(findMap(half, { starts: 1 })).rejects.toThrow(
      'findMap: the log density or its gradient is not finite',
    );
    const nowhere = {
      ...logDensity(1, () => ({ value: Number.NaN, gradient: Float64Array.of(0) })),
      prior: half.prior,
    };
    await expect(findMap(nowhere)).rejects.toThrow(
      'findMap: the log density or its gradient is not finite at the start [0]',
    );
  });

  it('name what is wrong', async () => {
    await expect(findMap(bumps, { starts: 0 })).rejects.toThrow('findMap: starts is 0');
    await expect(laplace(bumps, { starts: 1.5 })).rejects.toThrow('laplace: starts is 1.5');
    await expect(findMap(bumps, { starts: 2, initial: [1] as never })).rejects.toThrow('findMap: initial is Array');
    await expect(findMap(bumps, { seed: Number.NaN })).rejects.toThrow('findMap: seed is NaN');
  });
});

describe('priors at the ends of float64', () => {
  const likelihood = logDensity(2, ([x, y]: Vector) => ({
    value: -0.5 * ((x - 1) ** 2 + y ** 2),
    gradient: Float64Array.of(1 - x, -y),
  }));
  const methods: readonly [string, (target: Posterior) => Promise<unknown>][] = [
    ['findMap', (target) => findMap(target)],
    ['laplace', (target) => laplace(target, { curvature: 'hessian' })],
    ['meanField', (target) => meanField(target, { iterations: 20, seed: 1 })],
    ['fullRank', (target) => fullRank(target, { iterations: 20, seed: 1 })],
    ['realNvp', (target) => realNvp(target, { iterations: 20, seed: 1, hidden: 2, layers: 2 })],
  ];

  it.each(methods)('%s: a clear error where the precision is no number', async (name, method) => {
    for (const priorStd of [1e-300, 1e-160, 1e300]) {
      await expect(method(posterior({ logLikelihood: likelihood, priorStd }))).rejects.toThrow(
        `${name}: posterior.prior has a precision of ${priorStd < 1 ? Infinity : 0} in coordinate 0, expected`,
      );
    }
  });

  it.each(methods)('%s: right where it is one', async (_name, method) => {
    for (const priorStd of [1e-100, 1e100]) {
      await expect(method(posterior({ logLikelihood: likelihood, priorStd }))).resolves.toBeDefined();
    }
    const { position } = await findMap(posterior({ logLikelihood: likelihood, priorStd: 1e100 }));
    expect(position[0]).toBeCloseTo(1, 4);
  });
});

describe('a density without a bound', () => {
  it('is not said to be fitted', async () => {
    const quartic = logDensity(1, ([z]) => ({ value: z ** 4, gradient: Float64Array.of(4 * z ** 3) }));
    const { converged, paretoK } = await meanField(quartic, { iterations: 300, seed: 1 });
    expect(converged).toBe(false);
    expect(paretoK).toBe(Infinity);
    const high = logDensity(1, ([z]) => ({ value: 1e306 * (1 - z * z), gradient: Float64Array.of(-2e306 * z) }));
    await expect(meanField(high, { iterations: 300, seed: 1, initialStd: 1e-9 })).rejects.toThrow(
      'meanField: the ELBO is Infinity, expected less: the density rises without end',
    );
  });
});

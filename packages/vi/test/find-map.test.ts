import { logDensity, posterior, type Vector } from '@subspace/core';
import { findMap } from '@subspace/vi';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { FORMULA_NETWORKS, formulaNetwork } from './formula-network.ts';
import { LINEAR_GAUSSIANS, linearGaussian } from './linear-gaussian.ts';

/** Rosenbrock's valley, with its top of 0 at (1, 1). */
const valley = logDensity(2, ([x, y]) => ({
  value: -((1 - x) ** 2) - 100 * (y - x * x) ** 2,
  gradient: Float64Array.of(2 * (1 - x) + 400 * x * (y - x * x), -200 * (y - x * x)),
}));

describe('findMap', () => {
  it('climbs a bent valley to its top, without a prior or curvature', async () => {
    const {
      position,
      logDensity: top,
      gradient,
      converged,
    } = await findMap(valley, {
      initial: Float64Array.of(-1.2, 1),
      tolerance: 1e-14,
    });
    expect([...position]).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
    expect(top).toBeCloseTo(0, 12);
    expect(Math.hypot(...gradient)).toBeLessThan(1e-5);
    expect(converged).toBe(true);
  });

  it('takes coordinates whose scales are eight orders of magnitude apart', async () => {
    const scales = [1e-4, 1, 1e4];
    const target = logDensity(3, (z) => ({
      value: -0.5 * z.reduce((sum, x, k) => sum + (x / scales[k] - 1) ** 2, 0),
      gradient: z.map((x, k) => -(x / scales[k] - 1) / scales[k]),
    }));
    const { position, evaluations } = await findMap(target, { tolerance: 1e-12, starts: 1 });
    position.forEach((x, k) => {
      expect(x / scales[k]).toBeCloseTo(1, 5);
    });
    expect(evaluations).toBeLessThan(100);
  });

  it('ends on a kink that is the top, where the gradient is not zero', async () => {
    const target = logDensity(2, ([x, y]) => ({
      value: -Math.abs(x - 1) - 3 * Math.abs(y + 2) - 0.1 * (x * x + y * y),
      gradient: Float64Array.of(-Math.sign(x - 1) - 0.2 * x, -3 * Math.sign(y + 2) - 0.2 * y),
    }));
    const { position, gradient } = await findMap(target, { initial: Float64Array.of(4, 5), tolerance: 1e-8 });
    expect([...position]).toEqual([expect.closeTo(1, 4), expect.closeTo(-2, 4)]);
    expect(Math.hypot(...gradient)).toBeGreaterThan(0.5);
  });

  it('steps back from where the density is not finite', async () => {
    const target = logDensity(1, ([x]) => ({
      value: x > 0 ? Math.log(x) - x : Number.NaN,
      gradient: Float64Array.of(1 / x - 1),
    }));
    const { position } = await findMap(target, { initial: Float64Array.of(20), tolerance: 1e-8 });
    expect(position[0]).toBeCloseTo(1, 3);
  });

  it('starts from the mean of the prior, and climbs the tempered density', async () => {
    const asked: Vector[] = [];
    const logLikelihood = logDensity(1, (z) => {
      asked.push(z.slice());
      return { value: -0.5 * (z[0] - 2) ** 2, gradient: Float64Array.of(2 - z[0]) };
    });
    const prior = { mean: Float64Array.of(8), cholesky: Float64Array.of(1) };
    const { position } = await findMap(posterior({ logLikelihood, prior, temperature: 4 }));
    expect(asked[0][0]).toBe(8);
    // (2/4 + 8) / (1/4 + 1)
    expect(position[0]).toBeCloseTo(6.8, 6);
  });

  it('reports its iterations, and stops at the limit', async () => {
    const seen: number[] = [];
    const { converged, iterations } = await findMap(valley, {
      initial: Float64Array.of(-1.2, 1),
      maxIterations: 5,
      onProgress: ({ iteration, of, logDensity: value }) => {
        seen.push(iteration);
        expect(of).toBe(5);
        expect(value).toBeLessThan(0);
      },
    });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect({ converged, iterations }).toEqual({ converged: false, iterations: 5 });
  });

  it('has not converged where the density has no maximum', async () => {
    const rising = logDensity(1, ([x]) => ({ value: x, gradient: Float64Array.of(1) }));
    const { position, converged } = await findMap(rising);
    expect(converged).toBe(false);
    expect(position[0]).toBeGreaterThan(1e6);
  });

  it('can be cancelled', async () => {
    await expect(findMap(valley, { signal: { aborted: true } })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('names what is wrong', async () => {
    await expect(findMap(undefined as never)).rejects.toThrow('findMap: posterior is undefined, expected an object');
    await expect(findMap(logDensity(1, () => 0) as never)).rejects.toThrow('logDensity: f returned no gradient');
    await expect(findMap({ dim: 1, values: valley.values } as never)).rejects.toThrow(
      'findMap: posterior has no valuesAndGradients, expected a differentiable log density',
    );
    await expect(findMap(valley, { initial: new Float64Array(3) })).rejects.toThrow(
      'findMap: initial has length 3, expected 2',
    );
    await expect(findMap(valley, { initial: [0, 0] as never })).rejects.toThrow(
      'findMap: initial is Array, expected a Float64Array of length 2',
    );
    await expect(findMap(valley, { initial: Float64Array.of(0, Number.NaN) })).rejects.toThrow(
      'findMap: initial[1] is NaN',
    );
    await expect(findMap(valley, { maxIterations: 0 })).rejects.toThrow('findMap: maxIterations is 0');
    await expect(findMap(valley, { tolerance: 0 })).rejects.toThrow('findMap: tolerance is 0');
    await expect(findMap(valley, { tolerence: 1 } as never)).rejects.toThrow('findMap: option tolerence is unknown');
    const nowhere = logDensity(1, () => ({ value: -Infinity, gradient: Float64Array.of(0) }));
    await expect(findMap(nowhere)).rejects.toThrow(
      'findMap: the log density or its gradient is not finite at the start [0]',
    );
  });
});

describeGolden('samplers-targets.json', (golden) => {
  it('finds the mean of every linear Gaussian model', async () => {
    for (const [name, salt] of Object.entries(LINEAR_GAUSSIANS)) {
      const exact = golden.linearGaussian[name];
      const { position } = await findMap(linearGaussian(exact, salt), { tolerance: 1e-14 });
      position.forEach((x, k) => {
        expect(x, name).toBeCloseTo(exact.posteriorMean[k], 9);
      });
    }
  });
});

for (const name of FORMULA_NETWORKS) {
  describeGolden(`hessian-${name}.json`, (golden) => {
    it('climbs from z = 0 to a maximum as high as the reference’s', async () => {
      const { map, priorSigma } = golden.subspaceLaplace;
      const target = posterior({
        logLikelihood: formulaNetwork(name, golden.provenance.seed, golden.network.std, golden.data.points),
        priorStd: priorSigma,
        temperature: map.temperature,
      });
      const [{ value, gradient }] = await target.valuesAndGradients([Float64Array.from(map.z)]);
      expect(value).toBeCloseTo(map.logPosterior, 10);
      expect(Math.hypot(...gradient)).toBeLessThan(1e-8);
      const found = await findMap(target, { tolerance: 1e-14 });
      expect(found.logDensity).toBeGreaterThan(map.logPosterior - 1e-9);
      if (found.logDensity < map.logPosterior + 1e-6) {
        found.position.forEach((x, k) => {
          expect(x).toBeCloseTo(map.z[k], 5);
        });
      }
    });
  });
}

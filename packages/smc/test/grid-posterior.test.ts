import {
  type Gaussian,
  gaussianLogDensity,
  isotropicGaussian,
  type LogDensity,
  logDensity,
  posterior,
  randomSource,
  type Vector,
} from '@subspace/core';
import { normalQuantile } from '@subspace/core/internals';
import { type GridPosterior, gridPosterior } from '@subspace/smc';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { logNormal } from './independent-runs.ts';
import { goldenLogLikelihood, salts } from './linear-gaussian.ts';

/** A target that is a given density: the likelihood takes the prior away again. */
function target(dim: number, log: (z: Vector) => number, prior: Gaussian = isotropicGaussian(dim, 1)) {
  return posterior({ logLikelihood: logDensity(dim, (z) => log(z) - gaussianLogDensity(prior, z)), prior });
}

const levels = [0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999];

describe('gridPosterior of a Gaussian', () => {
  it('has its evidence, moments and quantiles in one coordinate', async () => {
    const gaussian: Gaussian = { mean: Float64Array.of(0.3), cholesky: Float64Array.of(0.01) };
    const grid = await gridPosterior(target(1, (z) => 5 + gaussianLogDensity(gaussian, z)));
    expect(grid.logEvidence).toBeCloseTo(5, 10);
    expect(grid.mean[0]).toBeCloseTo(0.3, 12);
    expect(grid.covariance[0]).toBeCloseTo(1e-4, 14);
    for (const p of levels) {
      // Fourth order in the spacing of a fifth of a standard deviation: 2e-6 in probability, which is 1e-3 standard deviations at the last level.
      expect(Math.abs(grid.quantile(0, p) - (0.3 + 0.01 * normalQuantile(p)))).toBeLessThan(1e-3 * 0.01);
    }
  });

  it('has them in two, correlated, much narrower than the prior and off its axes', async () => {
    const gaussian: Gaussian = { mean: Float64Array.of(-1, 0.5), cholesky: Float64Array.of(0.2, 0, 0.198, 0.02) };
    const grid = await gridPosterior(target(2, (z) => -40 + gaussianLogDensity(gaussian, z), isotropicGaussian(2, 3)));
    expect(grid.logEvidence).toBeCloseTo(-40, 9);
    expect(grid.mean[0]).toBeCloseTo(-1, 9);
    expect(grid.mean[1]).toBeCloseTo(0.5, 9);
    [0.04, 0.0396, 0.0396, 0.198 ** 2 + 0.0004].forEach((value, i) => {
      expect(grid.covariance[i]).toBeCloseTo(value, 9);
    });
    for (const p of levels) {
      expect(Math.abs(grid.quantile(0, p) - (-1 + 0.2 * normalQuantile(p)))).toBeLessThan(1e-3 * 0.2);
    }
    // A box of the same spacing everywhere would have 200 000 points and more.
    expect(grid.evaluations).toBeLessThan(30_000);
  });

  it('goes where the posterior goes, also far from the prior', async () => {
    const gaussian: Gaussian = { mean: Float64Array.of(100, -3), cholesky: Float64Array.of(0.5, 0, 0, 0.5) };
    const grid = await gridPosterior(target(2, (z) => gaussianLogDensity(gaussian, z)));
    expect(grid.logEvidence).toBeCloseTo(0, 9);
    expect(grid.mean[0]).toBeCloseTo(100, 9);
  });

  it('knows the tempered posterior of a conjugate model', async () => {
    const logLikelihood = logDensity(1, (z) => -0.5 * ((z[0] - 2) / 0.5) ** 2);
    const grid = await gridPosterior(posterior({ logLikelihood, priorStd: 1, temperature: 4 }));
    // Precision 1 + 1; ∫ exp(−½ (z − 2)²) N(z | 0, 1) = exp(−1)/√2.
    expect(grid.mean[0]).toBeCloseTo(1, 10);
    expect(grid.covariance[0]).toBeCloseTo(0.5, 10);
    expect(grid.logEvidence).toBeCloseTo(-1 - 0.5 * Math.log(2), 10);
  });
});

describe('gridPosterior of other shapes', () => {
  it('has the moments of a banana', async () => {
    const [a, b] = [2, 0.5];
    const banana = target(
      2,
      (z) => logNormal(z[0], 0, a * a) + logNormal(z[1], b * (z[0] ** 2 - a * a), 1),
      isotropicGaussian(2, 3),
    );
    const grid = await gridPosterior(banana);
    expect(grid.logEvidence).toBeCloseTo(0, 8);
    expect(grid.mean[0]).toBeCloseTo(0, 8);
    expect(grid.mean[1]).toBeCloseTo(0, 7);
    expect(grid.covariance[0]).toBeCloseTo(4, 7);
    expect(grid.covariance[3]).toBeCloseTo(9, 6);
    expect(grid.expectation((z) => z[0] ** 2 * z[1])).toBeCloseTo(b * 2 * a ** 4, 5);
    expect(Math.abs(grid.quantile(0, 0.75) - 1.3489795003921634)).toBeLessThan(1e-4);
  });

  it('has both of two far and narrow modes, with their weights', async () => {
    const modes = [-4, 4].map((x) => ({
      mean: Float64Array.of(x, x / 2),
      cholesky: Float64Array.of(0.05, 0, 0.02, 0.08),
    }));
    const mixture = target(
      2,
      (z) => {
        const terms = modes.map((mode, i) => Math.log(i === 0 ? 0.3 : 0.7) + gaussianLogDensity(mode, z));
        return Math.max(...terms) + Math.log1p(Math.exp(-Math.abs(terms[0] - terms[1])));
      },
      isotropicGaussian(2, 2),
    );
    const grid = await gridPosterior(mixture);
    expect(grid.logEvidence).toBeCloseTo(0, 8);
    expect(grid.expectation((z) => (z[0] < 0 ? 1 : 0))).toBeCloseTo(0.3, 8);
  });

  it('refines further where the density has kinks', async () => {
    // Laplace: scale 0.1, at a place that no lattice meets.
    const laplace = target(1, (z) => -Math.abs(z[0] - Math.SQRT1_2) / 0.1 - Math.log(0.2));
    const rough = await gridPosterior(laplace, { tolerance: 1e-2 });
    const fine = await gridPosterior(laplace, { tolerance: 1e-6 });
    expect(Math.abs(rough.logEvidence)).toBeLessThan(1e-2);
    expect(Math.abs(fine.logEvidence)).toBeLessThan(1e-6);
    expect(fine.axes[0].length).toBeGreaterThan(4 * rough.axes[0].length);
    expect(fine.quantile(0, 0.95)).toBeCloseTo(Math.SQRT1_2 + 0.1 * Math.log(10), 4);
  });

  it('gives NaN and −∞ no mass, and counts NaN', async () => {
    const half = target(1, (z) => (z[0] < 0 ? Number.NaN : z[0] > 3 ? -Infinity : logNormal(z[0], 0, 1)));
    const grid = await gridPosterior(half, { tolerance: 1e-3 });
    const mass = 0.5 - 0.0013498980316300933;
    expect(Math.abs(grid.logEvidence - Math.log(mass))).toBeLessThan(2e-3);
    expect(grid.nonFinite).toBeGreaterThan(10);
    expect(grid.quantile(0, 0.5)).toBeGreaterThan(0.6);
  });
});

describe('a GridPosterior', () => {
  let grid: GridPosterior;
  const density = (z: Vector) => logNormal(z[0], 0, 0.25) + logNormal(z[1], Math.sin(2 * z[0]), 0.04);

  it('has the normalised density at its points, and between them', async () => {
    grid = await gridPosterior(
      target(2, (z) => 3 + density(z)),
      { resolution: 256 },
    );
    const [first, second] = grid.axes;
    let sum = 0;
    grid.logDensities.forEach((value, index) => {
      const z = Float64Array.of(first[Math.floor(index / second.length)], second[index % second.length]);
      sum += Math.exp(value) * (first[1] - first[0]) * (second[1] - second[0]);
      if (value > -15) {
        expect(value).toBeCloseTo(density(z), 8);
        expect(grid.logDensity(z)).toBeCloseTo(value, 8);
      }
    });
    expect(sum).toBeCloseTo(1, 10);
    // Linear between points 0.03 apart, of a ridge that is 0.1 wide along the first axis: h²/8 of the curvature, at three standard deviations.
    const random = randomSource('between');
    for (let i = 0; i < 100; i++) {
      const x = 0.5 * random.normal();
      const z = Float64Array.of(x, Math.sin(2 * x) + 0.2 * random.normal());
      expect(Math.abs(grid.logDensity(z) - density(z))).toBeLessThan(0.05);
    }
    expect(grid.logDensity(Float64Array.of(50, 0))).toBe(-Infinity);
  });

  it('draws independently of the density between its points', () => {
    const draws = grid.sample(randomSource('draws'), 40_000);
    const within = (values: number[], exact: number) => {
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
      expect(Math.abs(mean - exact)).toBeLessThan(4 * Math.sqrt(variance / values.length));
    };
    const spacing = grid.axes.map((axis) => axis[1] - axis[0]);
    for (const k of [0, 1]) {
      within(
        draws.map((z) => z[k]),
        grid.mean[k],
      );
      within(
        draws.map((z) => (z[k] - grid.mean[k]) ** 2),
        grid.covariance[3 * k] + spacing[k] ** 2 / 6,
      );
    }
    within(
      draws.map((z) => (z[0] - grid.mean[0]) * (z[1] - grid.mean[1])),
      grid.covariance[1],
    );
    // E 1/p over the box of the draws: what is drawn from is what logDensity says.
    const box = (z: Vector) => Math.abs(z[0]) < 0.3 && Math.abs(z[1]) < 0.2;
    within(
      draws.map((z) => (box(z) ? Math.exp(-grid.logDensity(z)) : 0)),
      0.6 * 0.4,
    );
    expect(grid.sample(randomSource('draws'), 3)).toEqual(draws.slice(0, 3));
  });

  it('rejects what it does not know', () => {
    expect(() => grid.quantile(2, 0.5)).toThrow('GridPosterior.quantile: coordinate is 2, expected less than 2');
    expect(() => grid.quantile(0, 1)).toThrow('GridPosterior.quantile: probability is 1, expected a number between');
    expect(() => grid.logDensity(Float64Array.of(1))).toThrow('GridPosterior.logDensity: z has length 1, expected 2');
    expect(() => grid.sample(randomSource(1), -1)).toThrow('GridPosterior.sample: count is -1');
  });
});

describe('gridPosterior', () => {
  const normal = target(2, (z) => logNormal(z[0], 0, 1) + logNormal(z[1], 0, 1));

  it('stays within an extent that is given, and says when that cuts off mass', async () => {
    const grid = await gridPosterior(normal, {
      extent: [
        [-7, 8],
        [-9, 7],
      ],
      resolution: 100,
    });
    expect(grid.logEvidence).toBeCloseTo(0, 8);
    expect(grid.axes[0][0]).toBeGreaterThanOrEqual(-7);
    await expect(
      gridPosterior(normal, {
        extent: [
          [-7, 8],
          [-9, 2],
        ],
      }),
    ).rejects.toThrow(
      'gridPosterior: extent[1] is [-9, 2] and cuts off a part of the posterior, expected one that holds it all',
    );
  });

  it('says what it has reached when evaluations run out', async () => {
    const kink = target(2, (z) => -Math.abs(z[0] + z[1] / 3) / 0.01 - Math.abs(z[1]));
    await expect(gridPosterior(kink, { tolerance: 1e-7, evaluations: 20_000 })).rejects.toThrow(
      /^gridPosterior: the last change is \d\S*, expected at most 1e-7, at spacing \S+, \S+ after \d+ evaluations, and the next lattice takes \d+, expected at most 20000 in all$/,
    );
    await expect(gridPosterior(normal, { evaluations: 4000 })).rejects.toThrow(
      'gridPosterior: the extent is not found after 0 evaluations, and the next lattice takes 4225, expected at most 4000 in all',
    );
  });

  it('evaluates in batches, synchronous or not, with the same numbers, and reports them', async () => {
    const later: LogDensity = { dim: 2, values: async (points) => normal.values(points) };
    const now = await gridPosterior(normal);
    const batches: number[] = [];
    const grid = await gridPosterior(
      { ...later, prior: normal.prior },
      {
        onProgress: ({ points, evaluations }) => {
          expect(points.done).toBeLessThanOrEqual(points.of);
          expect(points.secondsLeft >= 0).toBe(true);
          expect(points.secondsLeft === 0).toBe(points.done === points.of);
          batches.push(evaluations);
        },
      },
    );
    expect(grid.logDensities).toEqual(now.logDensities);
    expect(batches.at(-1)).toBe(grid.evaluations);
    expect(batches.length).toBeLessThan(grid.evaluations / 100);
  });

  it('can be cancelled', async () => {
    const signal = { aborted: false, reason: 'enough' };
    const run = gridPosterior(normal, {
      signal,
      onProgress: () => {
        signal.aborted = true;
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough', message: 'gridPosterior: cancelled' });
  });

  it('rejects densities that are infinite or nowhere finite', async () => {
    await expect(gridPosterior(target(1, (z) => (z[0] > 1 ? Infinity : 0)))).rejects.toThrow(
      'gridPosterior: the log density is Infinity at [1.',
    );
    await expect(gridPosterior(target(1, () => Number.NaN))).rejects.toThrow(
      'gridPosterior: the log density is -Infinity or NaN at all 65 points of the first lattice, expected a finite one',
    );
  });

  it('rejects arguments that make no sense', async () => {
    await expect(gridPosterior(target(3, () => 0))).rejects.toThrow(
      'gridPosterior: posterior.dim is 3, expected 1 or 2',
    );
    await expect(gridPosterior({ dim: 1 } as never)).rejects.toThrow(
      'gridPosterior: posterior has no values or no prior',
    );
    for (const [options, message] of [
      [{ resolution: 7 }, 'resolution is 7, expected an integer of at least 8'],
      [{ tolerance: 0 }, 'tolerance is 0'],
      [{ evaluations: 1.5 }, 'evaluations is 1.5'],
      [{ extent: [[0, 1]] }, 'extent has length 1, expected 2'],
      [
        {
          extent: [
            [0, 1],
            [1, 1],
          ],
        },
        'extent[1] is [1, 1], expected two finite numbers, the lower one first',
      ],
      [{ extend: 1 }, 'option extend is unknown'],
    ] as const) {
      await expect(gridPosterior(normal, options as never)).rejects.toThrow(`gridPosterior: ${message}`);
    }
  });
});

describeGolden('samplers-targets.json', (golden) => {
  it('has the evidence, mean and covariance of the linear Gaussian model K2T1', async () => {
    const { sigma, temperature, ...exact } = golden.linearGaussian.K2T1;
    const logLikelihood = goldenLogLikelihood(exact, salts.K2T1);
    const grid = await gridPosterior(posterior({ logLikelihood, priorStd: sigma, temperature }));
    expect(grid.logEvidence).toBeCloseTo(exact.logEvidence, 9);
    exact.posteriorMean.forEach((mean: number, k: number) => {
      expect(grid.mean[k]).toBeCloseTo(mean, 10);
      exact.posteriorCovariance[k].forEach((value: number, j: number) => {
        expect(grid.covariance[2 * k + j]).toBeCloseTo(value, 12);
      });
    });
  });

  it('has the moments of the two modes', async () => {
    const { weights, means, covariances, mean, covariance, probabilityOfFirstCoordinatePositive } = golden.twoModes;
    const modes = means.map((centre: number[], i: number) => {
      const [[a, b], [, d]] = covariances[i];
      const first = Math.sqrt(a);
      return {
        mean: Float64Array.from(centre),
        cholesky: Float64Array.of(first, 0, b / first, Math.sqrt(d - (b * b) / a)),
      };
    });
    const grid = await gridPosterior(
      target(2, (z) =>
        Math.log(
          modes.reduce(
            (sum: number, mode: Gaussian, i: number) => sum + weights[i] * Math.exp(gaussianLogDensity(mode, z)),
            0,
          ),
        ),
      ),
      { resolution: 128 },
    );
    mean.forEach((value: number, k: number) => {
      expect(grid.mean[k]).toBeCloseTo(value, 8);
      expect(grid.covariance[2 * k]).toBeCloseTo(covariance[k][0], 7);
    });
    // The share of a half plane has an edge, which costs the order of the squared spacing: its quantile has none.
    expect(grid.quantile(0, 1 - probabilityOfFirstCoordinatePositive)).toBeCloseTo(0, 4);
  });
});

describe('gridPosterior where numbers end', () => {
  it('is right, or ends with an error, for priors of any width, and hears its signal', {
    timeout: 60_000,
  }, async () => {
    for (const dim of [1, 2]) {
      const logLikelihood = logDensity(dim, (z) => z.reduce((sum, x) => sum - 0.5 * (x - 1) ** 2, 0));
      for (const priorStd of [5e-324, 1e22, 1e300]) {
        const target = posterior({ logLikelihood, priorStd });
        const ended = await gridPosterior(target).catch((error: Error) => error.message);
        if (typeof ended === 'string') {
          expect(ended).toMatch(/^gridPosterior: the (spacing|lattice finer than) .*\d.*expected/);
        } else {
          const exact = dim * (-0.5 / (1 + priorStd ** 2) - 0.5 * Math.log1p(priorStd ** 2));
          expect(ended.logEvidence).toBeCloseTo(exact, 3);
        }
        await expect(gridPosterior(target, { signal: { aborted: true } })).rejects.toMatchObject({ code: 'ABORTED' });
        // Within its lattices, too, of which the first has at most 65² points.
        const signal = { aborted: false };
        let evaluations = 0;
        const counted = logDensity(dim, (z) => {
          signal.aborted = ++evaluations >= 66;
          return (logLikelihood.values([z]) as Float64Array)[0];
        });
        const run = gridPosterior(posterior({ logLikelihood: counted, priorStd }), { signal });
        await expect(run).rejects.toThrow(priorStd < 1 ? /spacing/ : 'gridPosterior: cancelled');
        expect(evaluations).toBeLessThanOrEqual(65 + 4096);
      }
    }
  });
});

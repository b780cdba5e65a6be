import {
  type DifferentiableLogDensity,
  type Gaussian,
  logDensity,
  type SamplingAlgorithm,
  sample,
} from '@subspace/core';
import { hmc, mala, nuts, randomWalk } from '@subspace/nuts';
import { expectMoments } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

type Target = DifferentiableLogDensity & { readonly prior: Gaussian };

/** N(mean, covariance), started from a Gaussian of another place and width. */
function gaussian(mean: readonly number[], precision: readonly (readonly number[])[]): Target {
  const dim = mean.length;
  const density = logDensity(dim, (z) => {
    const gradient = Float64Array.from(precision, (row) => -row.reduce((sum, p, j) => sum + p * (z[j] - mean[j]), 0));
    return { value: 0.5 * gradient.reduce((sum, g, i) => sum + g * (z[i] - mean[i]), 0), gradient };
  });
  const cholesky = new Float64Array(dim * dim);
  for (let k = 0; k < dim; k++) cholesky[k * dim + k] = 0.5;
  return { ...density, prior: { mean: new Float64Array(dim), cholesky } };
}

// biome-ignore lint/suspicious/noExplicitAny: the state is the algorithm's own affair
const methods: Readonly<Record<string, (target: Target) => SamplingAlgorithm<any, unknown>>> = {
  'nuts, diagonal': (target) => nuts(target),
  'nuts, dense': (target) => nuts(target, { massMatrix: 'dense' }),
  'hmc, nothing adapted': (target) => hmc(target, { stepSize: 0.4, steps: 5 }),
  'hmc, jittered and adapted': (target) =>
    hmc(target, { stepSize: 0.1, steps: [2, 6], jitter: 0.3, massMatrix: 'dense' }) as SamplingAlgorithm<
      unknown,
      unknown
    >,
  mala: (target) => mala(target, { massMatrix: 'dense' }),
  randomWalk: (target) => randomWalk(target, { covariance: 'dense' }),
};

describe.each(Object.keys(methods))('%s', (name) => {
  const method = methods[name];

  it('has the exact mean and covariance of a correlated Gaussian', async () => {
    // The inverse of [[2, 0.8, −0.3], [0.8, 1, 0.2], [−0.3, 0.2, 0.5]].
    const covariance = [
      [2, 0.8, -0.3],
      [0.8, 1, 0.2],
      [-0.3, 0.2, 0.5],
    ];
    const precision = inverse3(covariance);
    const draws = await sample(method(gaussian([1, -2, 0.5], precision)), {
      draws: 500,
      warmup: 300,
      chains: 40,
      seed: 11,
    });
    expectMoments(draws, [1, -2, 0.5], covariance);
  });

  it('has the exact moments of one coordinate', async () => {
    const draws = await sample(method(gaussian([3], [[4]])), { draws: 400, warmup: 200, chains: 40, seed: 12 });
    expectMoments(draws, [3], [[0.25]]);
  });

  it('draws the same chains however many run beside them, and the same again for the same seed', async () => {
    const target = gaussian(
      [1, 0],
      [
        [1, 0.5],
        [0.5, 2],
      ],
    );
    const options = { draws: 20, warmup: 40, seed: 5 };
    const alone = await sample(method(target), { ...options, chains: 1 });
    const many = await sample(method(target), { ...options, chains: 5 });
    expect(many.positions[0]).toEqual(alone.positions[0]);
    expect(many.infos[0]).toEqual(alone.infos[0]);
    expect((await sample(method(target), { ...options, chains: 1, seed: 6 })).positions).not.toEqual(alone.positions);
  });
});

function inverse3(m: readonly (readonly number[])[]): number[][] {
  const cofactor = (i: number, j: number) => {
    const [a, b] = [0, 1, 2].filter((k) => k !== i);
    const [c, d] = [0, 1, 2].filter((k) => k !== j);
    return (m[a][c] * m[b][d] - m[a][d] * m[b][c]) * ((i + j) % 2 === 0 ? 1 : -1);
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
}

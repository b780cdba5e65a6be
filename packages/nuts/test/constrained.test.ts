import { constrained, logDensity, sample } from '@subspace/core';
import { nuts } from '@subspace/nuts';
import { expectMoments } from '@subspace-internal/testing';
import { it } from 'vitest';

/** Gamma(3, rate 2) of `rate`, Beta(2, 5) of `share`, three standard normals in order, and Dirichlet(2, 3, 5) of `weights`, side by side. */
const density = logDensity(8, (x) => {
  const [rate, share, a, b, c, ...weights] = x;
  const concentrations = [2, 3, 5];
  return {
    value:
      2 * Math.log(rate) -
      2 * rate +
      Math.log(share) +
      4 * Math.log(1 - share) -
      0.5 * (a * a + b * b + c * c) +
      weights.reduce((sum, w, i) => sum + (concentrations[i] - 1) * Math.log(w), 0),
    gradient: Float64Array.of(
      2 / rate - 2,
      1 / share - 4 / (1 - share),
      ...[-a, -b, -c],
      ...weights.map((w, i) => (concentrations[i] - 1) / w),
    ),
  };
});
const target = constrained(density, {
  rate: { kind: 'positive' },
  share: { kind: 'interval', lower: 0, upper: 1 },
  ordered: { kind: 'ordered', size: 3 },
  weights: { kind: 'simplex', size: 3 },
});

const zeros = (count: number) => Array<number>(count).fill(0);
/** Of order statistics of three standard normals: Godwin (1949). */
const extreme = 3 / (2 * Math.sqrt(Math.PI));
const [outer, middle, next, across] = [0.5594672, 0.44867112, 0.27566444, 0.16486836];
const dirichlet = (i: number, j: number) => ((i === j ? 10 * [2, 3, 5][i] : 0) - [2, 3, 5][i] * [2, 3, 5][j]) / 1100;

it('a constrained density has the moments it has, from starts uniform on (−2, 2)', async () => {
  const free = await sample(nuts(target), { draws: 150, warmup: 200, chains: 40, seed: 12, initial: 'uniform' });
  const draws = target.constrainDraws(free);
  expectMoments(
    draws,
    [1.5, 2 / 7, -extreme, 0, extreme, 0.2, 0.3, 0.5],
    [
      [0.75, ...zeros(7)],
      [0, 10 / 392, ...zeros(6)],
      [0, 0, outer, next, across, ...zeros(3)],
      [0, 0, next, middle, next, ...zeros(3)],
      [0, 0, across, next, outer, ...zeros(3)],
      ...[0, 1, 2].map((i) => [...zeros(5), ...[0, 1, 2].map((j) => dirichlet(i, j))]),
    ],
  );
});

import {
  type Evaluation,
  type GradientAlgorithm,
  logDensity,
  randomSource,
  type SamplingAlgorithm,
  type Vector,
} from '@subspace/core';
import { hmc, mala, nuts, randomWalk } from '@subspace/nuts';
import { describe, expect, it } from 'vitest';
import { evaluate } from './phase.ts';

/** x ~ N(0, 2²), y | x ~ N((x² − 4)/2, 1): bent, and easy to draw from. */
const banana = logDensity(2, ([x, y]) => {
  const off = y - 0.5 * (x ** 2 - 4);
  return { value: -0.125 * x ** 2 - 0.5 * off ** 2, gradient: Float64Array.of(-x / 4 + x * off, -off) };
});
const dense = Float64Array.of(1, 0.4, 0.4, 0.7);

// biome-ignore lint/suspicious/noExplicitAny: the state is the algorithm's own affair
const methods: Readonly<Record<string, SamplingAlgorithm<any, unknown>>> = {
  nuts: nuts(banana, { stepSize: 0.6 }),
  'nuts, dense, cut short': nuts(banana, { stepSize: 0.4, massMatrix: dense, maxTreeDepth: 2 }),
  'nuts, rough': nuts(banana, { stepSize: 1.3 }),
  hmc: hmc(banana, { stepSize: 0.7, steps: 3 }),
  'hmc, jittered': hmc(banana, { stepSize: 0.6, steps: [1, 4], jitter: 0.5, massMatrix: dense }),
  mala: mala(banana, { stepSize: 0.8 }),
  randomWalk: randomWalk(banana, { stepSize: 1, covariance: dense }),
};

describe('a step from an exact draw is an exact draw', () => {
  it.each(Object.keys(methods))('%s', (name) => {
    const algorithm = methods[name] as unknown as GradientAlgorithm<{ readonly position: Vector }, unknown>;
    const random = randomSource('invariance');
    const statistics: readonly ((z: Vector) => number)[] = [
      ([x]) => x,
      ([, y]) => y,
      ([x]) => x ** 2,
      ([, y]) => y ** 2,
      ([x, y]) => x * y,
      ([x, y]) => x ** 2 * y,
      ([x, y]) => Math.cos(2 * x + y),
      ([, y]) => (y > 0 ? 1 : 0),
    ];
    const n = 20_000;
    const differences = statistics.map(() => new Float64Array(n));
    const answer = (z: Vector) =>
      (algorithm.needs === 'gradients' ? evaluate(banana, z) : evaluate(banana, z).value) as Evaluation;
    const run = <T>(coroutine: Generator<Vector, T, Evaluation>): T => {
      let request = coroutine.next();
      while (!request.done) request = coroutine.next(answer(request.value));
      return request.value;
    };
    let moved = 0;
    for (let i = 0; i < n; i++) {
      const x = 2 * random.normal();
      const position = Float64Array.of(x, 0.5 * (x ** 2 - 4) + random.normal());
      const { state } = run(algorithm.step(random, run(algorithm.init(random, position))));
      if (state.position[0] !== position[0]) moved++;
      statistics.forEach((statistic, s) => {
        differences[s][i] = statistic(state.position) - statistic(position);
      });
    }
    expect(moved).toBeGreaterThan(n / 4);
    // Pairs are independent, so 4 standard errors of their mean difference are a plain 4σ bound.
    for (const difference of differences) {
      const mean = difference.reduce((sum, d) => sum + d, 0) / n;
      const variance = difference.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (n - 1);
      expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / n));
    }
  });
});

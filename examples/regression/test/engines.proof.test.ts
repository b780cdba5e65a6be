import { expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import type { MethodResult } from '../src/method.ts';
import { pickParts } from '../src/part.ts';
import { parts } from '../src/parts.ts';
import { syntheticProblem } from '../src/problem.ts';
import { methodsOf } from '../src/report.ts';
import { study } from '../src/study.ts';
import { least } from './least-effort.ts';

const chains = 12;

/**
 * The mean of a prediction and the width of its band at a point, with standard errors: of each block of its members on its own. A block has the draws
 * of one chain, where there are chains; blocks are independent.
 */
function figures({ prediction }: MethodResult, place: number): { value: number; error: number }[] {
  const { means } = prediction.members!;
  const size = Math.floor(means.length / chains);
  const blocks = Array.from({ length: chains }, (_, c) =>
    means.slice(c * size, (c + 1) * size).map((row) => row[place]),
  );
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = (values: readonly number[]) => {
    const center = average(values);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
  };
  return [average, deviation].map((figure) => {
    const found = blocks.map(figure);
    return { value: average(found), error: deviation(found) / Math.sqrt(chains) };
  });
}

it('both engines give the same figures for the same seed: what has no randomness within float32, the bands within Monte-Carlo error', async () => {
  const problem = syntheticProblem(1);
  const effort = { ...least, runs: 1, epochs: 100, chains, warmup: 25, draws: 50, samples: 240, surface: 2 };
  const run = async (name: 'dense' | 'tfjs') =>
    methodsOf(
      await study({
        engine: await openEngine({ engine: name }),
        problem,
        effort,
        seed: 1,
        parts: pickParts(parts, 'sgd,swag,pca-ess'),
      }),
    );
  const [dense, tfjs] = [await run('dense'), await run('tfjs')];
  const [sgd, swa, swag, , pca] = dense.map((method, i) => [method, tfjs[i]]);
  const places = dense[0].prediction.mean.length;

  for (const [ours, theirs] of [sgd, swa]) {
    ours.prediction.mean.forEach((mean, i) => {
      expect(Math.abs(mean - theirs.prediction.mean[i])).toBeLessThan(1e-3);
    });
    for (const [name, value] of Object.entries(ours.scores)) {
      if (value === undefined || name.startsWith('coverage')) continue;
      expect(Math.abs(value - theirs.scores[name as 'trainNll']), name).toBeLessThan(1e-3);
    }
  }
  // The directions of the random subspace are drawn in the order of the weights, which is each engine's own: that is another subspace.
  for (const [ours, theirs] of [swag, pca]) {
    for (let place = 0; place < places; place += 40) {
      const other = figures(theirs, place);
      figures(ours, place).forEach(({ value, error }, i) => {
        const bound = 4 * Math.hypot(error, other[i].error);
        expect(bound).toBeGreaterThan(0);
        const what = `${ours.name}, ${i === 0 ? 'mean' : 'width'} at place ${place}`;
        expect(Math.abs(value - other[i].value), what).toBeLessThan(bound);
      });
    }
  }
});

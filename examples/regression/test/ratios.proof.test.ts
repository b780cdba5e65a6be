import { beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import type { MethodResult } from '../src/method.ts';
import { pickParts } from '../src/part.ts';
import { parts } from '../src/parts.ts';
import { syntheticProblem } from '../src/problem.ts';
import { methodsOf } from '../src/report.ts';
import { study } from '../src/study.ts';
import { least } from './least-effort.ts';

const seeds = [1, 2, 3, 4];
const effort = { ...least, epochs: 300, chains: 4, warmup: 50, draws: 100, samples: 60, gridResolution: 48 };

/** By seed. */
const random: MethodResult[] = [];
const pca: MethodResult[] = [];
const plane: MethodResult[] = [];

/** What the paper's figures show, a tenth of its epochs long: bands of the model, noise left out. */
describe('bands of four seeds', () => {
  beforeAll(async () => {
    const engine = await openEngine();
    for (const seed of seeds) {
      const problem = syntheticProblem(seed);
      const picked = pickParts(parts, 'random-ess,pca-ess,plane-grid');
      const methods = methodsOf(await study({ engine, problem, effort, seed, parts: picked }));
      [random, pca, plane].forEach((list, i) => {
        list.push(methods[i]);
      });
    }
  });
  const mean = (methods: readonly MethodResult[], read: (method: MethodResult) => number) =>
    methods.reduce((sum, method) => sum + read(method), 0) / methods.length;

  it('the curve’s plane is tight at the data and widest away from it, for each seed', () => {
    plane.forEach(({ scores }, i) => {
      expect(scores.ratioBetween).toBeGreaterThan(1);
      expect(scores.ratioOutside).toBeGreaterThan(1);
      expect(scores.widthAway).toBeGreaterThan(random[i].scores.widthAway);
      expect(scores.widthAway).toBeGreaterThan(pca[i].scores.widthAway);
    });
  });

  it('away from the data the random subspace is the narrowest, the PCA subspace between them, in the mean', () => {
    const [narrow, middle, wide] = [random, pca, plane].map((of) => mean(of, ({ scores }) => scores.widthAway));
    expect(narrow).toBeLessThan(middle);
    expect(middle).toBeLessThan(wide);
  });

  it('the PCA subspace widens between the clusters, in the mean', () => {
    expect(mean(pca, ({ scores }) => scores.ratioBetween!)).toBeGreaterThan(1);
  });
});

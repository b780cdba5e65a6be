import { expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import type { BandScores } from '../src/function-draws.ts';
import { oursOf } from '../src/ours-report.ts';
import { pickParts } from '../src/part.ts';
import { parts } from '../src/parts.ts';
import { syntheticProblem } from '../src/problem.ts';
import { study } from '../src/study.ts';
import { least } from './least-effort.ts';

it('the order that docs/results/regression.md has: between the clusters an ensemble is best, and what stays round one solution is sure and wrong', {
  timeout: 600_000,
}, async () => {
  const engine = await openEngine();
  const runs: Map<string, BandScores>[] = [];
  for (const seed of [1, 2, 3, 4]) {
    const problem = syntheticProblem(seed);
    const picked = pickParts(parts, 'ours-sgd,ours-random,ours-pca');
    const result = await study({ engine, problem, effort: { ...least, epochs: 300 }, seed, parts: picked });
    runs.push(new Map(oursOf(result).map(({ name, scores }) => [name, scores])));
  }
  const mean = (name: string, score: keyof BandScores) =>
    runs.reduce((sum, scores) => sum + scores.get(name)![score]! / runs.length, 0);
  const ensemble = 'Ensemble of 10';
  const alone = ['SGD', 'SWAG', 'Random subspace + ESS', 'PCA subspace + ESS'];
  for (const one of alone) {
    expect(mean(ensemble, 'coverageBetween'), one).toBeGreaterThan(mean(one, 'coverageBetween'));
    expect(mean(ensemble, 'crpsBetween'), one).toBeLessThan(mean(one, 'crpsBetween'));
    expect(mean(ensemble, 'widthBetween'), one).toBeGreaterThan(mean(one, 'widthBetween'));
  }
});

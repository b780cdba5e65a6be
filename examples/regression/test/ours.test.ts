import { expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import { sections } from '../src/figures.ts';
import { oursOf, oursTable } from '../src/ours-report.ts';
import { page } from '../src/page.ts';
import { pickParts } from '../src/part.ts';
import { parts } from '../src/parts.ts';
import { syntheticProblem } from '../src/problem.ts';
import { study } from '../src/study.ts';
import { least } from './least-effort.ts';

it('the study ours has bands, scores and choices, in a table and a figure of its own', {
  timeout: 180_000,
}, async () => {
  const result = await study({
    engine: await openEngine(),
    problem: syntheticProblem(1),
    effort: least,
    seed: 1,
    parts: pickParts(parts, 'ours-sgd,ours-plane,ours-hmc'),
  });
  const rows = oursOf(result);
  expect(rows.map(({ name }) => name)).toEqual([
    'SGD',
    'SWAG',
    'Ensemble of 10',
    'Curve plane + ESS',
    'HMC over all weights',
  ]);
  const scores = [
    'coverageBetween',
    ...['coverageAtData', 'crpsBetween', 'crpsAtData', 'widthBetween', 'widthAtData', 'distance', 'distanceBetween'],
  ];
  for (const row of rows) {
    expect(Object.keys(row.scores)).toEqual(scores);
    for (const value of Object.values(row.scores)) expect(Number.isFinite(value)).toBe(true);
  }
  const { chosen, evaluations } = rows[3];
  expect(chosen!.priorStd).toBeGreaterThan(0);
  expect(chosen!.temperature).toBeGreaterThanOrEqual(0.1);
  expect(chosen!.temperature).toBeLessThanOrEqual(10);
  expect(evaluations).toBeGreaterThan(1000);

  const all = sections(result);
  expect(all.flatMap(({ figures }) => figures.map(({ name }) => name))).toEqual(['ours']);
  expect(page(result, all, { engine: '', command: '', seconds: 1 })).toContain('Right, not only wide');
  expect(oursTable(result)).toContain('Ensemble of 10');
});

it('is asked for, or left out: it takes longer than all else', () => {
  const names = (only?: string) => pickParts(parts, only).map(({ name }) => name);
  expect(names().filter((name) => name.startsWith('ours'))).toEqual([]);
  expect(names('random').filter((name) => name.startsWith('ours'))).toEqual([]);
  expect(names('ours')).toEqual(['ours-sgd', 'ours-random', 'ours-pca', 'ours-plane', 'ours-tunnel', 'ours-hmc']);
  expect(names('ours-pca')).toEqual(['ours-pca']);
});

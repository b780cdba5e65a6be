import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSource } from '@subspace/core';
import { intervalCoverage } from '@subspace/metrics';
import { renderPng } from '@subspace/plots/node';
import { afterAll, describe, expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import { extent } from '../src/extent.ts';
import { sections } from '../src/figures.ts';
import { pickParts } from '../src/part.ts';
import { parts } from '../src/parts.ts';
import { fileProblem } from '../src/problem.ts';
import { methodsOf } from '../src/report.ts';
import { study } from '../src/study.ts';
import { least } from './least-effort.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-own-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const effort = { ...least, epochs: 150, samples: 30 };
/** Without the second run and the curve, which take their time. */
const some = pickParts(parts, 'random-ess,pca-ess');

async function problemOf(name: string, rows: readonly (readonly number[])[]) {
  const path = join(folder, `${name}.csv`);
  writeFileSync(path, rows.map((row) => row.join(',')).join('\n'));
  return fileProblem(path, 1);
}

const random = randomSource('own data');
const rows = (count: number, x: (i: number) => number, y: (x: number) => number) =>
  Array.from({ length: count }, (_, i) => {
    const at = x(i);
    return [at, y(at)];
  });
const noise = (sd: number) => sd * random.normal();

/** Files, and how noisy they are (none is known of one without a number). */
const files: Record<string, { rows: readonly (readonly number[])[]; sd?: number }> = {
  'a line': {
    rows: rows(
      100,
      (i) => i,
      (x) => 3 * x + noise(5),
    ),
    sd: 5,
  },
  years: {
    rows: rows(
      74,
      (i) => 1950 + i,
      (x) => 14 + 0.02 * Math.max(0, x - 1980) + noise(0.1),
    ),
    sd: 0.1,
  },
  prices: {
    rows: rows(
      200,
      () => 60 * Math.exp(noise(0.5)),
      (x) => 120_000 + 2500 * x + noise(40_000),
    ),
    sd: 40_000,
  },
  thousands: {
    rows: rows(
      80,
      (i) => 1000 * i,
      (x) => 3e-5 * x ** 2 + noise(3000),
    ),
    sd: 3000,
  },
  seconds: {
    rows: rows(
      96,
      (i) => 1.6e9 + 3600 * i,
      (x) => 20 + (x - 1.6e9) / 1e5 + noise(0.5),
    ),
    sd: 0.5,
  },
  'tiny numbers': {
    rows: rows(
      60,
      (i) => 1e-9 * i,
      (x) => 1e-12 * (Math.cos(x * 5e7) + noise(0.1)),
    ),
    sd: 1e-13,
  },
  'one value far off': {
    rows: rows(
      100,
      (i) => i,
      (x) => Math.sin(x / 20) + noise(0.1) + (x === 40 ? 30 : 0),
    ),
  },
  'x far off': {
    rows: rows(
      100,
      () => Math.exp(noise(2)),
      (x) => Math.log(x) + noise(0.2),
    ),
  },
  'a line without noise': {
    rows: rows(
      50,
      (i) => i,
      (x) => 2 * x + 1,
    ),
  },
  'a constant': {
    rows: rows(
      50,
      (i) => i,
      () => 7,
    ),
  },
  'five places': {
    rows: rows(
      100,
      (i) => i % 5,
      (x) => x ** 2 + noise(1),
    ),
    sd: 1,
  },
  'a step': {
    rows: rows(
      100,
      (i) => i,
      (x) => Number(x > 50),
    ),
  },
  'ten rows': {
    rows: rows(
      10,
      (i) => i,
      (x) => x,
    ),
  },
};

describe('a file of anyone’s own', () => {
  it.each(Object.keys(files))('%s', async (name) => {
    const { rows, sd } = files[name];
    const problem = await problemOf(name, rows);
    const result = await study({ engine: await openEngine(), problem, effort, seed: 1, parts: some });
    const { domain, train } = problem;
    const [left, right] = extent(train.x);
    expect(domain[0]).toBeLessThan(left);
    expect(domain[1]).toBeGreaterThan(right);
    if (sd !== undefined) {
      expect(Math.sqrt(result.noiseVariance) / sd).toBeGreaterThan(0.6);
      expect(Math.sqrt(result.noiseVariance) / sd).toBeLessThan(1.4);
      // In the file's own units: y lies in the bands at its x.
      const pca = methodsOf(result)[1].prediction;
      const at = Array.from(train.x, (x) => Math.round((240 * (x - domain[0])) / (domain[1] - domain[0])));
      const there = { mean: at.map((i) => pca.mean[i]), variance: at.map((i) => pca.variance[i]) };
      expect(intervalCoverage(there, train.y)).toBeGreaterThan(0.8);
    }
    const [{ svg: bands }, ...others] = sections(result).flatMap(({ figures }) => figures);
    for (const svg of [bands, ...others.map(({ svg }) => svg)]) expect(svg).not.toMatch(/NaN|Infinity/);
    expect(renderPng(bands, { scale: 0.5 }).length).toBeGreaterThan(100);
  });

  it('where training stands still, the rank is what there is, and that is said', async () => {
    const problem = await problemOf('still', files['a constant'].rows);
    const result = await study({ engine: await openEngine(), problem, effort, seed: 1, parts: some });
    expect(result.notes).toContainEqual(expect.stringMatching(/so the PCA subspace has rank [1-9], not 10/));
  });

  it('of very many rows a part is taken, whatever their order', async () => {
    const problem = await problemOf(
      'many',
      rows(
        130_000,
        (i) => -i,
        (x) => x,
      ),
    );
    expect(problem.name).toBe('many.csv (2000 of 130000 points)');
    expect(extent(problem.train.x)[0]).toBeLessThan(-125_000);
    expect(extent(problem.train.x)[1]).toBeGreaterThan(-5000);
  });

  it('refuses what has nothing to learn from', async () => {
    await expect(
      problemOf(
        'short',
        rows(
          9,
          (i) => i,
          (x) => x,
        ),
      ),
    ).rejects.toThrow('has 9 rows, expected at least 10');
    await expect(
      problemOf(
        'flat',
        rows(
          20,
          () => 3,
          () => random.normal(),
        ),
      ),
    ).rejects.toThrow('has the same x (3) in all rows, expected different ones');
    await expect(
      problemOf(
        'huge',
        rows(
          20,
          (i) => i,
          (x) => x * 1e200,
        ),
      ),
    ).rejects.toThrow('has y from 0 to 1.9e+201, expected a range between 1e-100 and 1e100');
  });
});

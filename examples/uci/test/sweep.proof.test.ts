import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openResults } from '@subspace/uci/node';
import { afterAll, describe, expect, it } from 'vitest';
import { runSweep, type SweepProgress } from '../src/sweep.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-sweep-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sweep = {
  datasets: ['yacht'],
  splits: [1, 2],
  methods: ['sgd', 'swag', 'pca-ess', 'pca-vi'] as const,
  seed: 0,
  database: join(folder, 'results.db'),
  overrides: { epochs: 60, swagStart: 30 },
  workers: 2,
};

describe('runSweep', () => {
  it('trains once a split for all methods, keeps what comes, and repeats nothing', async () => {
    const seen: SweepProgress[] = [];
    const { added, failed } = await runSweep(sweep, { onProgress: (progress) => seen.push(progress) });
    expect(failed).toEqual([]);
    expect(added).toBe(8);
    expect(seen.at(-1)).toMatchObject({ done: 2, of: 2 });
    const again = await runSweep(sweep);
    expect(again).toMatchObject({ added: 0, failed: [] });
    const more = await runSweep({ ...sweep, splits: [2, 3], methods: ['sgd'] });
    expect(more.added).toBe(1);
    const results = await openResults(sweep.database);
    const rows = await results.rows('regression', { dataset: 'yacht' });
    results.close();
    expect(rows.length).toBe(9);
    expect(new Set(rows.map(({ model }) => model))).toEqual(new Set(['SGD', 'SWAG', 'PCA+ESS', 'PCA+VI']));
    // Of a mean that knows nothing, about 15.
    for (const { test_rmse_unnormalized } of rows) expect(test_rmse_unnormalized as number).toBeLessThan(8);
  });

  it('names what failed, and goes on with the rest', async () => {
    const { added, failed } = await runSweep({
      ...sweep,
      datasets: ['nonesuch', 'yacht'],
      splits: [4],
      methods: ['sgd'],
    });
    expect(added).toBe(1);
    expect(failed).toMatchObject([{ name: 'nonesuch, split 4' }]);
    expect(failed[0].error).toContain('loadUci: nonesuch is not in');
  });

  it('stops when told to, and keeps what is done', async () => {
    const stop = new AbortController();
    const database = join(folder, 'stopped.db');
    const long = { ...sweep, database, workers: 1, overrides: { epochs: 300, swagStart: 100 }, splits: [1, 2, 3, 4] };
    const onProgress = ({ done }: SweepProgress) => {
      if (done === 1) stop.abort();
    };
    const { added, cancelled } = await runSweep(long, { signal: stop.signal, onProgress });
    expect(cancelled).toBe(true);
    expect(added).toBe(4);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadUci } from '@subspace/datasets/node';
import { type RegressionResult, regressionTask, type TaskResult } from '@subspace/uci';
import { openResults } from '@subspace/uci/node';
import { killedProcess } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { openSql, transaction } from '../src/results/sql.ts';
import { linearModel } from './linear-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-results-'));
afterAll(() => rmSync(folder, { recursive: true }));
let file = 0;
const place = () => join(folder, `new/${++file}.db`);

const result = (split: number, more: object = {}): TaskResult<object> => ({
  task: 'regression',
  dataset: 'toy',
  split,
  scores: { rmse: 0.5, nll: -1.25, ...more },
  arrays: { mean: Float64Array.of(1, 2.5, -3e200) },
});

describe('openResults', () => {
  it('keeps what a task gives, by the original’s names, and gives it back', async () => {
    const path = place();
    const made: RegressionResult = await regressionTask({
      dataset: await loadUci('yacht'),
      split: 3,
      model: linearModel(),
    });
    const results = await openResults(path);
    expect(await results.append(made, { model: 'linear', seed: 7, settings: { ridge: 1e-9 } })).toBe(true);
    results.close();
    const again = await openResults(path);
    const [row] = await again.rows('regression', { model: 'linear', split: 3 });
    expect(row).toMatchObject({
      dataset: 'yacht',
      model: 'linear',
      split: 3,
      seed: 7,
      settings: '{"ridge":1e-9}',
      test_loglik: -made.scores.nll,
      test_loglik_unnormalized: -made.scores.nllUnnormalized,
      test_loglik_mixture: null,
      test_rmse: made.scores.rmse,
      test_rmse_unnormalized: made.scores.rmseUnnormalized,
      test_calibration: made.scores.coverage95,
      fit_seconds: made.scores.fitSeconds,
    });
    expect(row.mean).toEqual(made.arrays.mean);
    again.close();
  });

  it('has a run once, whatever the order of its settings, and others beside it', async () => {
    const results = await openResults(place());
    const run = { model: 'm', seed: 1, settings: { a: 1, b: [{ d: 2, c: 3 }] } };
    expect(await results.has({ task: 'regression', dataset: 'toy', split: 1, ...run })).toBe(false);
    expect(await results.append(result(1), run)).toBe(true);
    expect(await results.append(result(1, { rmse: 9 }), { ...run, settings: { b: [{ c: 3, d: 2 }], a: 1 } })).toBe(
      false,
    );
    for (const other of [{ seed: 2 }, { model: 'n' }, { settings: {} }, { seed: 'one' }]) {
      expect(await results.append(result(1), { ...run, ...other })).toBe(true);
    }
    expect(await results.append(result(2), run)).toBe(true);
    expect(await results.has({ task: 'regression', dataset: 'toy', split: 1, ...run })).toBe(true);
    const rows = await results.rows('regression');
    expect(rows.length).toBe(6);
    expect(rows[0].test_rmse).toBe(0.5);
    expect(await results.rows('mmd')).toEqual([]);
    results.close();
  });

  it('adds columns as results bring them, and to a database of the original’s', async () => {
    const path = place();
    await openResults(path).then((results) => results.close());
    const sql = await openSql(path);
    sql.exec('CREATE TABLE regression (test_loglik real, model text, dataset text, split int, seed int)');
    transaction(sql, () => {
      sql.run('INSERT INTO regression VALUES (?, ?, ?, ?, ?)', [-2, 'RegNet', 'boston', 1, 0]);
      sql.run('INSERT INTO regression VALUES (?, ?, ?, ?, ?)', [-3, 'RegNet', 'boston', 1, 0]);
    });
    sql.close();
    const results = await openResults(path);
    expect(await results.append(result(1), { model: 'm' })).toBe(true);
    expect(await results.append(result(2, { newScore: 4 }), { model: 'm' })).toBe(true);
    const rows = await results.rows('regression');
    expect(rows.map((row) => row.test_loglik)).toEqual([-2, -3, 1.25, 1.25]);
    expect(rows.map((row) => row.new_score)).toEqual([null, null, null, 4]);
    results.close();
  });

  it('refuses files that are no databases, other tasks, columns and options', async () => {
    const path = join(folder, 'no.db');
    writeFileSync(path, 'test_loglik,model\n'.repeat(1000));
    await expect(openResults(path)).rejects.toThrow(
      /openResults: .*no\.db does not open \(.*\), expected a database of SQLite/,
    );
    await expect(openResults('')).rejects.toThrow('openResults: path is ""');
    await expect(openResults(place(), { wal: true } as never)).rejects.toThrow('option wal is unknown');
    const results = await openResults(place());
    await expect(
      results.append({ ...result(1), task: 'x; DROP TABLE regression' as never }, { model: 'm' }),
    ).rejects.toThrow('task is "x; DROP');
    await expect(results.append(result(1), { model: '' })).rejects.toThrow('append: model is ""');
    const run = { task: 'regression' as const, dataset: 'toy', split: 1 };
    await expect(results.has({ ...run, model: '' })).rejects.toThrow('has: model is ""');
    await expect(results.has({ ...run, task: 'x' as never, model: 'm' })).rejects.toThrow('has: task is "x"');
    await expect(results.append(result(1), { modle: 'm' } as never)).rejects.toThrow('option modle is unknown');
    await results.append(result(1), { model: 'm' });
    await expect(results.rows('regression', { method: 'm' })).rejects.toThrow(
      'column "method" is unknown, expected one of model',
    );
    results.close();
  });

  it('waits for others, and says so when it takes too long', async () => {
    const path = place();
    const results = await openResults(path, { patience: 300 });
    await results.append(result(1), { model: 'm' });
    const other = await openSql(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(results.append(result(2), { model: 'm' })).rejects.toMatchObject({ code: 'RESULTS_BUSY' });
    expect((await results.rows('regression')).length).toBe(1);
    other.exec('ROLLBACK');
    other.close();
    expect(await results.append(result(2), { model: 'm' })).toBe(true);
    results.close();
  });

  it('loses no row of four processes, one of which is killed, and a restart adds what is missing', async () => {
    const path = place();
    const worker = fileURLToPath(new URL('./append.worker.ts', import.meta.url));
    let acknowledged = 0;
    const outputs = await Promise.all([
      killedProcess(worker, [path, '0', '200'], (output, kill) => {
        acknowledged = output.split('\n').length - 1;
        if (acknowledged >= 60) kill();
      }),
      ...['1', '2', '3'].map((seed) => killedProcess(worker, [path, seed, '200'])),
    ]);
    expect(outputs[0]).toBeUndefined();
    const results = await openResults(path);
    const ofSeed = async (seed: number) => (await results.rows('regression', { seed })).map(({ split }) => split);
    const all = Array.from({ length: 200 }, (_, i) => i + 1);
    for (const seed of [1, 2, 3]) expect(await ofSeed(seed)).toEqual(all);
    const kept = await ofSeed(0);
    expect(kept.length).toBeGreaterThanOrEqual(acknowledged);
    expect(kept).toEqual(all.slice(0, kept.length));
    await killedProcess(worker, [path, '0', '200']);
    expect(await ofSeed(0)).toEqual(all);
    const rows = await results.rows('regression');
    expect(rows.length).toBe(800);
    expect(rows.every(({ seed, split, mean }) => (mean as Float64Array).join() === `${seed},${split}`)).toBe(true);
    results.close();
  });
});

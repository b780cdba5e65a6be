import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { argumentError, requireCount, requireKnownOptions, requireOptions, show } from '@subspace/core/internals';
import type { TaskName, TaskResult } from '../tasks/task-result.ts';
import { columnsOf, type ResultRow } from './columns.ts';
import { fromNpyBlob, npyBlob } from './npy-blob.ts';
import { openSql, type Sql, type SqlValue, transaction } from './sql.ts';

/** Everything that determines what comes of a run. */
export interface RunIdentity {
  readonly task: TaskName;
  readonly dataset: string;
  /** Which method: `PCA+ESS`. */
  readonly model: string;
  readonly split: number;
  readonly seed?: number | string;
  /** All else that the outcome depends on, as plain JSON: learning rate, temperature, version of the code. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A database of results, which many processes may have open. */
export interface Results {
  /**
   * Adds what came of a run, whole or not at all. A run that is there already, by its identity, is left as it is.
   *
   * @returns whether it was added
   */
  append(result: TaskResult<object>, run: Omit<RunIdentity, 'task' | 'dataset' | 'split'>): Promise<boolean>;
  /** Whether the run is there, so that it need not be repeated. */
  has(run: RunIdentity): Promise<boolean>;
  /** The rows of a task's table, in the order in which they came: those that have the given values, or all. */
  rows(task: TaskName, where?: Readonly<Record<string, string | number>>): Promise<readonly ResultRow[]>;
  close(): void;
}

export interface OpenResultsOptions {
  /** How long to wait, in milliseconds, for others that are writing. Default 60000. */
  readonly patience?: number;
}

/**
 * Opens a results database, and makes it if it isn't there: SQLite, one table a task, with the columns of the original's (arrays as `.npy` blobs), so that its
 * `view_results.py` reads it, where `model` is what its scripts call the method, `RegNetpcaess`; a database that the original wrote can be added to.
 *
 * Uses Node's own SQLite where there is one, else `libsql`. Writers wait for each other; one that is killed loses what it was writing, and nothing else.
 *
 * @param path the file; `.db` is what the original's scripts expect
 * @throws on a file that is no database
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { loadUci } from '@subspace/datasets/node';
 * import { regressionTask } from '@subspace/uci';
 * import { openResults } from '@subspace/uci/node';
 *
 * const results = await openResults(join(mkdtempSync(join(tmpdir(), 'uci-')), 'results.db'));
 * const model = {
 *   fit: () => {},
 *   predict: ({ shape: [rows] }) => ({ mean: new Float64Array(rows), variance: new Float64Array(rows).fill(1) }),
 * };
 * const result = await regressionTask({ dataset: await loadUci('yacht'), split: 1, model });
 * await results.append(result, { model: 'mean', seed: 0 }); // true: added
 * await results.append(result, { model: 'mean', seed: 0 }); // false: it is there
 * (await results.rows('regression', { model: 'mean' }))[0].test_rmse_unnormalized; // about 16
 * results.close();
 * ```
 */
export async function openResults(path: string, options: OpenResultsOptions = {}): Promise<Results> {
  requireKnownOptions('openResults', options, ['patience']);
  const { patience = 60_000 } = options;
  if (typeof path !== 'string' || path === '') {
    throw argumentError('openResults', `path is ${show(path)}, expected that of a file`);
  }
  requireCount('openResults', 'patience', patience, 0);
  if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
  const sql = await openSql(path);
  const patiently = waiting(patience);
  try {
    // Readers and a writer don't keep each other waiting. Short waits here: `patiently` has the long one, and lets others of this process go on.
    sql.all('PRAGMA busy_timeout = 200');
    await patiently(() => sql.all('PRAGMA journal_mode = WAL'));
  } catch (error) {
    sql.close();
    if ((error as { code?: unknown }).code === 'RESULTS_BUSY') throw error;
    throw argumentError(
      'openResults',
      `${path} does not open (${(error as Error).message}), expected a database of SQLite`,
    );
  }
  return {
    async append(result, run) {
      requireOptions('append', 'result', result);
      requireKnownOptions('append', run, ['model', 'seed', 'settings']);
      const { task, dataset, split } = result;
      const identity = { task, dataset, split, ...run };
      const row: ResultRow = { ...identityColumns('append', identity), ...columnsOf(result) };
      return patiently(() => insert(sql, task, row));
    },
    async has(run) {
      requireKnownOptions('has', run, ['task', 'dataset', 'model', 'split', 'seed', 'settings']);
      const { run_id } = identityColumns('has', run);
      return patiently(
        () =>
          columnsIn(sql, run.task).has('run_id') &&
          sql.all(`SELECT 1 AS one FROM ${run.task} WHERE run_id = ?`, [run_id]).length > 0,
      );
    },
    async rows(task, where = {}) {
      requireTask('rows', task);
      const columns = await patiently(() => columnsIn(sql, task));
      if (columns.size === 0) return [];
      const names = Object.keys(where);
      const missing = names.find((name) => !columns.has(name));
      if (missing !== undefined) {
        throw argumentError('rows', `column ${show(missing)} is unknown, expected one of ${[...columns].join(', ')}`);
      }
      const condition = names.length > 0 ? `WHERE ${names.map((name) => `"${name}" = ?`).join(' AND ')}` : '';
      const found = await patiently(() =>
        sql.all(`SELECT * FROM ${task} ${condition} ORDER BY rowid`, Object.values(where)),
      );
      return found.map(rowOf);
    },
    close: () => sql.close(),
  };
}

const TASKS: readonly string[] = [
  'regression',
  'classification',
  'conditional_density_estimation',
  'active_learning_continuous',
  'active_learning_discrete',
  'adversarial_robustness',
  'mmd',
] satisfies readonly TaskName[];

function requireTask(where: string, task: string): void {
  if (!TASKS.includes(task)) throw argumentError(where, `task is ${show(task)}, expected one of ${TASKS.join(', ')}`);
}

/** The columns that say which run it is; `run_id` is a digest of all of them. */
function identityColumns(
  where: string,
  run: RunIdentity,
): Readonly<Record<string, string | number>> & { readonly run_id: string } {
  const { task, dataset, model, split, seed = 0, settings = {} } = run;
  requireTask(where, task);
  if (typeof model !== 'string' || model === '') throw argumentError(where, `model is ${show(model)}, expected a name`);
  requireOptions(where, 'settings', settings);
  const text = JSON.stringify(sorted(settings));
  const run_id = createHash('sha256')
    .update(JSON.stringify([task, dataset, model, split, seed, text]))
    .digest('hex');
  return { model, dataset, split, seed, settings: text, run_id };
}

/** The same settings, whatever the order in which they were written down. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

function insert(sql: Sql, task: string, row: ResultRow): boolean {
  return transaction(sql, () => {
    prepareTable(sql, task, row);
    const names = Object.keys(row);
    const columns = names.map((name) => `"${name}"`).join(', ');
    const values = names.map((name) => toSql(row[name]));
    const statement = `INSERT INTO ${task} (${columns}) VALUES (${names.map(() => '?').join(', ')}) ON CONFLICT (run_id) DO NOTHING`;
    return sql.run(statement, values) > 0;
  });
}

/** Makes the table, or the columns that it lacks. */
function prepareTable(sql: Sql, task: string, row: ResultRow): void {
  const columns = columnsIn(sql, task);
  const names = Object.keys(row);
  const typed = (name: string) => `"${name}" ${typeOf(name, row[name])}`;
  if (columns.size === 0) sql.exec(`CREATE TABLE ${task} (${names.map(typed).join(', ')})`);
  const missing = columns.size === 0 ? [] : names.filter((name) => !columns.has(name));
  for (const name of missing) sql.exec(`ALTER TABLE ${task} ADD COLUMN ${typed(name)}`);
  // Rows of the original's have no identity: nulls differ from each other.
  if (columns.size === 0 || missing.includes('run_id'))
    sql.exec(`CREATE UNIQUE INDEX ${task}_runs ON ${task} (run_id)`);
}

function columnsIn(sql: Sql, task: string): ReadonlySet<string> {
  return new Set(sql.all(`PRAGMA table_info(${task})`).map(({ name }) => String(name)));
}

/** The type names of the original's, which its reader converts arrays by. */
function typeOf(name: string, value: ResultRow[string]): string {
  if (typeof value === 'string') return 'text';
  if (ArrayBuffer.isView(value)) return 'array';
  return name === 'split' || name === 'seed' ? 'int' : 'real';
}

function toSql(value: ResultRow[string]): SqlValue {
  return ArrayBuffer.isView(value) ? npyBlob(value) : value;
}

function rowOf(row: Readonly<Record<string, SqlValue>>): ResultRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, ArrayBuffer.isView(value) ? fromNpyBlob(value) : value]),
  );
}

/** Tries again, for so many milliseconds, while another process has the database to itself. */
function waiting(patience: number): <T>(work: () => T) => Promise<T> {
  return async (work) => {
    const until = performance.now() + patience;
    for (let pause = 5; ; pause = Math.min(2 * pause, 200)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (performance.now() >= until) {
          const message = `results: another process had the database to itself for ${patience} ms`;
          throw Object.assign(new Error(message, { cause: error }), { code: 'RESULTS_BUSY' as const });
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };
}

function isBusy(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return /SQLITE_(BUSY|LOCKED)/.test(String(code)) || /database (table )?is locked/.test(String(message));
}

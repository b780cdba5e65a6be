import { messageOf } from '@subspace/core/internals';

export type SqlValue = string | number | null | Uint8Array;

/** All that is asked of SQLite. */
export interface Sql {
  /** Without values and without an answer: `COMMIT`. */
  exec(statement: string): void;
  /**
   * Within a transaction only: outside of one, what libsql 0.5 says it has written may be gone when the database is closed.
   *
   * @returns how many rows were changed
   */
  run(statement: string, values?: readonly SqlValue[]): number;
  all(statement: string, values?: readonly SqlValue[]): readonly Readonly<Record<string, SqlValue>>[];
  close(): void;
}

/** Node's own SQLite, where this Node has it (22.13 and later, without a flag), else `libsql`. */
export async function openSql(path: string): Promise<Sql> {
  // Not an import: bundlers know no `node:sqlite`, and take the prefix off.
  const own = process.getBuiltinModule?.('node:sqlite') as
    | { DatabaseSync: new (path: string) => NodeDatabase }
    | undefined;
  return own ? nodeSql(new own.DatabaseSync(path)) : libsql(path);
}

/** All of it is written, or nothing; others wait until it is. */
export function transaction<T>(sql: Sql, work: () => T): T {
  sql.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    sql.exec('COMMIT');
    return value;
  } catch (error) {
    sql.exec('ROLLBACK');
    throw error;
  }
}

interface NodeDatabase {
  exec(statement: string): void;
  prepare(statement: string): {
    run(...values: SqlValue[]): { changes: number | bigint };
    all(...values: SqlValue[]): unknown[];
  };
  close(): void;
}

function nodeSql(database: NodeDatabase): Sql {
  return {
    exec: (statement) => {
      database.exec(statement);
    },
    run: (statement, values = []) => Number(database.prepare(statement).run(...values).changes),
    all: (statement, values = []) => database.prepare(statement).all(...values) as ReturnType<Sql['all']>,
    close: () => database.close(),
  };
}

interface LibsqlDatabase {
  exec(statement: string): unknown;
  /** Values in an array, always: a lone Buffer ends the process (libsql-js #114). */
  prepare(statement: string): {
    run(values: readonly unknown[]): { changes: number };
    all(values: readonly unknown[]): Record<string, SqlValue | ArrayBuffer>[];
  };
  close(): void;
}

async function libsql(path: string): Promise<Sql> {
  const Database = await loadLibsql();
  const database = new Database(path);
  const bound = (values: readonly SqlValue[]) =>
    values.map((value) => (isBytes(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value));
  return {
    exec: (statement) => {
      database.exec(statement);
    },
    run: (statement, values = []) => database.prepare(statement).run(bound(values)).changes,
    all: (statement, values = []) =>
      database
        .prepare(statement)
        .all(bound(values))
        .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, fromLibsql(value)]))),
    close: () => database.close(),
  };
}

async function loadLibsql(): Promise<new (path: string) => LibsqlDatabase> {
  try {
    const { default: Database } = await import('libsql');
    return Database as unknown as new (
      path: string,
    ) => LibsqlDatabase;
  } catch (error) {
    throw Object.assign(
      new Error(
        `openResults: this Node has no node:sqlite, and libsql does not load (${messageOf(error)}), expected one of the two`,
      ),
      { code: 'MISSING_SQLITE' as const, cause: error },
    );
  }
}

function isBytes(value: SqlValue): value is Uint8Array {
  return ArrayBuffer.isView(value);
}

function fromLibsql(value: SqlValue | ArrayBuffer): SqlValue {
  return Object.prototype.toString.call(value) === '[object ArrayBuffer]'
    ? new Uint8Array(value as ArrayBuffer)
    : (value as SqlValue);
}

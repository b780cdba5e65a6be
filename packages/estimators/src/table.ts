import type { RawArrays } from '@subspace/core';
import { argumentError, requireArraysOf, show } from '@subspace/core/internals';

/**
 * Rows of numbers, as people have them: objects (of a CSV file, say), lists, one number a row, or `{ data, shape: [N, …] }`.
 */
export type Rows =
  | readonly Readonly<Record<string, unknown>>[]
  | readonly ArrayLike<number>[]
  | ArrayLike<number>
  | RawArrays;

/** Rows as one array; `columns` are the names of objects' members, in order. */
export interface Table extends RawArrays {
  readonly columns?: readonly string[];
}

/**
 * Rows as an array [N, …] in float64.
 *
 * @param columns of objects: which members, in this order; default: all those of the first row
 * @throws on no rows, on rows of different lengths or members, and at the first cell that is missing or no number, naming it
 */
export function readTable(where: string, name: string, rows: Rows, columns?: readonly string[]): Table {
  if (isRawArrays(rows)) {
    requireArraysOf(where, name, rows);
    return { data: rows.data, shape: [...rows.shape] };
  }
  if (typeof rows !== 'object' || rows === null || typeof rows.length !== 'number') {
    throw argumentError(where, `${name} is ${show(rows)}, expected rows: a list of objects, of lists or of numbers`);
  }
  if (rows.length === 0) throw argumentError(where, `${name} is empty, expected at least one row`);
  const first = rows[0];
  if (typeof first !== 'object' || first === null) {
    const data = Float64Array.from({ length: rows.length }, (_, i) => cell(where, `${name}[${i}]`, rows[i]));
    return { data, shape: [rows.length, 1] };
  }
  return isList(first)
    ? listed(where, name, rows as readonly ArrayLike<number>[])
    : named(where, name, rows as readonly Readonly<Record<string, unknown>>[], columns);
}

/** The inputs among rows: all of them, or, of rows whose member `target` is to be learnt, the others. */
export function readInputs(where: string, rows: Rows, target: unknown): Table {
  if (typeof target !== 'string') return readTable(where, 'inputs', rows);
  const columns = memberNames(where, rows, target);
  requireSameMembers(where, 'inputs', rows as readonly object[], columns);
  return readTable(
    where,
    'inputs',
    rows,
    columns.filter((column) => column !== target),
  );
}

/** One member of rows, as numbers. */
export function readColumn(where: string, rows: Rows, target: string): Table {
  memberNames(where, rows, target);
  return readTable(where, 'inputs', rows, [target]);
}

/** Names of the rows' members. Throws unless `target` is one of them, and there are others. */
export function memberNames(where: string, rows: Rows, target: string): readonly string[] {
  const first = (rows as readonly unknown[] | undefined)?.[0];
  const names = typeof first === 'object' && first !== null && !isList(first) ? Object.keys(first) : [];
  if (names.includes(target) && names.length > 1) return names;
  const came = names.length > 0 ? `rows have ${names.join(', ')}` : 'rows are no objects';
  throw argumentError(
    where,
    `targets is ${show(target)}, but the ${came}; expected the name of a member beside others`,
  );
}

/** Throws unless there are as many targets as rows of inputs. */
export function requireSameRows(where: string, inputs: Table, targets: number): void {
  if (targets === inputs.shape[0]) return;
  throw argumentError(where, `targets have ${targets} rows, expected ${inputs.shape[0]} as the inputs`);
}

function listed(where: string, name: string, rows: readonly ArrayLike<number>[]): Table {
  const width = rows[0].length;
  const data = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    if (!isList(rows[i]) || rows[i].length !== width || width === 0) {
      const came = isList(rows[i]) ? `has ${rows[i].length} cells` : `is ${show(rows[i])}`;
      throw argumentError(where, `${name}[${i}] ${came}, expected ${width || 'at least 1'} as the first row`);
    }
    for (let j = 0; j < width; j++) data[i * width + j] = cell(where, `${name}[${i}][${j}]`, rows[i][j]);
  }
  return { data, shape: [rows.length, width] };
}

function named(
  where: string,
  name: string,
  rows: readonly Readonly<Record<string, unknown>>[],
  known?: readonly string[],
): Table {
  const columns = known ?? Object.keys(rows[0]);
  if (columns.length === 0) throw argumentError(where, `${name}[0] has no members, expected at least one`);
  const data = new Float64Array(rows.length * columns.length);
  requireSameMembers(where, name, rows, known ? undefined : columns);
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      data[i * columns.length + j] = cell(where, `${name}[${i}].${column}`, row[column]);
    });
  });
  return { data, shape: [rows.length, columns.length], columns };
}

/** Throws unless rows are objects, with no members but those of the first where these are given: what is missing is the cells' error. */
function requireSameMembers(where: string, name: string, rows: readonly object[], first?: readonly string[]): void {
  rows.forEach((row, i) => {
    if (typeof row !== 'object' || row === null || isList(row)) {
      throw argumentError(where, `${name}[${i}] is ${show(row)}, expected an object as the first row`);
    }
    const other = first && Object.keys(row).find((key) => !first.includes(key));
    if (other === undefined) return;
    throw argumentError(where, `${name}[${i}] has ${other}, which the first row has not; expected ${first}`);
  });
}

/** What stands for a missing value in files. */
const MISSING: readonly unknown[] = [undefined, null, '', '?', 'NA', 'NaN', 'nan', 'null'];

/** Whether a cell stands for a missing value. */
export function isMissing(value: unknown): boolean {
  return MISSING.includes(value) || Number.isNaN(value);
}

function cell(where: string, place: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (isMissing(value)) {
    throw argumentError(
      where,
      `${place} is missing (${show(value)}), expected a number: leave the row out, or fill the cell in`,
    );
  }
  const advice =
    typeof value !== 'string'
      ? ''
      : Number.isFinite(Number(value))
        ? ': read the file with numbers as numbers (`cast: true` of csv-parse)'
        : ': make a column of 0 and 1 of each text that may stand there';
  throw argumentError(where, `${place} is ${show(value)}, expected a finite number${advice}`);
}

function isRawArrays(rows: Rows): rows is RawArrays {
  return ArrayBuffer.isView((rows as Partial<RawArrays> | null)?.data) && Array.isArray((rows as RawArrays).shape);
}

function isList(row: unknown): row is ArrayLike<number> {
  return Array.isArray(row) || ArrayBuffer.isView(row);
}

import type { CancelSignal } from '@subspace/core';
import { abortError, argumentError, type Breath, breath, requireKnownOptions, show } from '@subspace/core/internals';
import { type Cell, isMissing, numberOf } from './cell.ts';
import { counted, some, type TableFinding } from './finding.ts';

/** Rows and columns of numbers, as a file holds them. */
export interface Table {
  /** [N, C], row major. */
  readonly data: Float64Array;
  readonly shape: readonly [number, number];
  /** One per column, where the file names them. */
  readonly columnNames?: readonly string[];
  /** What was left out or changed, in words. Empty where the table is the file. */
  readonly findings: readonly TableFinding[];
}

/** How cells become numbers; the same for every reader of tables. */
export interface TableOptions {
  /** Whether the first row names the columns. Default: it does where it has texts and no number. */
  readonly header?: boolean;
  /** What is between the whole part and the fraction. Default `'.'`. */
  readonly decimal?: '.' | ',';
  /** Rows with a missing value (a blank cell, `?`, `NA`, `NaN`, …): an error, the default, or left out. */
  readonly missing?: 'error' | 'drop-rows';
  /** Columns with texts: an error, the default, or one column of 0 and 1 for each of at most 64 different texts, in the order of the alphabet. */
  readonly text?: 'error' | 'one-hot';
  /** Columns to leave out, by name or number from 0: whatever is in them is not looked at. */
  readonly leaveOut?: readonly (number | string)[];
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: { readonly rows: number }) => void;
}

const TABLE_OPTIONS = ['header', 'decimal', 'missing', 'text', 'leaveOut', 'signal', 'onProgress'] as const;

/** More different texts than that are no categories: names, or dates. */
const CATEGORIES = 64;

/** Takes the rows of a file, one by one, and makes a table of them. */
export interface TableBuilder {
  /** @param place where the row is, for errors: `line 17` */
  add(cells: readonly Cell[], place: string): void;
  /** To be awaited now and then: lets others have the thread, and tells of progress. Throws when cancelled. */
  pause(): Promise<void>;
  due(): boolean;
  finish(): Table;
}

/** @param ragged whether a row may have fewer cells than the first: the rest is blank */
export function tableBuilder(where: string, options: TableOptions, ragged: boolean): TableBuilder {
  const { decimal = '.', missing = 'error', text = 'error', leaveOut = [], signal, onProgress } = options;
  requireOneOf(where, 'decimal', decimal, ['.', ',']);
  requireOneOf(where, 'missing', missing, ['error', 'drop-rows']);
  requireOneOf(where, 'text', text, ['error', 'one-hot']);
  const turns: Breath = breath();
  let names: readonly string[] | undefined;
  let width = -1;
  let rows = 0;
  let blankRows = 0;
  let values = new Float64Array(1024);
  let ignored: readonly boolean[] = [];
  /** By the number of the cell. */
  const texts = new Map<number, string>();
  /** The first missing value of each column that has one. */
  const gaps = new Map<number, { readonly cell: Cell; readonly place: string }>();

  function begin(cells: readonly Cell[]): boolean {
    const header =
      options.header ?? (cells.every((cell) => numberOf(cell, decimal) === undefined) && !cells.every(isMissing));
    const first = header ? withoutBlankEnd(cells) : cells;
    width = first.length;
    if (header) names = first.map((cell) => String(cell ?? '').trim());
    ignored = ignoredColumns(where, leaveOut, names, width);
    return header;
  }

  const nameOf = (column: number) => (names?.[column] ? `${column} (${show(names[column])})` : `${column}`);

  function readCell(cell: Cell, column: number, place: string): number {
    if (ignored[column]) return 0;
    const value = numberOf(cell, decimal);
    if (value !== undefined && Number.isFinite(value)) return value;
    if (isMissing(cell)) {
      // Not yet an error: the column may have no value at all, after a delimiter at the end of each line.
      if (!gaps.has(column)) gaps.set(column, { cell, place });
      return Number.NaN;
    }
    if (text === 'one-hot' && value === undefined) {
      texts.set(rows * width + column, String(cell).trim());
      return Number.NaN;
    }
    throw argumentError(
      where,
      `${place}, column ${nameOf(column)} is ${show(cell)}, expected a number; ${adviceOn(cell, decimal)}`,
    );
  }

  return {
    add(cells, place) {
      if (cells.every((cell) => cell === null || (typeof cell === 'string' && cell.trim() === ''))) {
        blankRows += 1;
        return;
      }
      if (width < 0 && begin(cells)) return;
      const came = cells.length > width ? withoutBlankEnd(cells, width).length : cells.length;
      if (came > width || (came < width && !ragged)) {
        throw argumentError(where, `${place} has ${counted(came, 'cell')}, expected ${width} as in the first row`);
      }
      if ((rows + 1) * width > values.length) {
        const grown = new Float64Array(Math.max(2 * values.length, (rows + 1) * width));
        grown.set(values);
        values = grown;
      }
      for (let column = 0; column < width; column++) {
        values[rows * width + column] = readCell(cells[column] ?? null, column, place);
      }
      rows += 1;
    },
    due: () => turns.due(),
    async pause() {
      onProgress?.({ rows });
      await turns.rest();
      if (signal?.aborted) throw abortError(where, signal, { rows });
    },
    finish() {
      if (rows === 0) {
        const after = names ? ` after its first one, ${names.map(show).join(', ')}` : '';
        throw argumentError(where, `the file has no row of numbers${after}, expected at least one`);
      }
      onProgress?.({ rows });
      const read = { values: values.subarray(0, rows * width), rows, width, names, texts };
      const blank = (column: number) =>
        everyRow(rows, (row) => Number.isNaN(values[row * width + column]) && !texts.has(row * width + column));
      for (const [column, { cell, place }] of missing === 'error' ? gaps : []) {
        if (blank(column)) continue;
        const came = cell === null || String(cell).trim() === '' ? 'blank' : show(cell);
        throw argumentError(
          where,
          `${place}, column ${nameOf(column)} is ${came}, expected a number; missing: 'drop-rows' leaves such rows out`,
        );
      }
      const findings = blankFindings(blankRows);
      // The common case, in which nothing is to be left out.
      if (gaps.size === 0 && texts.size === 0 && !ignored.includes(true)) {
        return { data: read.values.slice(), shape: [rows, width], ...(names ? { columnNames: names } : {}), findings };
      }
      return tableOf(where, read, ignored, findings);
    },
  };
}

interface Read {
  readonly values: Float64Array;
  readonly rows: number;
  readonly width: number;
  readonly names?: readonly string[];
  readonly texts: ReadonlyMap<number, string>;
}

function blankFindings(rows: number): readonly TableFinding[] {
  if (rows === 0) return [];
  const problem = `${counted(rows, 'row')} of the file ${rows === 1 ? 'is' : 'are'} blank`;
  return [{ code: 'blank-rows', problem, advice: 'Left out.' }];
}

/** Leaves out what is blank or missing, and spreads the texts over columns. */
function tableOf(where: string, read: Read, ignored: readonly boolean[], found: readonly TableFinding[]): Table {
  const { values, rows, width, names, texts } = read;
  const findings = [...found];
  const columns = Array.from({ length: width }, (_, column) => column);
  const title = (column: number) => names?.[column] || `${column}`;
  const left = columns.filter((column) => ignored[column]);
  if (left.length > 0) {
    const problem = `${counted(left.length, 'column')} of the file: ${left.map(title).join(', ')}`;
    findings.push({ code: 'columns-left-out', problem, advice: 'Left out, as leaveOut says.' });
  }
  const isBlank = (i: number) => Number.isNaN(values[i]) && !texts.has(i);
  const blank = columns.filter((column) => !ignored[column] && everyRow(rows, (row) => isBlank(row * width + column)));
  if (blank.length > 0) {
    const problem = `${counted(blank.length, 'column')} of the file ${blank.length === 1 ? 'has' : 'have'} no value: ${blank.map(title).join(', ')}`;
    findings.push({ code: 'blank-columns', problem, advice: 'Left out.' });
  }
  const used = columns.filter((column) => !ignored[column] && !blank.includes(column));
  const gaps = used.filter((column) => !everyRow(rows, (row) => !isBlank(row * width + column)));
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) =>
    gaps.every((column) => !isBlank(row * width + column)),
  );
  if (kept.length < rows) {
    findings.push({
      code: 'missing-values',
      problem: `${rows - kept.length} of ${counted(rows, 'row')} have missing values, in ${gaps.length === 1 ? 'column' : 'columns'} ${some(gaps.map(title))}`,
      advice: 'These rows were left out: results hold for rows like the others.',
    });
  }
  if (kept.length === 0) throw argumentError(where, `every row has missing values, expected one that has none`);
  const parts = used.map((column) => columnParts(where, read, column, kept, findings));
  const made = parts.flat();
  const data = new Float64Array(kept.length * made.length);
  made.forEach((part, column) => {
    kept.forEach((row, i) => {
      data[i * made.length + column] = part.value(row);
    });
  });
  return {
    data,
    shape: [kept.length, made.length],
    ...(names ? { columnNames: made.map((part) => part.name) } : {}),
    findings,
  };
}

interface Part {
  readonly name: string;
  value(row: number): number;
}

/** A column as it is, or one for each of its texts. */
function columnParts(
  where: string,
  { values, width, names, texts }: Read,
  column: number,
  kept: readonly number[],
  findings: TableFinding[],
): readonly Part[] {
  const name = names?.[column] || `${column}`;
  const cell = (row: number) => row * width + column;
  if (!kept.some((row) => texts.has(cell(row)))) return [{ name, value: (row) => values[cell(row)] }];
  // Numbers among texts are categories too.
  const category = (row: number) => texts.get(cell(row)) ?? String(values[cell(row)]);
  const categories = [...new Set(kept.map(category))].sort();
  if (categories.length > CATEGORIES) {
    throw argumentError(
      where,
      `column ${name} has ${categories.length} different texts (${some(categories.map(show))}), expected at most ${CATEGORIES}; leaveOut leaves it out`,
    );
  }
  const problem = `column ${name} has ${counted(categories.length, 'text')}: ${some(categories)}`;
  findings.push({ code: 'text-column', problem, advice: 'Each has a column of its own, 1 in the rows that have it.' });
  return categories.map((text) => ({ name: `${name}=${text}`, value: (row) => (category(row) === text ? 1 : 0) }));
}

/** The options that every reader of tables has, and those of its own. */
export function requireTableOptions(where: string, options: object, own: readonly string[] = []): void {
  requireKnownOptions(where, options, [...own, ...TABLE_OPTIONS]);
}

function requireOneOf(where: string, name: string, value: unknown, expected: readonly string[]): void {
  if (expected.includes(value as string)) return;
  throw argumentError(where, `${name} is ${show(value)}, expected ${expected.map(show).join(' or ')}`);
}

function ignoredColumns(
  where: string,
  leaveOut: readonly (number | string)[],
  names: readonly string[] | undefined,
  width: number,
): readonly boolean[] {
  const columns = leaveOut.map((column) => {
    const found = typeof column === 'string' ? (names ?? []).indexOf(column) : column;
    if (Number.isInteger(found) && found >= 0 && found < width) return found;
    const known = names ? `one of ${names.map(show).join(', ')}` : `a number from 0 to ${width - 1}`;
    throw argumentError(where, `leaveOut names column ${show(column)}, expected ${known}`);
  });
  return Array.from({ length: width }, (_, column) => columns.includes(column));
}

function withoutBlankEnd(cells: readonly Cell[], least = 0): readonly Cell[] {
  let length = cells.length;
  while (length > least && (cells[length - 1] === null || String(cells[length - 1]).trim() === '')) length -= 1;
  return cells.slice(0, length);
}

function everyRow(rows: number, test: (row: number) => boolean): boolean {
  for (let row = 0; row < rows; row++) if (!test(row)) return false;
  return true;
}

function adviceOn(cell: Cell, decimal: '.' | ','): string {
  const text = String(cell);
  if (decimal === '.' && /^\s*[+-]?\d*,\d+\s*$/.test(text)) return "decimal: ',' reads decimal commas";
  if (decimal === ',' && text.includes('.')) return "decimal is ','; '.' is the default";
  return "text: 'one-hot' makes columns of categories, leaveOut leaves a column out, header says whether the first row has names";
}

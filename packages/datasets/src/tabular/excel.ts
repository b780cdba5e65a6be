import { argumentError, messageOf, requireCount, show } from '@subspace/core/internals';
import type { Cell } from './cell.ts';
import { requireTableOptions, type Table, type TableOptions, tableBuilder } from './table.ts';

export interface ExcelOptions extends TableOptions {
  /** Name or number, from 0, of the sheet. Default: the first one. */
  readonly sheet?: string | number;
}

/**
 * Reads a sheet of an Excel file, `.xls` or `.xlsx`, with `@e965/xlsx`, which has to be installed beside this package.
 *
 * Formulas count as the values that Excel saved with them; booleans as 0 and 1; errors (`#DIV/0!`) as missing; dates as texts, `2020-01-31`. Blank rows and
 * columns, wherever they are, are left out, and said: `ENB2012_data.xlsx` has 1,297 rows, 769 of them with something in them.
 *
 * @param file the bytes
 * @throws naming row and column as Excel does: of a missing value or a text, unless the options say what to do, and of a formula that was saved without
 * its value; and if the sheet isn't there, the file is no workbook, or `@e965/xlsx` is not installed
 * @example
 * ```ts
 * import { readExcel } from '@subspace/datasets/node';
 * import { utils, write } from '@e965/xlsx';
 *
 * const book = utils.book_new();
 * utils.book_append_sheet(book, utils.aoa_to_sheet([['age', 'height'], [31, 1.75], [24, 1.8]]));
 * const table = await readExcel(write(book, { type: 'buffer' }));
 * table.columnNames; // ['age', 'height']
 * table.data; // Float64Array [31, 1.75, 24, 1.8]
 * ```
 */
export async function readExcel(file: Uint8Array | ArrayBuffer, options: ExcelOptions = {}): Promise<Table> {
  requireTableOptions('readExcel', options, ['sheet']);
  const builder = tableBuilder('readExcel', options, true);
  const { read, SSF, utils } = await loadXlsx();
  const bytes = ArrayBuffer.isView(file) ? file : new Uint8Array(file);
  // Anything else would be taken for a text with one cell a line.
  const isXlsx = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const isXls = (bytes[0] === 0xd0 && bytes[1] === 0xcf) || bytes[0] === 0x09;
  if (!isXlsx && !isXls) {
    throw argumentError('readExcel', 'the file begins like neither .xlsx nor .xls, expected a workbook of Excel');
  }
  let book: ReturnType<typeof read>;
  try {
    book = read(bytes, { type: 'array', dense: true, cellNF: true, cellText: false, cellHTML: false });
  } catch (error) {
    throw argumentError('readExcel', `the file is damaged (${messageOf(error)}), expected a workbook of Excel`);
  }
  const sheet = book.Sheets[sheetName(book.SheetNames, options.sheet)];
  const rows: readonly (readonly ExcelCell[] | undefined)[] = sheet['!data'] ?? [];
  // Rows that the file counts as its own although nothing is in them.
  const count = sheet['!ref'] ? utils.decode_range(sheet['!ref']).e.r + 1 : 0;
  for (let row = 0; row < Math.max(rows.length, count); row++) {
    const cells = Array.from(rows[row] ?? [], (cell, column) => cellOf(cell, row, column, SSF));
    while (cells.length > 0 && cells[cells.length - 1] === null) cells.pop();
    builder.add(cells, `row ${row + 1}`);
    if (builder.due()) await builder.pause();
  }
  return builder.finish();
}

/** What is used of a cell of `@e965/xlsx`. */
interface ExcelCell {
  /** Number, text, boolean, error, date, or a stub without a value. */
  readonly t: string;
  readonly v?: unknown;
  /** A formula. */
  readonly f?: string;
  /** How a number is shown. */
  readonly z?: string | number;
}

interface NumberFormats {
  is_date(format: string): boolean;
  parse_date_code(value: number): { y: number; m: number; d: number } | null;
}

function cellOf(cell: ExcelCell | undefined, row: number, column: number, formats: NumberFormats): Cell {
  if (!cell) return null;
  if (cell.v === undefined || cell.t === 'z') {
    if (cell.f === undefined) return null;
    const problem = `row ${row + 1}, column ${column} is the formula ${show(cell.f)} without its value, expected one that Excel computed and saved`;
    throw argumentError('readExcel', problem);
  }
  if (cell.t === 'e') return null;
  if (cell.t === 'b') return cell.v ? 1 : 0;
  if (cell.t === 'n' && typeof cell.z === 'string' && formats.is_date(cell.z)) {
    const date = formats.parse_date_code(Number(cell.v));
    const two = (value: number) => String(value).padStart(2, '0');
    return date ? `${date.y}-${two(date.m)}-${two(date.d)}` : String(cell.v);
  }
  return cell.t === 'n' ? Number(cell.v) : String(cell.v);
}

function sheetName(names: readonly string[], sheet: string | number = 0): string {
  if (typeof sheet === 'number') requireCount('readExcel', 'sheet', sheet, 0);
  const name = typeof sheet === 'number' ? names[sheet] : names.find((one) => one === sheet);
  if (name !== undefined) return name;
  throw argumentError('readExcel', `sheet is ${show(sheet)}, expected one of ${names.map(show).join(', ')}`);
}

async function loadXlsx(): Promise<typeof import('@e965/xlsx')> {
  try {
    return await import('@e965/xlsx');
  } catch (error) {
    throw Object.assign(
      new Error(
        `readExcel: @e965/xlsx does not load (${messageOf(error)}), expected it beside this package: npm install @e965/xlsx`,
      ),
      { code: 'MISSING_PEER' as const, cause: error },
    );
  }
}

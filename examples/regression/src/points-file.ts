import { readFile } from 'node:fs/promises';
import { argumentError } from '@subspace/core/internals';
import { readNpy } from '@subspace/datasets';
import { parse } from 'csv-parse/sync';

/** Points of a curve, and what the file calls their coordinates. */
export interface NamedPoints {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly names: readonly [x: string, y: string];
}

/**
 * Two columns x, y of a file: `.npy` [N, 2], or text with or without a header, parted by commas, semicolons or tabs.
 * Where semicolons part them, a comma is a decimal one. Errors name the `option` that the path was given by.
 */
export async function readPoints(path: string, option = '--data'): Promise<NamedPoints> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw argumentError(option, `${path} can't be read (${error.message}), expected a .csv or .npy file`);
  });
  return /\.npy$/i.test(path) ? npyPoints(bytes, path, option) : textPoints(decode(bytes, path), path);
}

function npyPoints(bytes: Uint8Array, path: string, option: string): NamedPoints {
  const { data, shape } = readNpy(bytes);
  if (shape.length !== 2 || shape[1] !== 2) {
    throw argumentError(option, `${path} has shape [${shape.join(', ')}], expected [N, 2]`);
  }
  const column = (k: number) =>
    Float64Array.from({ length: shape[0] }, (_, i) => {
      const value = Number(data[2 * i + k]);
      if (!Number.isFinite(value)) {
        throw argumentError(option, `${path} has ${value} in row ${i}, column ${k}, expected finite numbers`);
      }
      return value;
    });
  return { x: column(0), y: column(1), names: ['x', 'y'] };
}

/** UTF-8, or what spreadsheets call Unicode: UTF-16 with a mark in front. */
function decode(bytes: Uint8Array, path: string): string {
  const text = new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8').decode(bytes);
  if (text.includes('\0')) throw argumentError('--data', `${path} is not text, expected a .csv or .npy file`);
  return text;
}

/** A record, and the line that it ends in. */
interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function textPoints(text: string, path: string): NamedPoints {
  const delimiter = delimiterOf(text);
  const lines = parsed(text, delimiter, path);
  for (const { record, info } of lines) {
    if (record.length !== 2) {
      const columns = record.length === 1 ? '1 column' : `${record.length} columns`;
      throw argumentError(
        '--data',
        `${path} has ${columns} in line ${info.lines}, expected two, x and y, parted by a comma, a semicolon or a tab`,
      );
    }
  }
  const number = (cell: string) =>
    cell === '' ? Number.NaN : Number(delimiter === ';' ? cell.replace(/^([-+]?\d*),(\d+)/, '$1.$2') : cell);
  const header = lines.length > 0 && lines[0].record.every((cell) => Number.isNaN(number(cell)));
  const names = header ? lines[0].record : ['x', 'y'];
  const rows = lines.slice(header ? 1 : 0);
  const column = (k: 0 | 1) =>
    Float64Array.from(rows, ({ record, info }) => {
      const value = number(record[k]);
      if (Number.isFinite(value)) return value;
      const what = record[k] === '' ? 'nothing' : `"${record[k]}"`;
      throw argumentError(
        '--data',
        `${path} has ${what} in line ${info.lines} for ${names[k]}${kindOf(record[k])}, expected a finite number`,
      );
    });
  return { x: column(0), y: column(1), names: [names[0], names[1]] };
}

/** Of the first line, outside of quotes. */
function delimiterOf(text: string): ',' | ';' | '\t' {
  const first = /\S.*/.exec(text.replace(/"[^"]*"/g, ''))?.[0] ?? '';
  return first.includes('\t') ? '\t' : first.includes(';') ? ';' : ',';
}

function parsed(text: string, delimiter: string, path: string): Line[] {
  try {
    return parse(text, {
      delimiter,
      trim: true,
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
    }) as unknown as Line[];
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number };
    const what =
      code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quote that is not closed' : `quotes that can't be read (${code ?? error})`;
    throw argumentError('--data', `${path} has ${what} in line ${lines}, expected a .csv file of two columns`);
  }
}

/** What a cell that is no number seems to be. */
function kindOf(cell: string): string {
  if (
    /^\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?\b|^\d{1,2}:\d{2}/.test(cell) ||
    /\b(\d[a-z]*)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b/i.test(cell)
  )
    return ', a date or time';
  if (/^[-+]?\d{1,3}([,.' ]\d{3})+/.test(cell)) return ', a number with separators of thousands';
  return '';
}

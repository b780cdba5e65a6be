import { argumentError, messageOf, show } from '@subspace/core/internals';
import { parse } from 'csv-parse';
import { decodeText } from './decode-text.ts';
import { requireTableOptions, type Table, type TableBuilder, type TableOptions, tableBuilder } from './table.ts';

export interface CsvOptions extends TableOptions {
  /** What is between two cells. Default: the first of `;`, tab, `|` and `,` that the first line has outside of quotes. */
  readonly delimiter?: string;
}

/** Characters that the parser is handed at once. */
const PIECE = 1 << 16;

/**
 * Reads comma separated values, and those separated by semicolons, tabs or bars: with or without a header, quotes, a byte order mark, blank lines,
 * delimiters at the ends of lines, gzipped or not.
 *
 * @param file the bytes, or the text
 * @throws naming line and column: of a missing value or a text, unless the options say what to do; of a line with another number of cells; of broken
 * quotes; and if gzipped data are damaged or end too soon
 * @example
 * ```ts
 * import { readCsv } from '@subspace/datasets/node';
 *
 * const table = await readCsv('age;height\n"31";1,75\n24;?\n', { decimal: ',', missing: 'drop-rows' });
 * table.data; // Float64Array [31, 1.75]
 * table.columnNames; // ['age', 'height']
 * table.findings[0].problem; // '1 of 2 rows have missing values, in column height'
 * ```
 */
export async function readCsv(file: Uint8Array | ArrayBuffer | string, options: CsvOptions = {}): Promise<Table> {
  requireTableOptions('readCsv', options, ['delimiter']);
  const builder = tableBuilder('readCsv', options, false);
  const text = await decodeText('readCsv', file);
  const { delimiter = delimiterOf(text) } = options;
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || /["\r\n]/.test(delimiter)) {
    throw argumentError('readCsv', `delimiter is ${show(delimiter)}, expected one character`);
  }
  await parseInto(builder, text, delimiter);
  return builder.finish();
}

/** Hands the text on in pieces, so that others have the thread in between. */
async function parseInto(builder: TableBuilder, text: string, delimiter: string): Promise<void> {
  // A row that is refused is remembered: the parser would name the error by itself.
  let refused: unknown;
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    on_record(cells: string[], { lines }) {
      try {
        builder.add(cells, `line ${lines}`);
      } catch (error) {
        refused = error;
        throw error;
      }
      return null;
    },
  });
  const failed = new Promise<never>((_, reject) => parser.on('error', reject));
  // Nobody may be waiting just then.
  failed.catch(() => {});
  const ended = new Promise<void>((resolve) => parser.on('end', resolve));
  parser.resume();
  try {
    for (let from = 0; from < text.length; from += PIECE) {
      const piece = text.slice(from, from + PIECE);
      await Promise.race([failed, new Promise<void>((resolve) => parser.write(piece, () => resolve()))]);
      if (builder.due()) await Promise.race([failed, builder.pause()]);
    }
    parser.end();
    await Promise.race([failed, ended]);
  } catch (error) {
    parser.destroy();
    if (refused) throw refused;
    if ((error as { code?: unknown }).code === 'ABORTED') throw error;
    throw argumentError('readCsv', `the file is broken: ${messageOf(error)}`);
  }
}

/** Semicolons before commas, which may be decimal ones. */
function delimiterOf(text: string): string {
  const line = /[^\r\n]*[^\s][^\r\n]*/.exec(text)?.[0] ?? '';
  const outside = line.replace(/"[^"]*"/g, '');
  return [';', '\t', '|', ','].find((delimiter) => outside.includes(delimiter)) ?? ',';
}

import { argumentError, requireCount } from '@subspace/core/internals';
import { decodeText } from './decode-text.ts';
import { requireTableOptions, type Table, type TableOptions, tableBuilder } from './table.ts';

export interface TextTableOptions extends TableOptions {
  /** Where each column is in a line, [from, to) in characters from 0, for columns that nothing is between. Default: blanks are between them. */
  readonly columns?: readonly (readonly [number, number])[];
}

/**
 * Reads a table whose columns are separated by blanks or tabs, any number of them: `data.txt`, `housing.data`, what `numpy.savetxt` writes.
 *
 * Lines end with LF, CRLF or CR; blank ones, those that begin with `#`, and blanks at either end, don't count. With `columns`, a line is cut at fixed places. (Never guess these
 * from the first lines, as `pandas.read_fwf` does: it drops leading digits in 137 of the 506 rows of `housing.data`.)
 *
 * @param file the bytes, gzipped or not, or the text
 * @throws naming line and column: of a missing value or a text, unless the options say what to do, and of a line that is too short or too long
 * @example
 * ```ts
 * import { readTextTable } from '@subspace/datasets';
 *
 * const table = await readTextTable('  1.5\t2 \r\n\r\n 3 4e1\r\n');
 * table.data; // Float64Array [1.5, 2, 3, 40]
 * table.shape; // [2, 2]
 * ```
 */
export async function readTextTable(
  file: Uint8Array | ArrayBuffer | string,
  options: TextTableOptions = {},
): Promise<Table> {
  requireTableOptions('readTextTable', options, ['columns']);
  const { columns } = options;
  columns?.forEach(([from, to], column) => {
    requireCount('readTextTable', `columns[${column}][0]`, from, 0);
    requireCount('readTextTable', `columns[${column}][1]`, to, from + 1);
  });
  const builder = tableBuilder('readTextTable', options, false);
  const text = await decodeText('readTextTable', file);
  let number = 0;
  for (const line of linesOf(text)) {
    number += 1;
    const words = line.trim();
    if (words !== '' && !words.startsWith('#'))
      builder.add(columns ? cut(line, columns, number) : words.split(/\s+/), `line ${number}`);
    if (builder.due()) await builder.pause();
  }
  return builder.finish();
}

/** One by one: a file may have millions. */
function* linesOf(text: string): Generator<string> {
  const end = /\r\n|\n|\r/g;
  let from = 0;
  for (let match = end.exec(text); match; match = end.exec(text)) {
    yield text.slice(from, match.index);
    from = end.lastIndex;
  }
  yield text.slice(from);
}

function cut(line: string, columns: readonly (readonly [number, number])[], number: number): readonly string[] {
  let at = 0;
  for (const [from, to] of columns) {
    if (line.slice(at, from).trim() !== '') break;
    at = to;
  }
  const rest = line.slice(at).trim();
  if (rest !== '') {
    throw argumentError(
      'readTextTable',
      `line ${number} has ${JSON.stringify(rest)} at ${at}, outside of the columns, expected blanks`,
    );
  }
  return columns.map(([from, to]) => line.slice(from, to));
}

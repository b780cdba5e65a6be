import { argumentError, requireKnownOptions, show } from '@subspace/core/internals';
import type { Table } from './table.ts';

/** An array [N, …] with all digits that its file has. */
export interface TableArrays {
  readonly data: Float64Array;
  readonly shape: readonly number[];
}

/** Columns to learn from, and those to learn. */
export interface InputsAndTargets {
  /** [N, D]. */
  readonly inputs: TableArrays;
  /** [N, one for each target]. */
  readonly targets: TableArrays;
  readonly featureNames?: readonly string[];
  readonly targetNames?: readonly string[];
}

/**
 * Splits a table's columns into inputs and targets.
 *
 * @param options `targets`: names or numbers, from 0, of the columns to learn (default: the last one); `inputs`: of those to learn from (default: all others)
 * @throws if there is no such column, or none to learn from
 * @example
 * ```ts
 * import { inputsAndTargets, readTextTable } from '@subspace/datasets';
 *
 * const { inputs, targets } = inputsAndTargets(await readTextTable('1 2 10\n3 4 20\n'));
 * inputs; // { data: Float64Array [1, 2, 3, 4], shape: [2, 2] }
 * targets; // { data: Float64Array [10, 20], shape: [2, 1] }
 * ```
 */
export function inputsAndTargets(
  table: Pick<Table, 'data' | 'shape' | 'columnNames'>,
  options: { readonly inputs?: readonly (number | string)[]; readonly targets?: readonly (number | string)[] } = {},
): InputsAndTargets {
  requireKnownOptions('inputsAndTargets', options, ['inputs', 'targets']);
  const { columnNames } = table;
  const width = table.shape[1];
  const columnsOf = (name: string, columns: readonly (number | string)[]) =>
    columns.map((column) => {
      const found = typeof column === 'string' ? (columnNames ?? []).indexOf(column) : column;
      if (Number.isInteger(found) && found >= 0 && found < width) return found;
      const known = columnNames ? `one of ${columnNames.map(show).join(', ')}` : `a number from 0 to ${width - 1}`;
      throw argumentError('inputsAndTargets', `${name} has column ${show(column)}, expected ${known}`);
    });
  const targets = columnsOf('targets', options.targets ?? [width - 1]);
  const others = Array.from({ length: width }, (_, column) => column).filter((column) => !targets.includes(column));
  const inputs = options.inputs ? columnsOf('inputs', options.inputs) : others;
  if (targets.length === 0) throw argumentError('inputsAndTargets', 'targets is empty, expected at least one column');
  if (inputs.length === 0) {
    throw argumentError(
      'inputsAndTargets',
      `inputs is empty: the table has ${width} columns, expected others than the targets`,
    );
  }
  return {
    inputs: columnsOfTable(table, inputs),
    targets: columnsOfTable(table, targets),
    ...(columnNames
      ? {
          featureNames: inputs.map((column) => columnNames[column]),
          targetNames: targets.map((column) => columnNames[column]),
        }
      : {}),
  };
}

function columnsOfTable(
  { data, shape: [rows, width] }: Pick<Table, 'data' | 'shape'>,
  columns: readonly number[],
): TableArrays {
  const made = new Float64Array(rows * columns.length);
  for (let row = 0; row < rows; row++) {
    columns.forEach((column, i) => {
      made[row * columns.length + i] = data[row * width + column];
    });
  }
  return { data: made, shape: [rows, columns.length] };
}

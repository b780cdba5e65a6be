import { type Arrays, type Standardization, standardization, standardize } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { type Rows, readTable, type Table } from './table.ts';

/** How rows become a network's inputs. */
export interface InputTransform {
  /** Of objects: which members, in order. */
  readonly columns?: readonly string[];
  /** Of one row: [inputs] of a table. */
  readonly shape: readonly number[];
  readonly standardization: Standardization;
}

/** Learns the transform, and applies it. */
export function inputTransform(table: Table): { readonly inputs: Arrays; readonly transform: InputTransform } {
  const { arrays, transform } = standardize({ data: table.data, shape: table.shape });
  const shape = table.shape.length === 1 ? [1] : table.shape.slice(1);
  return {
    inputs: { data: arrays.data, shape: [arrays.shape[0], ...shape] },
    transform: { ...(table.columns && { columns: table.columns }), shape, standardization: transform },
  };
}

/** The network's inputs for other rows. Throws unless they have the columns of those that were fitted. */
export function inputsFor(where: string, { columns, shape, standardization }: InputTransform, rows: Rows): Arrays {
  const table = readTable(where, 'inputs', rows, columns);
  const [size] = table.shape;
  const width = table.data.length / size;
  const expected = shape.reduce((product, length) => product * length, 1);
  if (width !== expected) {
    throw argumentError(where, `inputs have ${width} columns, expected ${expected} as those that were fitted`);
  }
  const { data } = standardization.apply({ data: table.data, shape: [size, width] });
  return { data, shape: [size, ...shape] };
}

/** As plain data. */
export function savedTransform({ columns, shape, standardization: { mean, std } }: InputTransform): object {
  return { columns, shape, mean, std };
}

/** Of what `savedTransform` gave. */
export function loadedTransform(saved: unknown): InputTransform {
  const { columns, shape, mean, std } = saved as Pick<InputTransform, 'columns' | 'shape'> & Standardization;
  return { ...(columns && { columns }), shape, standardization: standardization(mean, std) };
}

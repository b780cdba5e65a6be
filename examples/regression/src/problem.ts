import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Dataset } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { readNpy, regressionDataset, syntheticRegression } from '@subspace/datasets';
import { parse } from 'csv-parse/sync';

/** Points of a curve. */
export interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** What is to be learnt, and what it is to be scored on. */
export interface Problem {
  readonly name: string;
  readonly train: Points & { readonly data: Dataset };
  /** Held-out points where the training points are, and where they are not; only a problem whose truth is known has them. */
  readonly test?: { readonly atData: Points; readonly away: Points };
  readonly truth?: (x: number) => number;
  /** Where to draw. */
  readonly domain: readonly [number, number];
}

/** The paper's problem, with 400 points to test on at the clusters and 400 away from them. */
export function syntheticProblem(seed: number | string): Problem {
  const { x, y, data, test, truth } = syntheticRegression({ seed, testPoints: 400 });
  return {
    name: 'synthetic regression (400 points in three clusters)',
    train: { x, y, data },
    test: { atData: test!.atClusters, away: test!.awayFromClusters },
    truth,
    domain: [-10, 10],
  };
}

/** Two columns x, y of a file: `.npy` [N, 2], or `.csv` with or without a header. All rows are trained on, as in the paper. */
export async function fileProblem(path: string): Promise<Problem> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw argumentError('--data', `${path} can't be read (${error.message}), expected a .csv or .npy file`);
  });
  const rows = /\.npy$/i.test(path) ? npyRows(bytes, path) : csvRows(bytes.toString('utf8'), path);
  if (rows.length < 10) throw argumentError('--data', `${path} has ${rows.length} rows, expected at least 10`);
  const x = Float64Array.from(rows, (row) => row[0]);
  const y = Float64Array.from(rows, (row) => row[1]);
  const [low, high] = [Math.min(...x), Math.max(...x)];
  if (low === high)
    throw argumentError('--data', `${path} has the same x (${low}) in all rows, expected different ones`);
  const margin = 0.2 * (high - low);
  return {
    name: `${basename(path)} (${rows.length} points)`,
    train: { x, y, data: regressionDataset(x, y) },
    domain: [low - margin, high + margin],
  };
}

type Row = readonly [number, number];

function npyRows(bytes: Uint8Array, path: string): Row[] {
  const { data, shape } = readNpy(bytes);
  if (shape.length !== 2 || shape[1] !== 2) {
    throw argumentError('--data', `${path} has shape [${shape.join(', ')}], expected [N, 2]`);
  }
  return Array.from({ length: shape[0] }, (_, i) => row([Number(data[2 * i]), Number(data[2 * i + 1])], path, i));
}

function csvRows(text: string, path: string): Row[] {
  const records: string[][] = parse(text, { skip_empty_lines: true, trim: true, bom: true, relax_column_count: true });
  const header = records.length > 0 && records[0].some((cell) => Number.isNaN(Number(cell)));
  return records.slice(header ? 1 : 0).map((record, i) =>
    row(
      record.map((cell) => (cell === '' ? Number.NaN : Number(cell))),
      path,
      i,
    ),
  );
}

function row(values: number[], path: string, i: number): Row {
  if (values.length !== 2 || !values.every(Number.isFinite)) {
    throw argumentError('--data', `${path} has ${values.join(', ')} as row ${i}, expected two finite numbers x, y`);
  }
  return [values[0], values[1]];
}

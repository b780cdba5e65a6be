import { readFile } from 'node:fs/promises';
import { argumentError, type Dataset } from '@subspace/core';
import { readNpy, regressionDataset, splits, syntheticRegression } from '@subspace/datasets';
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
  /** Held-out points where the training points are. */
  readonly testAtData: Points;
  /** Held-out points where they are not; only a problem whose truth is known has them. */
  readonly testAway?: Points;
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
    testAtData: test!.atClusters,
    testAway: test!.awayFromClusters,
    truth,
    domain: [-10, 10],
  };
}

/** Two columns x, y of a file: `.npy` [N, 2], or `.csv` with or without a header. A tenth of the rows is held out. */
export async function fileProblem(path: string, seed: number | string): Promise<Problem> {
  const bytes = await readFile(path).catch((error: Error) => {
    throw argumentError('--data', `${path} can't be read (${error.message}), expected a .csv or .npy file`);
  });
  const rows = /\.npy$/i.test(path) ? npyRows(bytes, path) : csvRows(bytes.toString('utf8'), path);
  if (rows.length < 20) throw argumentError('--data', `${path} has ${rows.length} rows, expected at least 20`);
  const [split] = splits(rows.length, { seed, count: 1, testFraction: 0.1 });
  const take = (indices: Int32Array): Points => ({
    x: Float64Array.from(indices, (i) => rows[i][0]),
    y: Float64Array.from(indices, (i) => rows[i][1]),
  });
  const train = take(split.train);
  const low = Math.min(...rows.map(([x]) => x));
  const high = Math.max(...rows.map(([x]) => x));
  if (low === high)
    throw argumentError('--data', `${path} has the same x (${low}) in all rows, expected different ones`);
  const margin = 0.2 * (high - low);
  return {
    name: `${path} (${rows.length} points, a tenth held out)`,
    train: { ...train, data: regressionDataset(train.x, train.y) },
    testAtData: take(split.test),
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

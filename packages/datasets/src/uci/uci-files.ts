import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { type CancelSignal, readNpy } from '@subspace/core';
import { argumentError, show } from '@subspace/core/internals';
import { paperSplits } from '../paper-splits.ts';
import type { Split } from '../splits.ts';
import { readCsv } from '../tabular/csv.ts';
import { readExcel } from '../tabular/excel.ts';
import type { TableFinding } from '../tabular/finding.ts';
import { inputsAndTargets } from '../tabular/inputs-and-targets.ts';
import { readMat } from '../tabular/mat.ts';
import type { Table } from '../tabular/table.ts';
import { readTextTable } from '../tabular/text-table.ts';
import { knownUci } from './known-uci.ts';
import type { UciData } from './uci-data.ts';

export type UciFormat = 'fixed-splits' | 'csv' | 'mat' | 'raw';

const FORMATS: readonly UciFormat[] = ['fixed-splits', 'csv', 'mat', 'raw'];

export function requireUciFormat(format: UciFormat): void {
  if (FORMATS.includes(format)) return;
  throw argumentError('loadUci', `format is ${show(format)}, expected one of ${FORMATS.join(', ')}`);
}

/** The file of a data set. */
export interface FoundUci {
  readonly format: UciFormat;
  readonly path: string;
}

/** The first file below `root` that holds the data set, of the first format that is there. */
export function findUci(root: string, name: string, wanted?: UciFormat): FoundUci | undefined {
  for (const format of wanted === undefined ? FORMATS : [wanted]) {
    for (const path of candidates(root, name, format)) if (existsSync(path)) return { format, path };
  }
  return undefined;
}

function candidates(root: string, name: string, format: UciFormat): readonly string[] {
  const known = knownUci(name);
  const wilson = name.startsWith('wilson_');
  const plain = name.replace(/^wilson_/, '');
  // `yacht` is the small one, whatever else is there; the large ones have no fixed splits.
  const folders = [...new Set([known?.folder ?? plain, plain])];
  const bases = [root, join(root, 'uci-small'), join(root, 'uci-large'), join(root, 'uci-raw')];
  return bases.flatMap((base) => folders.flatMap((folder) => pathsOf(base, folder, format, wilson, known?.raw?.file)));
}

function pathsOf(
  base: string,
  folder: string,
  format: UciFormat,
  wilson: boolean,
  rawFile?: string,
): readonly string[] {
  const at = join(base, folder);
  if (format === 'csv') return [join(at, 'data.csv.gz'), join(at, 'data.csv')];
  if (format === 'mat') return [join(at, `${folder}.mat`), join(base, `${folder}.mat`)];
  if (wilson) return [];
  if (format === 'fixed-splits') return [join(at, 'data', 'data.txt'), join(at, 'data.txt')];
  const others = ['csv.gz', 'csv', 'txt', 'data', 'xls', 'xlsx', 'npy'].map((ending) => `${folder}.${ending}`);
  return [...(rawFile ? [rawFile] : []), ...others].flatMap((file) => [join(base, file), join(at, file)]);
}

export async function readUci(found: FoundUci, name: string, signal?: CancelSignal): Promise<Omit<UciData, 'name'>> {
  try {
    return await READERS[found.format](found.path, name, signal);
  } catch (error) {
    // A reader says what is wrong, not in which of the files.
    if ((error as { code?: unknown }).code !== 'INVALID_ARGUMENT') throw error;
    throw argumentError('loadUci', `${found.path}: ${(error as Error).message}`);
  }
}

type Reader = (path: string, name: string, signal?: CancelSignal) => Promise<Omit<UciData, 'name'>>;

const READERS: Readonly<Record<UciFormat, Reader>> = {
  'fixed-splits': readFixedSplits,
  csv: readMaskedCsv,
  mat: readMatlab,
  raw: readRaw,
};

/** `data.txt` and what lies beside it: which columns to use, and the rows of each split. Without it, all columns, and the splits that are known. */
async function readFixedSplits(path: string, name: string, signal?: CancelSignal): Promise<Omit<UciData, 'name'>> {
  const table = await readTextTable(await readFile(path), { signal });
  const folder = dirname(path);
  const known = knownUci(name);
  const inputs = await readIndices(join(folder, 'index_features.txt'));
  const targets = await readIndices(join(folder, 'index_target.txt'));
  const columns = inputs && targets ? { inputs, targets } : columnsOf(known?.features, known?.targets);
  const data = inputsAndTargets(table, columns);
  const size = table.shape[0];
  const splits: Split[] = [];
  for (let k = 0; ; k++) {
    const train = await readIndices(join(folder, `index_train_${k}.txt`));
    const test = await readIndices(join(folder, `index_test_${k}.txt`));
    if (!train || !test) break;
    splits.push({ train: requireRows(train, size, folder, k), test: requireRows(test, size, folder, k) });
  }
  const isKnown = splits.length === 0 && known?.fixedSplits !== undefined && size === known.rows;
  const fixed = isKnown ? paperSplits(size, { count: known.fixedSplits, kind: 'fixed' }) : splits;
  return { ...data, splits: fixed, source: path, findings: table.findings };
}

function columnsOf(features?: number, targets?: readonly number[]): Parameters<typeof inputsAndTargets>[1] {
  if (features === undefined || !targets) return {};
  return { inputs: Array.from({ length: features }, (_, column) => column), targets };
}

async function readIndices(path: string): Promise<readonly number[] | undefined> {
  if (!existsSync(path)) return undefined;
  return Array.from((await readTextTable(await readFile(path), { header: false })).data);
}

function requireRows(rows: readonly number[], size: number, folder: string, k: number): Int32Array {
  const wrong = rows.find((row) => !(Number.isInteger(row) && row >= 0 && row < size));
  if (wrong === undefined) return Int32Array.from(rows);
  throw argumentError('loadUci', `split ${k} of ${folder} has row ${wrong}, expected rows from 0 to ${size - 1}`);
}

async function readMaskedCsv(path: string, _name: string, signal?: CancelSignal): Promise<Omit<UciData, 'name'>> {
  const table = await readCsv(await readFile(path), { signal });
  return { ...inputsAndTargets(table), splits: await masksBeside(path, table), source: path, findings: table.findings };
}

/** Column k of `test_mask.csv.gz` marks the test rows of split k. */
async function masksBeside(path: string, table: Pick<Table, 'shape'>): Promise<readonly Split[]> {
  const mask = ['test_mask.csv.gz', 'test_mask.csv'].map((file) => join(dirname(path), file)).find(existsSync);
  if (!mask) return [];
  const { data, shape } = await readCsv(await readFile(mask), { header: false });
  const [rows, count] = shape;
  if (rows !== table.shape[0]) {
    throw argumentError('loadUci', `${mask} has ${rows} rows, expected ${table.shape[0]} as ${path}`);
  }
  const other = data.find((value) => value !== 0 && value !== 1);
  if (other !== undefined) throw argumentError('loadUci', `${mask} has ${other}, expected 0 and 1`);
  const where = (k: number, value: number) =>
    Int32Array.from(Array.from({ length: rows }, (_, row) => row).filter((row) => data[row * count + k] === value));
  return Array.from({ length: count }, (_, k) => ({ train: where(k, 0), test: where(k, 1) }));
}

/** The variable `data`, or the only matrix. */
async function readMatlab(path: string): Promise<Omit<UciData, 'name'>> {
  const { arrays, findings } = await readMat(await readFile(path));
  const matrices = [...arrays].filter(([, { shape }]) => shape.length === 2);
  const [name, array] =
    matrices.find(([variable]) => variable === 'data') ??
    (matrices.length === 1 ? matrices[0] : [undefined, undefined]);
  if (!array) {
    throw argumentError(
      'loadUci',
      `the matrices of the file are ${matrices.map(([one]) => one).join(', ') || 'none'}, expected one named data`,
    );
  }
  const bad = array.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw argumentError('loadUci', `${name}[${bad}] is ${array.data[bad]}, expected finite numbers`);
  const table = { data: array.data, shape: [array.shape[0], array.shape[1]] as const };
  return { ...inputsAndTargets(table), splits: await masksBeside(path, table), source: path, findings };
}

async function readRaw(path: string, name: string, signal?: CancelSignal): Promise<Omit<UciData, 'name'>> {
  const raw = knownUci(name)?.raw;
  const { data, findings } = await readAny(path, signal);
  const columns = raw?.targets ? { inputs: raw.inputs, targets: raw.targets } : {};
  return { ...inputsAndTargets(data, columns), splits: [], source: path, findings };
}

async function readAny(
  path: string,
  signal?: CancelSignal,
): Promise<{ data: Pick<Table, 'data' | 'shape' | 'columnNames'>; findings: readonly TableFinding[] }> {
  const bytes = await readFile(path);
  const ending = extname(path.replace(/\.gz$/, ''));
  if (ending === '.npy') {
    const { data, shape } = readNpy(bytes);
    if (shape.length !== 2)
      throw argumentError('loadUci', `the array has shape [${shape.join(', ')}], expected rows and columns`);
    return { data: { data: Float64Array.from(data), shape: [shape[0], shape[1]] }, findings: [] };
  }
  const table =
    ending === '.csv'
      ? await readCsv(bytes, { signal })
      : ending === '.xls' || ending === '.xlsx'
        ? await readExcel(bytes, { signal })
        : await readTextTable(bytes, { signal });
  return { data: table, findings: table.findings };
}

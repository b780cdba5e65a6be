import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CancelSignal } from '@subspace/core';
import { argumentError, requireKnownOptions, requireOptions, show } from '@subspace/core/internals';
import { counted, type TableFinding } from '../tabular/finding.ts';
import { type InputsAndTargets, inputsAndTargets } from '../tabular/inputs-and-targets.ts';
import type { Table } from '../tabular/table.ts';
import { bundledUci } from './bundled-uci.ts';
import { checksumOf, type DownloadProgress, download } from './download.ts';
import { knownUci, knownUciNames, remoteFiles } from './known-uci.ts';
import type { UciData } from './uci-data.ts';
import { findUci, readUci, requireUciFormat, type UciFormat } from './uci-files.ts';

export interface LoadUciOptions {
  /** A folder that has the files: of one data set, of several, or of folders `uci-small`, `uci-large` and `uci-raw` of them. */
  readonly root?: string;
  /**
   * Fetch what is neither in `root` nor in the cache. Default false: nothing goes over the network. The addresses of the two mirrors are the project's memory of
   * them, and none has been fetched from yet: where one is wrong, the error names it and the file that is expected, and `mirror` is another one.
   */
  readonly download?: boolean | { readonly cache?: string; readonly mirror?: string };
  /** Take the files of this format only. Default: the first that is there, in the order `'fixed-splits'`, `'csv'`, `'mat'`, `'raw'`. */
  readonly format?: UciFormat;
  /** Columns as the original code takes them: naval without its two constant features. Default false. */
  readonly paperCompat?: boolean;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/**
 * A UCI regression data set, as the papers split it.
 *
 * The paper's twelve by name: `boston`, `concrete`, `energy`, `naval`, `protein`, `yacht` with their fixed splits, and `wilson_elevators`, `wilson_keggdirected`,
 * `wilson_keggundirected`, `wilson_pol`, `wilson_protein`, `wilson_skillcraft` with ten masks; without `root`, the bundled ones are there at once. Any other of
 * `root` by the name of its folder or file, the last column the target: fixed splits (`data.txt`, `index_*.txt`), `data.csv.gz` with `test_mask.csv.gz`,
 * `NAME.mat` (variable `data`), or one file `NAME.csv`, `.txt`, `.data`, `.xls`, `.xlsx`, `.npy`.
 *
 * @param name the paper's name, or that of a folder or file in `root`
 * Each set has the licence of its source, which is not looked up here: whoever passes the files on has to.
 *
 * @throws where it isn't: with the path of its file, and the URL and checksum to get it by
 * @example
 * ```ts
 * import { standardizeSplit } from '@subspace/datasets';
 * import { loadUci } from '@subspace/datasets/node';
 *
 * const data = await loadUci('yacht'); // or { root: 'folder/with/files' }, or { download: true }
 * data.splits.length; // 20
 * const { train, test } = standardizeSplit(data, data.splits[0]);
 * train.data.size; // 277
 * ```
 */
export async function loadUci(name: string, options: LoadUciOptions = {}): Promise<UciData> {
  requireKnownOptions('loadUci', options, ['root', 'download', 'format', 'paperCompat', 'signal', 'onProgress']);
  if (typeof name !== 'string' || !/^[\w][\w .-]*$/.test(name)) {
    throw argumentError(
      'loadUci',
      `name is ${show(name)}, expected a name: ${knownUciNames().join(', ')}, or a folder's`,
    );
  }
  const { root, format } = options;
  if (format !== undefined) requireUciFormat(format);
  if (root !== undefined) {
    if (!existsSync(root)) throw argumentError('loadUci', `root is ${show(root)}, expected a folder that is there`);
    const found = findUci(root, name, format);
    if (found) return finished(name, await readUci(found, name, options.signal), options);
  }
  const { cache, mirror } = downloadOf(options);
  if (cache !== undefined) {
    const findings = await fetchInto(cache, name, mirror, options);
    const found = findUci(cache, name, format);
    if (found) return finished(name, await readUci(found, name, options.signal), options, findings);
  }
  const bundled = root === undefined && format === undefined ? await bundledUci(name) : undefined;
  if (bundled) return finished(name, bundled, options);
  throw absent(name, root);
}

/** Where downloads go; nowhere if they are not asked for. */
function downloadOf({ download: asked }: LoadUciOptions): { cache?: string; mirror?: string } {
  if (!asked) return {};
  const parts = asked === true ? {} : asked;
  requireOptions('loadUci', 'download', parts);
  requireKnownOptions('loadUci', parts, ['cache', 'mirror']);
  const { cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'subspace'), mirror } = parts;
  return { cache, mirror };
}

async function fetchInto(
  cache: string,
  name: string,
  mirror: string | undefined,
  { signal, onProgress }: LoadUciOptions,
): Promise<readonly TableFinding[]> {
  const findings: TableFinding[] = [];
  for (const { path, url, sha256 } of remoteFiles(name, mirror)) {
    const place = join(cache, path);
    if (!existsSync(place)) await download(url, place, { sha256, signal, onProgress });
    if (sha256) continue;
    // Nothing is known of this file but what came first.
    const note = `${place}.sha256`;
    const came = await checksumOf(place);
    const first = await readFile(note, 'utf8').catch(() => undefined);
    if (!first) {
      await writeFile(note, came);
    } else if (first.trim() !== came) {
      throw argumentError(
        'loadUci',
        `${place} has SHA-256 ${came}, expected ${first.trim()}, as when it was downloaded`,
      );
    }
    const problem = `no checksum of ${url} is known; what came has SHA-256 ${came}`;
    findings.push({ code: 'unknown-checksum', problem, advice: 'Compare it with a source that you trust.' });
  }
  return findings;
}

/** What every data set is checked for, whatever it was read from. */
function finished(
  name: string,
  read: Omit<UciData, 'name'>,
  { paperCompat = false }: LoadUciOptions,
  more: readonly TableFinding[] = [],
): UciData {
  const known = knownUci(name);
  const [rows, features] = read.inputs.shape;
  if (known && (rows !== known.rows || features !== known.features)) {
    throw argumentError(
      'loadUci',
      `${read.source} has ${rows} rows and ${features} features, expected the ${known.rows} and ${known.features} of ${name}`,
    );
  }
  const drops = paperCompat ? (known?.paperDrops ?? []) : [];
  const kept = drops.length > 0 ? { ...read, ...withoutFeatures(read, drops) } : read;
  return { name, ...kept, findings: [...more, ...read.findings, ...findingsOf(kept)] };
}

function withoutFeatures(data: InputsAndTargets, drops: readonly number[]): InputsAndTargets {
  const [rows, width] = data.inputs.shape;
  const kept = Array.from({ length: width }, (_, column) => column).filter((column) => !drops.includes(column));
  const table: Pick<Table, 'data' | 'shape' | 'columnNames'> = {
    data: data.inputs.data,
    shape: [rows, width],
    ...(data.featureNames ? { columnNames: data.featureNames } : {}),
  };
  const { inputs, featureNames } = inputsAndTargets(table, { inputs: kept, targets: drops });
  return { ...data, inputs, ...(featureNames ? { featureNames } : {}) };
}

function findingsOf({ inputs, targets }: InputsAndTargets): readonly TableFinding[] {
  const [rows, width] = inputs.shape;
  const findings: TableFinding[] = [];
  const seen = new Set<string>();
  for (let row = 0; row < rows; row++) {
    const parts = [inputs.data.subarray(row * width, (row + 1) * width), targets.data.subarray(row, row + 1)];
    seen.add(parts.map((part) => part.join()).join());
  }
  if (seen.size < rows) {
    findings.push({
      code: 'duplicate-rows',
      problem: `${counted(rows - seen.size, 'row')} of ${rows} ${rows - seen.size === 1 ? 'is a copy of another' : 'are copies of others'}, target included`,
      advice: 'They were kept, as in the papers: a test row may be one of the training rows.',
    });
  }
  const constant = Array.from({ length: width }, (_, column) => column).filter((column) =>
    inputs.data.every((value, i) => i % width !== column || value === inputs.data[column]),
  );
  if (constant.length > 0) {
    findings.push({
      code: 'constant-columns',
      problem: `${constant.length === 1 ? 'feature' : 'features'} ${constant.join(', ')} ${constant.length === 1 ? 'is' : 'are'} constant`,
      advice: 'Kept: standardised, they are 0.',
    });
  }
  return findings;
}

function absent(name: string, root: string | undefined): Error {
  const files = remoteFiles(name);
  const where = files
    .map(({ path, url, sha256 }) => `${path} (${url}${sha256 ? `, SHA-256 ${sha256}` : ''})`)
    .join(' and ');
  const known = knownUci(name)
    ? ''
    : `; ${show(name)} is none of ${knownUciNames().join(', ')}, and whether it is there is not known`;
  return Object.assign(
    new Error(
      `loadUci: ${name} is not in ${root === undefined ? 'any folder: root names none' : root}, expected ${where}: put it there, or say download: true${known}`,
    ),
    { code: 'NOT_FOUND' as const },
  );
}

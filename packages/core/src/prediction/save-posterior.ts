import { argumentError, requireKnownOptions, requireLength, show } from '../argument.ts';
import { binaryLikelihood } from '../likelihood/binary.ts';
import { categoricalLikelihood } from '../likelihood/categorical.ts';
import { gaussianLikelihood } from '../likelihood/gaussian.ts';
import { heteroscedasticGaussianLikelihood } from '../likelihood/heteroscedastic-gaussian.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';
import { type Draws, drawsFrom } from '../sampling/draws.ts';
import { savedDivergence, savedTotals } from '../sampling/step-totals.ts';
import { type CheckpointStore, requireStore } from '../storage/checkpoint-store.ts';
import { entryChunks, readEntry } from '../storage/entry.ts';
import { fromHalf, toHalf } from '../storage/half-float.ts';
import {
  aCount,
  aNumber,
  anything,
  aText,
  floats,
  listOf,
  objectOf,
  optional,
  requireSchema,
  type Schema,
} from '../storage/schema.ts';
import { weightLayout } from '../weights/layout.ts';
import { type Subspace, subspace } from '../weights/subspace.ts';

export interface PosteriorFile {
  /** Whatever tells how to build the network again: plain data. */
  readonly network: unknown;
  readonly subspace: Subspace;
  /** Coordinates in the subspace. */
  readonly draws: Draws;
  /** Of a named kind: a custom one is a function, which no file can hold. */
  readonly likelihood: Likelihood;
  /** How inputs are to be transformed, and how targets were: plain data, a mean and a scale say. */
  readonly inputTransform?: unknown;
  readonly targetTransform?: unknown;
}

export interface SavePosteriorOptions extends PosteriorFile {
  /**
   * How the basis is stored: 4, 2 or 1 byte a number. `'float32'` (the default) is exact; `'int8'` rounds to 1/127 of a row's largest
   * entry. The shift stays float32.
   */
  readonly basisPrecision?: 'float32' | 'float16' | 'int8';
}

export interface SavedPosterior {
  /** Largest difference of an entry of the basis to the one given; 0 with float32. */
  readonly largestError: number;
  /** ‖stored row − row‖ / ‖row‖, the worst of all rows. */
  readonly relativeError: number;
}

/** One entry of the store. */
const NAME = 'posterior';

/**
 * Saves a posterior to predict with: subspace, draws, likelihood and transforms in one file.
 *
 * @returns the error of the stored basis
 * @throws on a custom likelihood, draws of another dimension, a basis that overflows float16, or something that is not plain data
 * @example
 * ```ts
 * import { drawsFrom, gaussianLikelihood, loadPosterior, memoryStore, savePosterior, subspace, weightLayout } from '@subspace/core';
 *
 * const layout = weightLayout([{ name: 'w', shape: [2] }]);
 * const store = memoryStore();
 * const { relativeError } = await savePosterior(store, {
 *   network: { name: 'a line', inputs: 1 },
 *   subspace: subspace({ layout, shift: Float32Array.of(1, 1), basis: [Float32Array.of(0.1, 0.2)] }),
 *   draws: drawsFrom([[Float64Array.of(2)]]),
 *   likelihood: gaussianLikelihood({ variance: 0.1 }),
 *   basisPrecision: 'int8',
 * });
 * relativeError; // below 1/127
 * const { network, draws, likelihood } = await loadPosterior(store);
 * ```
 */
export async function savePosterior(store: CheckpointStore, options: SavePosteriorOptions): Promise<SavedPosterior> {
  const where = 'savePosterior';
  requireStore(where, 'store', store);
  requireKnownOptions(where, options, [
    'network',
    'subspace',
    'draws',
    'likelihood',
    'inputTransform',
    'targetTransform',
    'basisPrecision',
  ]);
  const { network, draws, likelihood, inputTransform, targetTransform, basisPrecision = 'float32' } = options;
  const { layout, shift, basis } = subspace(options.subspace);
  if (!['float32', 'float16', 'int8'].includes(basisPrecision)) {
    throw argumentError(where, `basisPrecision is ${show(basisPrecision)}, expected 'float32', 'float16' or 'int8'`);
  }
  requireLength(where, 'a draw', { length: draws.dim }, basis.length);
  const { kind } = likelihood;
  if (kind === 'custom') throw argumentError(where, 'likelihood is a custom one, expected a named kind');

  const rows = basis.map((row) => stored(row, basisPrecision));
  const half = new Set<unknown>(basisPrecision === 'float16' ? rows.map(({ values }) => values) : []);
  const largestError = Math.max(...rows.map(({ largest }) => largest));
  const relativeError = Math.max(...rows.map(({ relative }) => relative));
  if (!Number.isFinite(largestError)) {
    throw argumentError(
      where,
      "basisPrecision is 'float16', but an entry of the basis is beyond 65504; expected 'float32'",
    );
  }
  const value = {
    network,
    layout: layout.entries.map(({ name, shape }) => ({ name, shape })),
    shift,
    basis: rows.map(({ values, scale }) => ({ values, scale })),
    positions: draws.positions,
    infos: draws.infos,
    totals: draws.totals,
    divergent: draws.divergent,
    likelihood: { kind, variance: kind === 'gaussian' ? likelihood.variance : undefined },
    inputTransform,
    targetTransform,
  };
  await store.write(NAME, entryChunks(where, NAME, value, half));
  return { largestError, relativeError };
}

/**
 * A posterior as `savePosterior` saved it: predicts the same numbers, in any process.
 *
 * @throws if the store has none, or it is damaged, another kind of file, or of a newer version
 */
export async function loadPosterior(store: CheckpointStore): Promise<PosteriorFile> {
  requireStore('loadPosterior', 'store', store);
  const chunks = await store.read(NAME);
  if (!chunks) throw argumentError('loadPosterior', 'the store has no posterior, expected what savePosterior wrote');
  const read = await readEntry('loadPosterior', NAME, chunks);
  requireSchema('loadPosterior', 'the file', read, savedPosterior);
  const file = read as {
    network: unknown;
    layout: { name: string; shape: number[] }[];
    shift: Float32Array;
    basis: { values: Float32Array | Int8Array; scale: number }[];
    positions: Float64Array[][];
    infos: unknown[][];
    totals: Draws['totals'];
    divergent: Draws['divergent'];
    likelihood: { kind: Exclude<Likelihood['kind'], 'custom'>; variance: number };
    inputTransform: unknown;
    targetTransform: unknown;
  };
  const { network, layout, shift, basis, positions, infos, totals, divergent, inputTransform, targetTransform } = file;
  return {
    network,
    subspace: subspace({ layout: weightLayout(layout), shift, basis: basis.map(restored) }),
    draws: { ...drawsFrom(positions, infos), totals, divergent },
    likelihood: namedLikelihood(file.likelihood),
    ...(inputTransform !== undefined && { inputTransform }),
    ...(targetTransform !== undefined && { targetTransform }),
  };
}

/** A row as it is stored, and how far what will be read is from it. */
function stored(row: Float32Array, precision: 'float32' | 'float16' | 'int8') {
  const scale = precision === 'int8' ? row.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127 : 1;
  const values =
    precision === 'int8' ? Int8Array.from(row, (value) => (scale === 0 ? 0 : Math.round(value / scale))) : row;
  const read = precision === 'float16' ? row.map((value) => fromHalf(toHalf(value))) : restored({ values, scale });
  let largest = 0;
  let squares = 0;
  let norm = 0;
  for (let i = 0; i < row.length; i++) {
    const error = Math.abs(read[i] - row[i]);
    largest = Math.max(largest, error);
    squares += error * error;
    norm += row[i] * row[i];
  }
  return { values, scale, largest, relative: norm === 0 ? 0 : Math.sqrt(squares / norm) };
}

function restored({ values, scale }: { values: Float32Array | Int8Array; scale: number }): Float32Array {
  return values.BYTES_PER_ELEMENT === 4
    ? (values as Float32Array)
    : Float32Array.from(values, (value) => value * scale);
}

function namedLikelihood({
  kind,
  variance,
}: {
  kind: Exclude<Likelihood['kind'], 'custom'>;
  variance: number;
}): Likelihood {
  if (kind === 'gaussian') return gaussianLikelihood({ variance });
  if (kind === 'binary') return binaryLikelihood();
  if (kind === 'categorical') return categoricalLikelihood();
  if (kind === 'heteroscedastic-gaussian') return heteroscedasticGaussianLikelihood();
  throw argumentError('loadPosterior', `the file's likelihood.kind is ${show(kind)}, expected a named kind`);
}

/** A row of the basis, and the shift: 32 bits a number, or one byte. */
const someNumbers: Schema = (value, path) =>
  ['Float32Array', 'Int8Array'].includes(show(value))
    ? undefined
    : `${path} is ${show(value)}, expected a Float32Array`;

const savedPosterior = objectOf({
  layout: listOf(objectOf({ name: aText, shape: listOf(aCount) })),
  shift: someNumbers,
  basis: listOf(objectOf({ values: someNumbers, scale: aNumber })),
  positions: listOf(listOf(floats())),
  infos: listOf(listOf(anything)),
  totals: listOf(savedTotals),
  divergent: listOf(listOf(savedDivergence)),
  likelihood: objectOf({ kind: aText, variance: optional(aNumber) }),
});

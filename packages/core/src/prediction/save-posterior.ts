import { argumentError, requireKnownOptions, requireLength, show } from '../argument.ts';
import type { Vector } from '../density/log-density.ts';
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
import { requireSameRun } from '../storage/run-identity.ts';
import {
  aCount,
  aNumber,
  anObject,
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
import { mapIdentity } from '../weights/map-identity.ts';
import { type Subspace, subspace } from '../weights/subspace.ts';
import { dimOf, isSubspace, requireWeightMap, type WeightMap } from '../weights/weight-map.ts';

export interface PosteriorFile {
  /** Whatever tells how to build the network again: plain data. */
  readonly network: unknown;
  readonly subspace: Subspace | WeightMap;
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
   * entry. The shift stays float32. Of an affine subspace only.
   */
  readonly basisPrecision?: 'float32' | 'float16' | 'int8';
}

export interface LoadPosteriorOptions {
  /** Of each kind of map that the file may hold: what makes it from its `parts`. */
  readonly maps?: Readonly<Record<string, (parts: NonNullable<WeightMap['parts']>) => WeightMap>>;
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
 * Of a map its `parts` are saved: plain data with a `kind`, from which `loadPosterior` has it made again.
 *
 * @returns the error of the stored basis
 * @throws on a custom likelihood, a map without `parts`, draws of another dimension, a basis that overflows float16, or something that is not plain data
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
  if (!['float32', 'float16', 'int8'].includes(basisPrecision)) {
    throw argumentError(where, `basisPrecision is ${show(basisPrecision)}, expected 'float32', 'float16' or 'int8'`);
  }
  const saved = isSubspace(options.subspace)
    ? savedSubspace(where, options.subspace, basisPrecision)
    : savedMap(where, options.subspace, basisPrecision);
  requireLength(where, 'a draw', { length: draws.dim }, dimOf(options.subspace));
  const { kind } = likelihood;
  if (kind === 'custom') throw argumentError(where, 'likelihood is a custom one, expected a named kind');

  const value = {
    network,
    ...saved.entries,
    // One array a chain: a file of an array for each draw is slow to read.
    positions: draws.positions.map((chain) => flat(chain, draws.dim)),
    infos: draws.infos,
    totals: draws.totals,
    divergent: draws.divergent,
    likelihood: { kind, variance: kind === 'gaussian' ? likelihood.variance : undefined },
    inputTransform,
    targetTransform,
  };
  await store.write(NAME, entryChunks(where, NAME, value, saved.half));
  return saved.errors;
}

/** What of a subspace or map goes into the file. */
interface SavedSpace {
  readonly entries: object;
  /** Arrays to be stored as half floats. */
  readonly half: ReadonlySet<unknown>;
  readonly errors: SavedPosterior;
}

function savedSubspace(where: string, space: Subspace, basisPrecision: Precision): SavedSpace {
  const { layout, shift, basis } = subspace(space);
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
  return {
    entries: {
      layout: layout.entries.map(({ name, shape }) => ({ name, shape })),
      shift,
      basis: rows.map(({ values, scale }) => ({ values, scale })),
    },
    half,
    errors: { largestError, relativeError },
  };
}

function savedMap(where: string, map: WeightMap, basisPrecision: Precision): SavedSpace {
  requireWeightMap(where, 'subspace', map);
  const { parts } = map;
  if (typeof parts?.kind !== 'string') {
    throw argumentError(
      where,
      'subspace is a map without parts, expected one with { kind, … }, of which it can be made again',
    );
  }
  if (basisPrecision !== 'float32') {
    throw argumentError(
      where,
      `basisPrecision is ${show(basisPrecision)} for a map, expected 'float32': its parts are kept as they are`,
    );
  }
  return {
    entries: { map: { parts, identity: mapIdentity(map) } },
    half: new Set(),
    errors: { largestError: 0, relativeError: 0 },
  };
}

type Precision = NonNullable<SavePosteriorOptions['basisPrecision']>;

/**
 * A posterior as `savePosterior` saved it: predicts the same numbers, in any process.
 *
 * A file with a map other than an affine subspace needs `maps`: of each kind that it may hold, the function that makes it from its parts.
 *
 * @throws if the store has none, or it is damaged, another kind of file, or of a newer version; of a map, if nobody makes its kind, or what is made has other weights than what was saved
 * @example
 * ```ts
 * import { drawsFrom, gaussianLikelihood, loadPosterior, mapWithin, memoryStore, savePosterior, subspace, weightLayout } from '@subspace/core';
 *
 * // A map names what it is made of: here a circle of some radius.
 * const layout = weightLayout([{ name: 'w', shape: [2] }]);
 * const plane = subspace({ layout, shift: new Float32Array(2), basis: [Float32Array.of(1, 0), Float32Array.of(0, 1)] });
 * const circle = (radius: number) =>
 *   mapWithin(plane, {
 *     dim: 1,
 *     coordinates: ([z]) => Float64Array.of(radius * Math.cos(z), radius * Math.sin(z)),
 *     jacobian: ([z]) => Float64Array.of(-radius * Math.sin(z), radius * Math.cos(z)),
 *     parts: { kind: 'circle', radius },
 *   });
 * const store = memoryStore();
 * await savePosterior(store, {
 *   network: 'two weights',
 *   subspace: circle(3),
 *   draws: drawsFrom([[Float64Array.of(0)]]),
 *   likelihood: gaussianLikelihood({ variance: 0.1 }),
 * });
 * await loadPosterior(store, { maps: { circle: ({ radius }) => circle(radius as number) } });
 * ```
 */
export async function loadPosterior(store: CheckpointStore): Promise<PosteriorFile & { readonly subspace: Subspace }>;
export async function loadPosterior(store: CheckpointStore, options: LoadPosteriorOptions): Promise<PosteriorFile>;
export async function loadPosterior(
  store: CheckpointStore,
  options: LoadPosteriorOptions = {},
): Promise<PosteriorFile> {
  requireStore('loadPosterior', 'store', store);
  requireKnownOptions('loadPosterior', options, ['maps']);
  const chunks = await store.read(NAME);
  if (!chunks) throw argumentError('loadPosterior', 'the store has no posterior, expected what savePosterior wrote');
  const read = await readEntry('loadPosterior', NAME, chunks);
  requireSchema('loadPosterior', 'the file', read, savedDraws);
  const savedSpace = (read as { map?: unknown }).map === undefined ? savedSubspaceOf : savedMapOf;
  requireSchema('loadPosterior', 'the file', read, savedSpace);
  const file = read as {
    network: unknown;
    layout: { name: string; shape: number[] }[];
    shift: Float32Array;
    basis: { values: Float32Array | Int8Array; scale: number }[];
    map?: { parts: NonNullable<WeightMap['parts']>; identity: object };
    positions: Float64Array[];
    infos: unknown[][];
    totals: Draws['totals'];
    divergent: Draws['divergent'];
    likelihood: { kind: Exclude<Likelihood['kind'], 'custom'>; variance: number };
    inputTransform: unknown;
    targetTransform: unknown;
  };
  const { network, layout, shift, basis, positions, infos, totals, divergent, inputTransform, targetTransform } = file;
  const space = file.map
    ? madeAgain(file.map, options.maps ?? {})
    : subspace({ layout: weightLayout(layout), shift, basis: basis.map(restored) });
  const chains = positions.map((chain) => vectors(chain, dimOf(space)));
  return {
    network,
    subspace: space,
    draws: { ...drawsFrom(chains, infos), totals, divergent },
    likelihood: namedLikelihood(file.likelihood),
    ...(inputTransform !== undefined && { inputTransform }),
    ...(targetTransform !== undefined && { targetTransform }),
  };
}

/** The map that the file's parts are of; throws unless it does what the one that was saved did. */
function madeAgain(
  { parts, identity }: { readonly parts: NonNullable<WeightMap['parts']>; readonly identity: object },
  maps: NonNullable<LoadPosteriorOptions['maps']>,
): WeightMap {
  const where = 'loadPosterior';
  if (!Object.hasOwn(maps, parts.kind)) {
    const known = Object.keys(maps).map(show).join(', ') || 'none';
    throw argumentError(
      where,
      `the posterior is along a map of kind ${show(parts.kind)}, and maps has ${known}; expected a function that makes it from its parts`,
    );
  }
  const map = maps[parts.kind](parts);
  requireWeightMap(where, `what maps.${parts.kind} made`, map);
  requireSameRun(where, identity, mapIdentity(map), `maps.${parts.kind}`);
  return map;
}

function flat(chain: readonly Vector[], K: number): Float64Array {
  const values = new Float64Array(chain.length * K);
  chain.forEach((position, i) => {
    values.set(position, i * K);
  });
  return values;
}

/** The vectors of length K that stand one behind the other; of a rest that is too short, one that is. */
function vectors(values: Float64Array, K: number): readonly Float64Array[] {
  return Array.from({ length: Math.ceil(values.length / K) }, (_, i) => values.slice(i * K, (i + 1) * K));
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

const savedSubspaceOf = objectOf({
  layout: listOf(objectOf({ name: aText, shape: listOf(aCount) })),
  shift: someNumbers,
  basis: listOf(objectOf({ values: someNumbers, scale: aNumber })),
});
const savedMapOf = objectOf({ map: objectOf({ parts: objectOf({ kind: aText }), identity: anObject }) });
const savedDraws = objectOf({
  positions: listOf(floats()),
  infos: listOf(listOf(anything)),
  totals: listOf(savedTotals),
  divergent: listOf(listOf(savedDivergence)),
  likelihood: objectOf({ kind: aText, variance: optional(aNumber) }),
});

import type { WeightLayout } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import type { StateDict, StateTensor } from './state-dict.ts';
import { partOf, type TensorOrder } from './tensor-layout.ts';

/** An entry of a network's layout and the tensor that goes into it. */
export interface WeightMatch {
  readonly entry: string;
  readonly tensor: string;
  /** What told so: the caller's map, names, a shape that only one has, or the order of both among weights of one shape. */
  readonly by: 'map' | 'name' | 'shape' | 'order';
}

/** From an entry's name to a tensor's: an object, or a function that may leave some to the rules. */
export type NameMap = Readonly<Record<string, string>> | ((entry: string) => string | undefined);

/** What a batch norm has beside its weights. */
export const isStatistic = (name: string): boolean =>
  /(^|\.)(running_mean|running_var|num_batches_tracked)$/.test(name);

/** What recurrent modules have: their gates and biases lie otherwise in each engine. */
export const isRecurrent = (name: string): boolean => /(^|\.)(weight|bias)_(ih|hh|hr)_l\d+(_reverse)?$/.test(name);

/** The module of a tensor: `'layer1.0.conv1'`. */
export const moduleOf = (tensor: string): string => tensor.slice(0, Math.max(0, tensor.lastIndexOf('.')));

/** Pairs by entry. */
type Pairs = ReadonlyMap<string, string>;

/**
 * Pairs each entry of a layout with a tensor: by the caller's map, by name (`fc1/kernel` is `fc1.weight`), and the rest by shape in the order of both.
 *
 * Names that fit some entries only may mean others (`linear1` is the second layer here, and the first one there): they are believed if the rest is in order between them,
 * or else if the order of all fits no better.
 *
 * @throws where the map names what is not there, or a shape does not fit
 */
export function matchNames(
  where: string,
  layout: WeightLayout,
  dict: StateDict,
  orders: ReadonlyMap<string, TensorOrder>,
  map?: NameMap,
): WeightMatch[] {
  const mapped = byMap(where, layout, dict, orders, map);
  const used = new Set(mapped.values());
  const free = [...dict.keys()].filter((name) => !used.has(name) && !isStatistic(name) && !isRecurrent(name));
  const entries = layout.entries.map(({ name }) => name).filter((name) => !mapped.has(name));
  // What a weight is and its shape: entries and tensors with the same key may go together.
  const entryKeys = new Map(
    entries.map((name) => [name, `${roleOf(partOf(name))} ${orders.get(name)!.shape.join(' ')}`]),
  );
  const tensorKeys = new Map(
    free.map((name) => {
      const { data, shape } = dict.get(name)!;
      return [name, isFloats(data) ? `${roleOf(name.slice(name.lastIndexOf('.') + 1))} ${shape.join(' ')}` : ''];
    }),
  );
  const fits: Fits = (entry, tensor) => entryKeys.get(entry) === tensorKeys.get(tensor);
  const alone = (key: string, of: Iterable<string>) => [...of].filter((other) => other === key).length === 1;

  const named = byName(entries, free, fits);
  const rest =
    (named.size === entries.length ? named : inOrder(entries, free, fits, named)) ??
    inOrder(entries, free, fits, new Map()) ??
    byShape(entries, free, fits, named);
  return layout.entries.flatMap(({ name }): WeightMatch[] => {
    const tensor = mapped.get(name) ?? rest.get(name);
    if (tensor === undefined) return [];
    const by = () => {
      if (mapped.has(name)) return 'map';
      if (named.get(name) === tensor) return 'name';
      const key = entryKeys.get(name)!;
      return alone(key, entryKeys.values()) && alone(key, tensorKeys.values()) ? 'shape' : 'order';
    };
    return [{ entry: name, tensor, by: by() }];
  });
}

function byMap(
  where: string,
  layout: WeightLayout,
  dict: StateDict,
  orders: ReadonlyMap<string, TensorOrder>,
  map?: NameMap,
): Pairs {
  const pairs = new Map<string, string>();
  const owners = new Map<string, string>();
  for (const { name } of layout.entries) {
    const wanted = typeof map === 'function' ? map(name) : map && Object.hasOwn(map, name) ? map[name] : undefined;
    if (wanted === undefined) continue;
    const tensor = dict.get(wanted);
    if (!tensor)
      throw argumentError(where, `map gives ${JSON.stringify(wanted)} for ${name}, expected a name of the state dict`);
    const { shape } = orders.get(name)!;
    if (!isFloats(tensor.data) || String(tensor.shape) !== String(shape)) {
      throw argumentError(
        where,
        `${wanted} is [${tensor.shape.join(', ')}], expected [${shape.join(', ')}] of floats for ${name}`,
      );
    }
    const owner = owners.get(wanted);
    if (owner !== undefined)
      throw argumentError(where, `map gives ${JSON.stringify(wanted)} for ${owner} and for ${name}, expected it once`);
    owners.set(wanted, name);
    pairs.set(name, wanted);
  }
  if (map && typeof map === 'object') {
    const unknown = Object.keys(map).find((name) => !layout.entries.some((entry) => entry.name === name));
    if (unknown !== undefined)
      throw argumentError(where, `map has ${JSON.stringify(unknown)}, expected names of the network's layout`);
  }
  return pairs;
}

type Fits = (entry: string, tensor: string) => boolean;

/** Pairs of one name; of names with what all tensors' have in common taken off, if that tells more. */
function byName(entries: readonly string[], tensors: readonly string[], fits: Fits): Pairs {
  const common = commonModules(tensors);
  const pairsOf = (cut: number): Pairs => {
    const known = new Map<string, string | undefined>();
    for (const tensor of tensors) {
      const key = keyOf(tensor.slice(cut));
      known.set(key, known.has(key) ? undefined : tensor);
    }
    const pairs = new Map<string, string>();
    const taken = new Set<string>();
    for (const entry of entries) {
      const tensor = isNumbered(entry) ? undefined : known.get(keyOf(entry));
      if (tensor === undefined || taken.has(tensor) || !fits(entry, tensor)) continue;
      taken.add(tensor);
      pairs.set(entry, tensor);
    }
    return pairs;
  };
  const [whole, cut] = [pairsOf(0), pairsOf(common)];
  return cut.size > whole.size ? cut : whole;
}

/** Pairs that follow each other in both, with the given ones among them; undefined if not all entries find one. */
function inOrder(entries: readonly string[], tensors: readonly string[], fits: Fits, given: Pairs): Pairs | undefined {
  const pairs = new Map<string, string>();
  const taken = new Set(given.values());
  let next = 0;
  for (const entry of entries) {
    const fixed = given.get(entry);
    const at = tensors.findIndex(
      (tensor, i) => i >= next && (fixed === undefined ? !taken.has(tensor) && fits(entry, tensor) : tensor === fixed),
    );
    if (at < 0) return undefined;
    pairs.set(entry, tensors[at]);
    next = at + 1;
  }
  return pairs;
}

/** The given pairs, and those of which there is no other of their shape on either side. */
function byShape(entries: readonly string[], tensors: readonly string[], fits: Fits, given: Pairs): Pairs {
  const pairs = new Map(given);
  const taken = new Set(given.values());
  const openEntries = entries.filter((entry) => !given.has(entry));
  const openTensors = tensors.filter((tensor) => !taken.has(tensor));
  for (const entry of openEntries) {
    const candidates = openTensors.filter((tensor) => fits(entry, tensor));
    if (candidates.length !== 1) continue;
    if (openEntries.filter((other) => fits(other, candidates[0])).length === 1) pairs.set(entry, candidates[0]);
  }
  return pairs;
}

/** What a weight is, by the last part of its name in either world. */
export function roleOf(part: string): string {
  if (/kernel$|^gamma$|^embeddings$|^weight$/.test(part)) return part === 'recurrent_kernel' ? part : 'weight';
  return /^beta$|^bias$/.test(part) ? 'bias' : part;
}

/** Of an entry or a tensor: its module, with points for what parts it, and its role. */
function keyOf(name: string): string {
  const cut = Math.max(name.lastIndexOf('/'), name.lastIndexOf('.'));
  return `${name.slice(0, Math.max(0, cut)).replace(/[/_]/g, '.')} ${roleOf(partOf(name))}`;
}

/** TensorFlow's own names tell nothing: `dense_Dense1/kernel` is the first dense layer of the program. */
function isNumbered(entry: string): boolean {
  return /(^|\/)[a-z][a-z0-9_]*_[A-Z]\w*\d+\//.test(entry);
}

/** Length of the modules that all names begin with: `'model.'`. */
function commonModules(names: readonly string[]): number {
  const [first] = names;
  if (first === undefined) return 0;
  let length = 0;
  for (let end = first.indexOf('.'); end >= 0; end = first.indexOf('.', end + 1)) {
    const prefix = first.slice(0, end + 1);
    if (!names.every((name) => name.startsWith(prefix))) break;
    length = prefix.length;
  }
  return length;
}

function isFloats(data: StateTensor['data']): boolean {
  return /Float(32|64)Array/.test(Object.prototype.toString.call(data));
}

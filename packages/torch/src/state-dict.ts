import { argumentError, requireKnownOptions, show } from '@subspace/core/internals';
import type { ElementData } from './element-type.ts';
import { isInstance, isMap, isSet, type PickleValue } from './pickle/pickle-value.ts';

/** A tensor by its shape, row major: of a `.pt` file, or of `readSafetensors`. */
export interface StateTensor {
  readonly data: ElementData;
  readonly shape: readonly number[];
}

/** Tensors by the names of a model's modules: `'layer1.0.conv1.weight'`. The `tensors` of `readSafetensors` are one. */
export type StateDict = ReadonlyMap<string, StateTensor>;

export interface StateDictOptions {
  /** Where in the file the weights lie, if under none of the usual names: `'ema'`. */
  readonly key?: string;
}

/** Where people put the weights beside an optimizer's state, an epoch, hyperparameters; Lightning's is the first. */
const KEYS = ['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'module', 'weights'];

/** Longer than any name of a parameter: modules may lie in each other. */
const LONGEST_NAME = 2000;

/** What wrappers put before each name: `DataParallel` and averaged models, `torch.compile`. */
const PREFIXES = ['module.', '_orig_mod.'];

/**
 * The weights in what `readTorchCheckpoint` gave: a state dict, one beside other things (an optimizer's state, an epoch; Lightning's checkpoints), or a whole model.
 *
 * Prefixes that all names share because of a wrapper (`module.`, `_orig_mod.`) are taken off. Values that are no tensors are left out.
 *
 * @param object of a file, or the `tensors` of `readSafetensors`
 * @param options `key` where the weights lie, if it is none of the usual ones
 * @throws where there are no weights, naming what there is
 * @example
 * ```ts
 * import { stateDict } from '@subspace/torch';
 *
 * // What readTorchCheckpoint gives of torch.save({ 'epoch': 3, 'state_dict': model.state_dict() }, path).
 * const weight = { kind: 'tensor', type: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) };
 * const object = new Map<string, unknown>([['epoch', 3], ['state_dict', new Map([['module.fc.weight', weight]])]]);
 * stateDict(object).get('fc.weight'); // the tensor
 * ```
 */
export function stateDict(object: PickleValue, options: StateDictOptions = {}): StateDict {
  const where = 'stateDict';
  requireKnownOptions(where, options, ['key']);
  return weightsIn(where, object, options.key);
}

/** The same for another function. */
export function weightsIn(where: string, object: PickleValue, key?: string): StateDict {
  const found = key === undefined ? find(object) : tensorsOf(entryOf(object, key));
  if (found) return withoutPrefixes(found);
  const keys = isMap(object) ? [...object.keys()].slice(0, 10).map(show).join(', ') : '';
  const place = key === undefined ? '' : ` under ${JSON.stringify(key)}`;
  throw argumentError(
    where,
    `there are no weights${place}, expected tensors by name; the file has ${keys || 'no dictionary'}`,
  );
}

/** A named place before the whole: a file may have its best accuracy as a tensor beside the weights. */
function find(object: PickleValue): Map<string, StateTensor> | undefined {
  for (const key of KEYS) {
    const tensors = tensorsOf(entryOf(object, key));
    if (tensors) return tensors;
  }
  return tensorsOf(object);
}

function entryOf(object: PickleValue, key: string): PickleValue | undefined {
  return isMap(object) ? object.get(key) : undefined;
}

/** Of a dictionary that has tensors, or of a model's parameters and buffers. */
function tensorsOf(object: PickleValue | undefined): Map<string, StateTensor> | undefined {
  const tensors = new Map<string, StateTensor>();
  // A subclass of dict is an instance with items.
  const dictionary = isMap(object) ? object : isInstance(object) && object.items.size > 0 ? object.items : undefined;
  if (dictionary) {
    for (const [name, value] of dictionary) if (typeof name === 'string' && isTensor(value)) tensors.set(name, value);
  } else if (isInstance(object)) collectModule(object, '', tensors, new Set());
  return tensors.size > 0 ? tensors : undefined;
}

/** A whole model, as `torch.save(model, path)` writes it: modules in modules, each with its parameters and buffers. */
function collectModule(
  module: PickleValue,
  prefix: string,
  tensors: Map<string, StateTensor>,
  seen: Set<PickleValue>,
): void {
  if (!isInstance(module) || !isMap(module.state) || seen.has(module)) return;
  seen.add(module);
  const passing = module.state.get('_non_persistent_buffers_set');
  for (const kind of ['_parameters', '_buffers']) {
    const own = module.state.get(kind);
    if (!isMap(own)) continue;
    for (const [name, value] of own) {
      if (isTensor(value) && !(isSet(passing) && passing.has(name))) tensors.set(nameIn(prefix, name), value);
    }
  }
  const below = module.state.get('_modules');
  if (!isMap(below)) return;
  for (const [name, value] of below) collectModule(value, `${nameIn(prefix, name)}.`, tensors, seen);
}

/** The name of what lies in a module. */
function nameIn(prefix: string, name: PickleValue): string {
  if (typeof name === 'string' && prefix.length + name.length <= LONGEST_NAME) return `${prefix}${name}`;
  throw argumentError(
    'stateDict',
    `a module in ${show(prefix)} has no name or too long a one, expected at most ${LONGEST_NAME} letters`,
  );
}

function withoutPrefixes(tensors: Map<string, StateTensor>): StateDict {
  let found = tensors;
  // A wrapper in a wrapper; nobody has more.
  for (let layer = 0; layer < 4; layer++) {
    // How many models an averaged one is the mean of.
    const names = [...found.keys()].filter((name) => name !== 'n_averaged');
    const prefix = PREFIXES.find((known) => names.every((name) => name.startsWith(known)));
    if (names.length === 0 || prefix === undefined) break;
    found = new Map(names.map((name) => [name.slice(prefix.length), found.get(name)!]));
  }
  return found;
}

function isTensor(value: unknown): value is StateTensor {
  if (typeof value !== 'object' || value === null) return false;
  const { data, shape } = value as Partial<StateTensor>;
  return ArrayBuffer.isView(data) && Array.isArray(shape);
}

import { argumentError } from '@subspace/core/internals';
import { isInstance, isMap, type PickleValue } from './pickle/pickle-value.ts';
import { isTensor, type TorchTensor } from './torch-tensor.ts';

/** Tensors by the names of a model's modules: `'layer1.0.conv1.weight'`. */
export type StateDict = ReadonlyMap<string, TorchTensor>;

/** Where people put the weights beside an optimizer's state, an epoch, hyperparameters; Lightning's is the first. */
const KEYS = ['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'module', 'weights'];

/** What wrappers put before each name: `DataParallel`, `torch.compile`. */
const PREFIXES = ['module.', '_orig_mod.'];

/**
 * The weights in what `readTorchCheckpoint` gave: a state dict, one beside other things (an optimizer's state, an epoch), or a whole model.
 *
 * Prefixes that all names share because of a wrapper (`module.`, `_orig_mod.`) are taken off. Values that are no tensors are left out.
 *
 * @param object of a file
 * @param options `key` where the weights lie, if it is none of the usual ones
 * @throws where there are no weights, naming what there is
 * @example
 * ```ts
 * import { stateDict, type TorchTensor } from '@subspace/torch';
 *
 * const bias: TorchTensor = { kind: 'tensor', type: 'float32', shape: [2], data: Float32Array.of(1, 2.5) };
 * const file = new Map<string, object | number>([['epoch', 7], ['state_dict', new Map([['module.fc.bias', bias]])]]);
 * [...stateDict(file).keys()]; // ['fc.bias']
 * ```
 */
export function stateDict(object: PickleValue, options: { readonly key?: string } = {}): StateDict {
  const found = options.key === undefined ? find(object) : tensorsOf(at(object, options.key));
  if (!found) {
    const keys = isMap(object) ? [...object.keys()].map(String).slice(0, 10).join(', ') : '';
    const place = options.key === undefined ? '' : ` under ${JSON.stringify(options.key)}`;
    throw argumentError(
      'stateDict',
      `there are no weights${place}, expected tensors by name; the file has ${keys || 'no dictionary'}`,
    );
  }
  return withoutPrefixes(found);
}

function find(object: PickleValue): Map<string, TorchTensor> | undefined {
  const here = tensorsOf(object);
  if (here) return here;
  for (const key of KEYS) {
    const below = at(object, key);
    const tensors = below === undefined ? undefined : tensorsOf(below);
    if (tensors) return tensors;
  }
  return undefined;
}

function at(object: PickleValue, key: string): PickleValue | undefined {
  return isMap(object) ? object.get(key) : undefined;
}

/** Of a dictionary that has tensors, or of a model's parameters and buffers. */
function tensorsOf(object: PickleValue | undefined): Map<string, TorchTensor> | undefined {
  const tensors = new Map<string, TorchTensor>();
  if (isMap(object)) {
    for (const [name, value] of object) if (typeof name === 'string' && isTensor(value)) tensors.set(name, value);
  } else if (isInstance(object)) collectModule(object, '', tensors, new Set());
  return tensors.size > 0 ? tensors : undefined;
}

/** A whole model, as `torch.save(model, path)` writes it: modules in modules, each with its parameters and buffers. */
function collectModule(
  module: PickleValue,
  prefix: string,
  tensors: Map<string, TorchTensor>,
  seen: Set<PickleValue>,
): void {
  if (!isInstance(module) || !isMap(module.state) || seen.has(module)) return;
  seen.add(module);
  for (const kind of ['_parameters', '_buffers']) {
    const own = module.state.get(kind);
    if (!isMap(own)) continue;
    for (const [name, value] of own) if (isTensor(value)) tensors.set(`${prefix}${String(name)}`, value);
  }
  const below = module.state.get('_modules');
  if (!isMap(below)) return;
  for (const [name, value] of below) collectModule(value, `${prefix}${String(name)}.`, tensors, seen);
}

function withoutPrefixes(tensors: Map<string, TorchTensor>): StateDict {
  for (const prefix of PREFIXES) {
    if ([...tensors.keys()].every((name) => name.startsWith(prefix))) {
      return withoutPrefixes(new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])));
    }
  }
  return tensors;
}

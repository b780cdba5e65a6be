import { argumentError, show } from '@subspace/core/internals';
import type { CopyBudget } from './copy-budget.ts';
import { ELEMENT_TYPES, type ElementTypeName } from './element-type.ts';
import { arrayOf, dtypeOf, emptyArray, scalarOf } from './numpy-array.ts';
import { callAllowed, type PickleFunction } from './pickle/pickle-calls.ts';
import { fullName, isGlobal, isMap, type PickleValue } from './pickle/pickle-value.ts';
import { isStorage, type TorchStorage } from './torch-storage.ts';
import { isShape, isTensor, type TorchTensor } from './torch-tensor.ts';

/** A tensor that is not there yet: where it lies in a storage whose bytes come later. */
export interface TensorPlan {
  readonly tensor: TorchTensor;
  readonly storage: TorchStorage;
  readonly type: ElementTypeName;
  /** In elements, as the strides. */
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The functions that a file of PyTorch may call: those that put tensors and arrays together. Each tensor asked for is added to `plans`. */
export function torchFunctions(
  where: string,
  plans: TensorPlan[],
  copies: CopyBudget,
): ReadonlyMap<string, PickleFunction> {
  const counts = (value: PickleValue, what: string): readonly number[] => {
    if (!isShape(value))
      throw argumentError(where, `the file is damaged: the ${what} of a tensor is no list of counts`);
    return value;
  };
  const tensor = (
    storage: PickleValue,
    offset: PickleValue,
    shape: PickleValue,
    strides: PickleValue,
    given?: ElementTypeName,
  ) => {
    if (!isStorage(storage)) throw argumentError(where, 'the file is damaged: a tensor lies in no storage');
    const [at] = counts([offset], 'offset');
    const lengths = counts(shape, 'shape');
    const steps = counts(strides, 'strides');
    if (steps.length !== lengths.length)
      throw argumentError(
        where,
        `the file is damaged: a tensor has ${lengths.length} axes and ${steps.length} strides`,
      );
    const type = given ?? storage.type;
    if (!type) throw argumentError(where, 'the file is damaged: a tensor has no type');
    const last = lengths.includes(0) ? -1 : lengths.reduce((sum, length, axis) => sum + (length - 1) * steps[axis], at);
    const elements = storage.type ? storage.size : Math.floor(storage.size / ELEMENT_TYPES[type].bytes);
    if (!(last < elements)) {
      throw argumentError(
        where,
        `the file is damaged: a tensor [${lengths.join(', ')}] reaches element ${last} of storage ${JSON.stringify(storage.key)}, which has ${elements}`,
      );
    }
    // `data` comes with the storage's bytes.
    const made = { kind: 'tensor', type, shape: [...lengths] } as unknown as TorchTensor;
    plans.push({ tensor: made, storage, type, offset: at, strides: [...steps] });
    return made;
  };
  const refuse = (name: string, what: string): [string, PickleFunction] => [
    name,
    () => {
      throw argumentError(where, `the file calls ${name}: ${what}`);
    },
  ];
  const functions: Map<string, PickleFunction> = new Map<string, PickleFunction>([
    ['torch._utils._rebuild_tensor', ([storage, offset, shape, strides]) => tensor(storage, offset, shape, strides)],
    [
      'torch._utils._rebuild_tensor_v2',
      ([storage, offset, shape, strides, , , metadata]) => {
        requirePlain(where, metadata);
        return tensor(storage, offset, shape, strides);
      },
    ],
    [
      'torch._utils._rebuild_tensor_v3',
      ([storage, offset, shape, strides, , , type, metadata]) => {
        requirePlain(where, metadata);
        return tensor(storage, offset, shape, strides, elementType(where, type));
      },
    ],
    ['torch._utils._rebuild_parameter', ([data]) => parameter(where, data)],
    ['torch._utils._rebuild_parameter_with_state', ([data]) => parameter(where, data)],
    ['torch.nn.parameter.Parameter', ([data]) => parameter(where, data)],
    ['torch.Size', ([lengths]) => (Array.isArray(lengths) ? [...lengths] : [])],
    [
      'torch.device',
      ([type, index]) => (typeof type === 'string' && typeof index === 'number' ? `${type}:${index}` : (type ?? null)),
    ],
    ['torch.serialization._get_layout', ([name]) => name ?? null],
    // A subclass of Tensor, made by one of the functions here.
    [
      'torch._tensor._rebuild_from_type_v2',
      ([callee, , args]): PickleValue => {
        if (!isGlobal(callee) || !Array.isArray(args))
          throw argumentError(where, 'the file is damaged: a tensor is made by no function');
        return callAllowed(where, callee, args, functions, copies);
      },
    ],
    refuse('torch._utils._rebuild_qtensor', 'quantised tensors are not read; dequantize() them first'),
    refuse('torch._utils._rebuild_sparse_tensor', 'sparse tensors are not read; to_dense() them first'),
    refuse('torch._utils._rebuild_meta_tensor_no_storage', 'tensors on the meta device have no values'),
    refuse('torch._utils._rebuild_nested_tensor', 'nested tensors are not read'),
    refuse('torch.storage._load_from_bytes', 'tensors were pickled by pickle; save them with torch.save'),
    ['numpy.dtype', (args) => dtypeOf(where, args)],
    ...['numpy.core', 'numpy._core'].flatMap((core): [string, PickleFunction][] => [
      [`${core}.multiarray._reconstruct`, () => emptyArray()],
      [`${core}.multiarray.scalar`, (args) => scalarOf(where, args)],
      [`${core}.numeric._frombuffer`, (args) => arrayOf(where, args, copies)],
    ]),
  ]);
  return functions;
}

function parameter(where: string, data: PickleValue | undefined): PickleValue {
  if (!isTensor(data)) throw argumentError(where, 'the file is damaged: a parameter is no tensor');
  return data;
}

/** A tensor may be seen through a sign: its numbers lie there without it. */
function requirePlain(where: string, metadata: PickleValue | undefined): void {
  if (isMap(metadata) && metadata.get('neg') === true) {
    throw argumentError(where, 'a tensor is a view with its sign turned, which is not read; resolve_neg() it first');
  }
}

/** Of a name such as `torch.uint16`. */
function elementType(where: string, type: PickleValue | undefined): ElementTypeName {
  if (isGlobal(type) && type.module === 'torch' && Object.hasOwn(ELEMENT_TYPES, type.name))
    return type.name as ElementTypeName;
  const came = isGlobal(type) ? fullName(type) : show(type);
  throw argumentError(where, `a tensor has type ${came}, expected one of ${Object.keys(ELEMENT_TYPES).join(', ')}`);
}

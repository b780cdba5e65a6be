import { argumentError, show } from '@subspace/core/internals';
import type { CopyBudget } from './copy-budget.ts';
import { ELEMENT_TYPES, type ElementData, type ElementTypeName, elementsOf } from './element-type.ts';
import { isKind, isMap, type PickleValue } from './pickle/pickle-value.ts';
import { isShape, sizeOf, type TorchTensor } from './torch-tensor.ts';

/** NumPy's description of a type: `'<f4'` in two steps, the type and then the order of its bytes. */
interface NumpyType {
  readonly kind: 'dtype';
  readonly type: ElementTypeName;
  bigEndian: boolean;
}

const TYPES: Readonly<Record<string, ElementTypeName>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
};

/** `numpy.dtype('f4', False, True)`. */
export function dtypeOf(where: string, [name]: readonly PickleValue[]): PickleValue {
  const code = typeof name === 'string' ? name.replace(/^[<>|=]/, '') : '';
  if (!Object.hasOwn(TYPES, code)) {
    throw argumentError(where, `an array of NumPy has type ${show(name)}, expected floats, integers or booleans`);
  }
  return { kind: 'dtype', type: TYPES[code], bigEndian: String(name).startsWith('>') } satisfies NumpyType;
}

/** `numpy.core.numeric._frombuffer(bytes, type, shape, order)`. */
export function arrayOf(where: string, args: readonly PickleValue[], copies: CopyBudget): PickleValue {
  const array = emptyArray();
  fill(where, array, args[2], args[1], args[3] === 'F', args[0], copies);
  return array;
}

/** `numpy.core.multiarray._reconstruct(…)`: an array whose state comes next. */
export function emptyArray(): TorchTensor {
  return { kind: 'tensor', type: 'uint8', shape: [0], data: new Uint8Array(0) };
}

/** `numpy.core.multiarray.scalar(type, bytes)`: a number. */
export function scalarOf(where: string, [type, bytes]: readonly PickleValue[]): PickleValue {
  const { type: name, bigEndian } = typeOf(where, type);
  const raw = rawBytes(where, bytes, ELEMENT_TYPES[name].bytes);
  const value = elementsOf(raw, name, bigEndian)[0];
  if (name === 'bool') return value !== 0;
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The state of an array, `(version, shape, type, isFortran, bytes)`, or of a type, `(version, '<', …)`; false of anything else. */
export function setArrayState(where: string, target: PickleValue, state: PickleValue, copies: CopyBudget): boolean {
  if (isKind(target, 'dtype') && Array.isArray(state)) {
    (target as unknown as NumpyType).bigEndian = state[1] === '>';
    return true;
  }
  if (!isKind(target, 'tensor')) return false;
  const array = target as unknown as TorchTensor;
  // Attributes of a tensor of PyTorch: nothing of its numbers.
  if (isMap(state) || array.data === undefined) return true;
  if (!Array.isArray(state) || state.length < 5) return false;
  const [, shape, type, fortran, raw] = state;
  fill(where, array, shape, type, fortran === true, raw, copies);
  return true;
}

function fill(
  where: string,
  array: TorchTensor,
  shape: PickleValue,
  type: PickleValue,
  fortran: boolean,
  raw: PickleValue,
  copies: CopyBudget,
): void {
  if (!isShape(shape)) throw argumentError(where, 'the file is damaged: the shape of an array is no list of counts');
  const lengths = [...shape];
  const { type: name, bigEndian } = typeOf(where, type);
  // Most are copied: NumPy's bytes lie at any place.
  copies(sizeOf(lengths));
  const stored = elementsOf(rawBytes(where, raw, sizeOf(lengths) * ELEMENT_TYPES[name].bytes), name, bigEndian);
  const data = fortran && lengths.length > 1 ? rowMajor(stored, lengths) : stored;
  Object.assign(array, { type: name, shape: lengths, data });
}

/** From the order of Fortran, the first axis first. */
function rowMajor(stored: ElementData, shape: readonly number[]): ElementData {
  const result = stored.slice();
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < stored.length; i++) {
    let place = 0;
    for (let axis = 0; axis < shape.length; axis++) place = place * shape[axis] + index[axis];
    result[place] = stored[i];
    for (let axis = 0; axis < shape.length && ++index[axis] === shape[axis]; axis++) index[axis] = 0;
  }
  return result;
}

function typeOf(where: string, type: PickleValue | undefined): NumpyType {
  if (!isKind(type, 'dtype')) throw argumentError(where, 'the file is damaged: an array has no type');
  return type as unknown as NumpyType;
}

/** Bytes of an array; Python 2 has them as a string. */
function rawBytes(where: string, raw: PickleValue | undefined, expected: number): Uint8Array {
  let bytes: Uint8Array | undefined;
  if (ArrayBuffer.isView(raw)) bytes = raw as Uint8Array;
  else if (typeof raw === 'string' && raw.length <= expected) {
    bytes = Uint8Array.from(raw, (character) => character.charCodeAt(0));
    if (bytes.length !== expected) bytes = new TextEncoder().encode(raw);
  }
  if (bytes?.length !== expected) {
    throw argumentError(
      where,
      `the file is damaged: an array has ${bytes ? `${bytes.length} bytes` : 'no bytes'}, expected ${expected}`,
    );
  }
  return bytes;
}

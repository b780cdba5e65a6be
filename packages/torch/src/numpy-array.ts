import { argumentError } from '@subspace/core/internals';
import { ELEMENT_TYPES, type ElementData, type ElementTypeName, elementsOf } from './element-type.ts';
import { isKind, isMap, type PickleValue } from './pickle/pickle-value.ts';
import { sizeOf, type TorchTensor } from './torch-tensor.ts';

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
    throw argumentError(
      where,
      `an array of NumPy has type ${JSON.stringify(name)}, expected floats, integers or booleans`,
    );
  }
  return { kind: 'dtype', type: TYPES[code], bigEndian: String(name).startsWith('>') } satisfies NumpyType;
}

/** `numpy.core.multiarray._reconstruct(…)`: an array whose state comes next; or `_frombuffer(bytes, type, shape, order)`. */
export function arrayOf(where = '', args?: readonly PickleValue[]): PickleValue {
  const array = { kind: 'tensor', type: 'uint8', shape: [0], data: new Uint8Array(0) } as TorchTensor;
  if (args) fill(where, array, args[2], args[1], args[3] === 'F', args[0]);
  return array;
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
export function setArrayState(where: string, target: PickleValue, state: PickleValue): boolean {
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
  fill(where, array, shape, type, fortran === true, raw);
  return true;
}

function fill(
  where: string,
  array: TorchTensor,
  shape: PickleValue,
  type: PickleValue,
  fortran: boolean,
  raw: PickleValue,
): void {
  if (!Array.isArray(shape) || !shape.every((length) => Number.isSafeInteger(length) && (length as number) >= 0)) {
    throw argumentError(where, 'the file is damaged: the shape of an array is no list of counts');
  }
  const lengths = [...shape] as number[];
  const { type: name, bigEndian } = typeOf(where, type);
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
  else if (typeof raw === 'string') {
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

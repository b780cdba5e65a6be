import { argumentError } from '@subspace/core/internals';
import { type ElementData, type ElementTypeName, elementsOf } from './element-type.ts';
import { fullName, isGlobal, isKind, type PickleValue } from './pickle/pickle-value.ts';

/** The numbers that tensors share; their bytes are read once the pickle is, and looked at in every type that a tensor asks for. */
export interface TorchStorage {
  readonly kind: 'storage';
  /** Of its elements; undefined of one without a type, whose tensors have it. */
  readonly type: ElementTypeName | undefined;
  /** Elements; bytes of one without a type. */
  readonly size: number;
  readonly key: string;
  bytes: Uint8Array | undefined;
  bigEndian: boolean;
  readonly views: Map<ElementTypeName, ElementData>;
}

export const isStorage = (value: unknown): value is TorchStorage => isKind(value, 'storage');

/** By the names of torch's classes. */
const STORAGES: Readonly<Record<string, ElementTypeName | 'untyped' | undefined>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  ByteStorage: 'uint8',
  CharStorage: 'int8',
  ShortStorage: 'int16',
  IntStorage: 'int32',
  LongStorage: 'int64',
  BoolStorage: 'bool',
  UntypedStorage: 'untyped',
};

/** What a persistent id says: `('storage', torch.FloatStorage, key, device, elements)`. */
export function storageOf(where: string, id: readonly PickleValue[]): TorchStorage {
  const [, type, key, , size] = id;
  const known =
    isGlobal(type) && type.module.startsWith('torch') && Object.hasOwn(STORAGES, type.name)
      ? STORAGES[type.name]
      : undefined;
  if (!known) {
    const came = isGlobal(type) ? fullName(type) : 'something else';
    throw argumentError(
      where,
      `a tensor lies in ${came}, expected one of ${Object.keys(STORAGES).join(', ')} (complex and quantised numbers are not read)`,
    );
  }
  if (typeof key !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw argumentError(where, 'the file is damaged: a storage has no key or no size');
  }
  const element = known === 'untyped' ? undefined : known;
  return { kind: 'storage', type: element, size, key, bytes: undefined, bigEndian: false, views: new Map() };
}

/** The elements of a storage, as one type; once for all tensors. */
export function storageElements(storage: TorchStorage, type: ElementTypeName): ElementData {
  const known = storage.views.get(type);
  if (known) return known;
  const elements = elementsOf(storage.bytes!, type, storage.bigEndian);
  storage.views.set(type, elements);
  return elements;
}

/**
 * What a pickle holds, as inert data: dictionaries are `Map`s (so that `__proto__` is a key like any other), lists and tuples arrays, sets `Set`s, bytes
 * `Uint8Array`s, integers beyond 2⁵³ `bigint`s.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickleInstance
  | object;

/** A name in a module: nothing is imported. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
}

/** An object of a class that nobody looks at: what it was made of. */
export interface PickleInstance {
  readonly kind: 'instance';
  readonly module: string;
  readonly name: string;
  readonly args: readonly PickleValue[];
  /** Its attributes, as a rule a `Map`. */
  state: PickleValue;
  /** Of a subclass of dict. */
  readonly items: Map<PickleValue, PickleValue>;
  /** Of a subclass of list. */
  readonly list: PickleValue[];
}

export function isKind<K extends string>(value: unknown, kind: K): value is { readonly kind: K } {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
}

export const isGlobal = (value: unknown): value is PickleGlobal => isKind(value, 'global');
export const isInstance = (value: unknown): value is PickleInstance => isKind(value, 'instance');
export const isMap = (value: unknown): value is Map<PickleValue, PickleValue> =>
  Object.prototype.toString.call(value) === '[object Map]';
export const isSet = (value: unknown): value is Set<PickleValue> =>
  Object.prototype.toString.call(value) === '[object Set]';

/** `'torch._utils._rebuild_tensor_v2'`. */
export function fullName({ module, name }: PickleGlobal): string {
  return `${module}.${name}`;
}

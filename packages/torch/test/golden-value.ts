import type { TorchObject, TorchTensor } from '@subspace/torch';

/** A value as `fixtures/write.py` writes it down. */
export type GoldenValue =
  | null
  | boolean
  | number
  | string
  | GoldenValue[]
  | { readonly int: string }
  | { readonly float: string }
  | { readonly bytes: string }
  | { readonly set: GoldenValue[] }
  | { readonly dict: [GoldenValue, GoldenValue][] }
  | { readonly global: string }
  | { readonly instance: string; readonly state: GoldenValue }
  | { readonly tensor: string; readonly shape: number[]; readonly data: GoldenValue[] };

/** What was read, in the same words. */
export function goldenValue(value: TorchObject): GoldenValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number') return number(value);
  if (Array.isArray(value)) return value.map(goldenValue);
  const tag = Object.prototype.toString.call(value);
  if (tag === '[object Uint8Array]') return { bytes: Buffer.from(value as Uint8Array).toString('hex') };
  if (tag === '[object Map]')
    return { dict: [...(value as Map<TorchObject, TorchObject>)].map(([k, v]) => [goldenValue(k), goldenValue(v)]) };
  if (tag === '[object Set]') return { set: sorted([...(value as Set<TorchObject>)].map(goldenValue)) };
  const { kind } = value as { kind: string };
  if (kind === 'tensor') return tensor(value as TorchTensor);
  const { module, name } = value as { module: string; name: string };
  if (kind === 'global') return { global: `${module}.${name}` };
  return { instance: `${module}.${name}`, state: goldenValue((value as { state: TorchObject }).state) };
}

function tensor({ type, shape, data }: TorchTensor): GoldenValue {
  return { tensor: type, shape: [...shape], data: Array.from(data as ArrayLike<number | bigint>, integerOrNumber) };
}

/** Integers of 64 bits are no objects here where a number says the same. */
function integerOrNumber(value: number | bigint): GoldenValue {
  return typeof value === 'bigint' && !Number.isSafeInteger(Number(value))
    ? { int: String(value) }
    : number(Number(value));
}

function number(value: number): GoldenValue {
  if (Number.isFinite(value)) return value;
  return { float: Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf' };
}

function sorted(values: GoldenValue[]): GoldenValue[] {
  return values.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

import { argumentError, show } from '../argument.ts';
import type { TensorData } from './safetensors.ts';

/**
 * Plain data as JSON and typed arrays: numbers (NaN, ±∞ and −0 included), strings, booleans, null, undefined, arrays, objects, typed arrays.
 *
 * What JSON can't say is an object with the one key `$`: `{ "$": "NaN" }`, `{ "$": 3 }` for the typed array of that number, and
 * `{ "$": [[key, value], …] }` for an object whose own keys include `$`.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Beyond this, data are taken for a cycle. */
const DEEPEST = 100;

const SPECIAL: readonly (readonly [string, unknown])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
  ['undefined', undefined],
];

/** The JSON of a value; its typed arrays are handed to `keep`, which numbers them. Throws on functions, symbols, bigints and objects of a class. */
export function toJson(
  where: string,
  name: string,
  value: unknown,
  keep: (data: TensorData) => number,
  depth = 0,
): Json {
  if (depth > DEEPEST) throw argumentError(where, `${name} is nested more than ${DEEPEST} deep, expected plain data`);
  const special = SPECIAL.find(([, one]) => Object.is(one, value));
  if (special) return { $: special[0] };
  if (value === null || typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return value;
  if (Array.isArray(value)) {
    return Array.from(value, (item, i) => toJson(where, `${name}[${i}]`, item, keep, depth + 1));
  }
  if (typeof value === 'object') {
    const kind = show(value);
    if (/^(Float(32|64)|U?[iI]nt(8|16|32)|Big(Uint|Int)64)Array$/.test(kind)) return { $: keep(value as TensorData) };
    if (kind === 'Object') {
      const entries = Object.entries(value).map(
        ([key, item]) => [key, toJson(where, `${name}.${key}`, item, keep, depth + 1)] as const,
      );
      return Object.hasOwn(value, '$') ? { $: entries } : Object.fromEntries(entries);
    }
  }
  throw argumentError(
    where,
    `${name} is ${typeof value === 'object' ? show(value) : `a ${typeof value}`}, expected plain data`,
  );
}

/** The value again; `take` gives the typed array of a number. */
export function fromJson(json: Json, take: (index: unknown) => TensorData): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item: Json) => fromJson(item, take));
  const object = json as { readonly [key: string]: Json };
  if (Object.hasOwn(object, '$')) {
    const { $: said } = object;
    if (Array.isArray(said)) return Object.fromEntries(said.map(([key, item]) => [key, fromJson(item, take)]));
    const special = SPECIAL.find(([name]) => name === said);
    return special ? special[1] : take(said);
  }
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, fromJson(item, take)]));
}

import { argumentError, show } from '../argument.ts';
import { isFloat64Array } from '../typed-array.ts';

/*
 * What is read from a store is looked at once, where it comes in: behind a checksum that fits there may still be something else.
 */

/** What is wrong with a value that was read, by its path: "state.loss is null, expected numbers"; undefined where nothing is. */
export type Schema = (value: unknown, path: string) => string | undefined;

/** Throws unless a value that was read fits. */
export function requireSchema(where: string, name: string, value: unknown, schema: Schema): void {
  const problem = schema(value, name);
  if (problem) throw argumentError(where, `${problem}: the file is no checkpoint of this run`);
}

const expecting =
  (expected: string, fits: (value: unknown) => boolean): Schema =>
  (value, path) =>
    fits(value) ? undefined : `${path} is ${show(value)}, expected ${expected}`;

export const anything: Schema = () => undefined;
export const aNumber: Schema = expecting('a number', (value) => typeof value === 'number');
export const aText: Schema = expecting('a string', (value) => typeof value === 'string');
export const aFlag: Schema = expecting('true or false', (value) => typeof value === 'boolean');
/** An integer from 0. */
export const aCount: Schema = expecting(
  'an integer of at least 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
export const anObject: Schema = expecting('an object', (value) => show(value) === 'Object');

/** A Float64Array, of this length where one is given. */
export function floats(length?: number): Schema {
  return expecting(
    length === undefined ? 'a Float64Array' : `a Float64Array of length ${length}`,
    (value) => isFloat64Array(value) && (length === undefined || value.length === length),
  );
}

export function optional(schema: Schema): Schema {
  return (value, path) => (value === undefined ? undefined : schema(value, path));
}

/** A list of such items, of this length where one is given. */
export function listOf(schema: Schema, length?: number): Schema {
  return (value, path) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
      const came = Array.isArray(value) ? `a list of ${value.length}` : show(value);
      return `${path} is ${came}, expected a list${length === undefined ? '' : ` of ${length}`}`;
    }
    return firstOf(value.map((item, i) => () => schema(item, `${path}[${i}]`)));
  };
}

/** An object with such members; others are not looked at. */
export function objectOf(members: Readonly<Record<string, Schema>>): Schema {
  return (value, path) =>
    anObject(value, path) ??
    firstOf(
      Object.entries(members).map(
        ([name, schema]) =>
          () =>
            schema((value as Record<string, unknown>)[name], `${path}.${name}`),
      ),
    );
}

/** An object whose members are all such. */
export function everyMember(schema: Schema): Schema {
  return (value, path) =>
    anObject(value, path) ??
    firstOf(
      Object.entries(value as object).map(
        ([name, item]) =>
          () =>
            schema(item, `${path}.${name}`),
      ),
    );
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem) return problem;
  }
  return undefined;
}

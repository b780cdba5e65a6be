/**
 * What every wrong argument of the `@subspace` packages throws: one sentence that names the function, the argument, what came
 * and what was expected, and a `code` to test for (classes and `instanceof` do not survive two copies of a package).
 *
 * @param where the public function that was called
 * @param problem what came and what was expected: `'position has length 4, expected 5'`
 * @example
 * ```ts
 * import { argumentError } from '@subspace/core/internals';
 *
 * const error = argumentError('ellipticalSlice', 'position has length 4, expected 5');
 * error.message; // 'ellipticalSlice: position has length 4, expected 5'
 * error.code; // 'INVALID_ARGUMENT'
 * ```
 */
export function argumentError(where: string, problem: string): RangeError & { readonly code: 'INVALID_ARGUMENT' } {
  return Object.assign(new RangeError(`${where}: ${problem}`), { code: 'INVALID_ARGUMENT' as const });
}

/** Throws unless `value` is an integer of at least `minimum`. */
export function requireCount(where: string, name: string, value: unknown, minimum = 1): asserts value is number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum) {
    throw argumentError(where, `${name} is ${show(value)}, expected an integer of at least ${minimum}`);
  }
}

/** Throws unless `value` is a finite number greater than zero. */
export function requirePositive(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value > 0) || value === Infinity) {
    throw argumentError(where, `${name} is ${show(value)}, expected a finite number greater than 0`);
  }
}

/** Throws unless `value` is a finite number of at least zero. */
export function requireNonNegative(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !(value >= 0) || value === Infinity) {
    throw argumentError(where, `${name} is ${show(value)}, expected a finite number of at least 0`);
  }
}

/** Throws unless `values` is a list: a typed array, or a plain one. */
export function requireList(
  where: string,
  name: string,
  values: unknown,
  of = 'numbers',
): asserts values is ArrayLike<unknown> {
  if (typeof values !== 'object' || values === null || typeof (values as { length?: unknown }).length !== 'number') {
    throw argumentError(where, `${name} is ${show(values)}, expected a list of ${of}`);
  }
}

/** Throws unless `values` has the length `expected`. */
export function requireLength(where: string, name: string, values: ArrayLike<unknown>, expected: number): void {
  if (values.length !== expected)
    throw argumentError(where, `${name} has length ${values.length}, expected ${expected}`);
}

/** Throws at the first NaN or infinity, naming its index. */
export function requireFinite(where: string, name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw argumentError(where, `${name}[${i}] is ${values[i]}, expected a finite number`);
  }
}

/** Throws unless it is an object, and at an option whose name is none of `known`: a misspelt option must not be silently ignored. */
export function requireKnownOptions(where: string, options: object, known: readonly string[]): void {
  requireOptions(where, 'options', options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw argumentError(where, `option ${name} is unknown, expected one of ${known.join(', ')}`);
    }
  }
}

/** Throws unless `value` is an object: an argument that is needed, or an options object. */
export function requireOptions(where: string, name: string, value: unknown): asserts value is object {
  if (typeof value !== 'object' || value === null)
    throw argumentError(where, `${name} is ${show(value)}, expected an object`);
}

/** A value as it should appear in an error: strings quoted, objects by their type. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'object' && value !== null) return Object.prototype.toString.call(value).slice(8, -1);
  return String(value);
}

/** The hash that the golden files fill their arrays with (`shared/golden/README.md`, "The formula"). */
export function formulaHash(i: number, salt: number): number {
  let h = (Math.imul(i, 0x9e3779b1) + Math.imul(salt, 0x85ebca6b)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d) >>> 0;
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b) >>> 0;
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform on [0, 1). */
export function formulaUniform(i: number, salt: number): number {
  return formulaHash(i, salt) / 2 ** 32;
}

/** Centred, of standard deviation `std`. */
export function formulaValue(i: number, salt: number, std: number): number {
  return (formulaUniform(i, salt) - 0.5) * Math.sqrt(12) * std;
}

/** `length` values, float64. */
export function formulaArray(length: number, salt: number, std: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => formulaValue(i, salt, std));
}

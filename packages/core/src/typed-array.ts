/*
 * Typed arrays by their tag: `instanceof` fails for those of another realm (Jest, `vm`, iframes).
 */

export function isFloat32Array(value: unknown): value is Float32Array {
  return Object.prototype.toString.call(value) === '[object Float32Array]';
}

export function isFloat64Array(value: unknown): value is Float64Array {
  return Object.prototype.toString.call(value) === '[object Float64Array]';
}

import type { ElementData, ElementTypeName } from './element-type.ts';

/** A tensor of PyTorch or an array of NumPy: row major, without strides. */
export interface TorchTensor {
  readonly kind: 'tensor';
  readonly type: ElementTypeName;
  readonly shape: readonly number[];
  /** May be a view of the file's bytes, shared with other tensors as it was in PyTorch: copy before you write. */
  readonly data: ElementData;
}

export function isTensor(value: unknown): value is TorchTensor {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'tensor';
}

/** Whether a value is a list of counts, of no more axes than PyTorch and NumPy have. */
export function isShape(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.length <= 64 && value.every((length) => Number.isSafeInteger(length) && length >= 0)
  );
}

/** Elements of a shape; 1 of none. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

import type { ElementData } from './element-type.ts';
import { sizeOf } from './torch-tensor.ts';

/**
 * How a weight of PyTorch lies in another engine. TensorFlow has dense kernels [in, out] and convolutions [height, width, in, out], PyTorch [out, in] and
 * [out, in, height, width].
 */
export interface TensorOrder {
  /** Of PyTorch's tensor. */
  readonly shape: readonly number[];
  /** The same numbers with axes taken apart that go different ways. */
  readonly view: readonly number[];
  /** The axis of `view` that each axis here is. */
  readonly axes: readonly number[];
}

/** The last part of an entry's name says what it is: `dense_Dense1/kernel`; a number behind it nothing. */
export function partOf(entry: string): string {
  return entry.slice(Math.max(entry.lastIndexOf('/'), entry.lastIndexOf('.')) + 1).replace(/_\d+$/, '');
}

const isKernel = (part: string): boolean => part === 'kernel' || part === 'pointwise_kernel';

/**
 * The order of an entry [shape] by its name and rank.
 *
 * @param channels of the images that a dense layer's inputs were flattened from, if they were: PyTorch flattens [channels, …space], TensorFlow [space, channels]
 */
export function orderOf(name: string, shape: readonly number[], channels?: number): TensorOrder {
  const part = partOf(name);
  const rank = shape.length;
  if (channels !== undefined && rank === 2) {
    const [inputs, outputs] = isKernel(part) ? shape : [shape[1], shape[0]];
    const view = [outputs, channels, inputs / channels];
    return { shape: [outputs, inputs], view, axes: isKernel(part) ? [2, 1, 0] : [0, 2, 1] };
  }
  if (isKernel(part) && rank > 1) {
    // [out, in, …space] → […space, in, out].
    return transposed(shape, [...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1, 0]);
  }
  if (part === 'depthwise_kernel' && rank === 4) {
    // [in·multiplier, 1, height, width] → [height, width, in, multiplier].
    const [height, width, inputs, multiplier] = shape;
    const view = [inputs, multiplier, height, width];
    return { shape: [inputs * multiplier, 1, height, width], view, axes: [2, 3, 0, 1] };
  }
  return { shape, view: shape, axes: shape.map((_, axis) => axis) };
}

function transposed(shape: readonly number[], axes: readonly number[]): TensorOrder {
  const there = inverse(axes).map((axis) => shape[axis]);
  return { shape: there, view: there, axes };
}

/** PyTorch's numbers in the order of an entry. */
export function fromTorch(data: ElementData, { view, axes }: TensorOrder): Float32Array {
  return permuted(data, view, axes);
}

/** An entry's numbers in PyTorch's order. */
export function toTorch(values: Float32Array, { view, axes }: TensorOrder): Float32Array {
  return permuted(
    values,
    axes.map((axis) => view[axis]),
    inverse(axes),
  );
}

function inverse(axes: readonly number[]): number[] {
  const result = new Array<number>(axes.length);
  axes.forEach((axis, i) => {
    result[axis] = i;
  });
  return result;
}

/** Row-major numbers of `shape`, with axis i of the result being axis `axes[i]`. */
function permuted(data: ElementData, shape: readonly number[], axes: readonly number[]): Float32Array {
  if (axes.every((axis, i) => axis === i)) return new Float32Array(data as Float32Array);
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  const lengths = axes.map((axis) => shape[axis]);
  const steps = axes.map((axis) => strides[axis]);
  const index = new Array<number>(axes.length).fill(0);
  const result = new Float32Array(sizeOf(shape));
  let place = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[place] as number;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      place += steps[axis];
      if (++index[axis] < lengths[axis]) break;
      place -= steps[axis] * lengths[axis];
      index[axis] = 0;
    }
  }
  return result;
}

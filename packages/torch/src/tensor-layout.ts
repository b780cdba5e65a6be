import type { ElementData } from './element-type.ts';
import { sizeOf, type TorchTensor } from './torch-tensor.ts';

/**
 * How a weight of PyTorch lies in another engine: as it is, or with its axes in another order. TensorFlow has dense kernels [in, out] and convolutions
 * [height, width, in, out], PyTorch [out, in] and [out, in, height, width].
 */
export interface TensorOrder {
  /** The axis of PyTorch's tensor that each axis here is. */
  readonly axes: readonly number[];
}

/** The last part of an entry's name says what it is: `dense_Dense1/kernel`. */
const KERNELS = ['kernel', 'recurrent_kernel', 'pointwise_kernel'];

/** The order of axes by the name and rank of an entry. */
export function orderOf(name: string, rank: number): TensorOrder {
  const part = name.slice(name.lastIndexOf('/') + 1).replace(/_\d+$/, '');
  if (KERNELS.includes(part)) {
    // [out, in, …space] → […space, in, out].
    return { axes: [...Array.from({ length: Math.max(0, rank - 2) }, (_, axis) => axis + 2), 1, 0].slice(-rank) };
  }
  // [channels, 1, height, width] → [height, width, channels, 1].
  if (part === 'depthwise_kernel' && rank === 4) return { axes: [2, 3, 0, 1] };
  return { axes: Array.from({ length: rank }, (_, axis) => axis) };
}

/** Shape of PyTorch's tensor for an entry of this shape. */
export function torchShape(shape: readonly number[], { axes }: TensorOrder): number[] {
  const result = new Array<number>(shape.length);
  axes.forEach((axis, i) => {
    result[axis] = shape[i];
  });
  return result;
}

/** PyTorch's numbers in the order of an entry [shape]. */
export function fromTorch({ data }: TorchTensor, shape: readonly number[], order: TensorOrder): Float32Array {
  return permuted(data, torchShape(shape, order), order.axes);
}

/** An entry's numbers in PyTorch's order. */
export function toTorch(values: Float32Array, shape: readonly number[], order: TensorOrder): Float32Array {
  const inverse = new Array<number>(shape.length);
  order.axes.forEach((axis, i) => {
    inverse[axis] = i;
  });
  return permuted(values, shape, inverse);
}

/** Row-major numbers of `shape`, with axis i of the result being axis `axes[i]`. */
function permuted(data: ElementData, shape: readonly number[], axes: readonly number[]): Float32Array {
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
    result[i] = Number(data[place]);
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      place += steps[axis];
      if (++index[axis] < lengths[axis]) break;
      place -= steps[axis] * lengths[axis];
      index[axis] = 0;
    }
  }
  return result;
}

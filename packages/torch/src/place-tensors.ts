import type { CopyBudget } from './copy-budget.ts';
import type { ElementData } from './element-type.ts';
import type { TensorPlan } from './torch-functions.ts';
import { storageElements } from './torch-storage.ts';
import { sizeOf } from './torch-tensor.ts';

/** Gives tensors their data, once the bytes of all storages are there: a view where they lie row major, a copy elsewhere. */
export function placeTensors(plans: readonly TensorPlan[], copies: CopyBudget): void {
  for (const { tensor, storage, type, offset, strides } of plans) {
    const { shape } = tensor;
    const size = sizeOf(shape);
    const elements = storageElements(storage, type);
    if (isRowMajor(shape, strides)) {
      Object.assign(tensor, { data: elements.subarray(offset, offset + size) });
      continue;
    }
    copies(size);
    Object.assign(tensor, { data: gather(elements, offset, shape, strides, size) });
  }
}

/** Whether elements follow each other in the order of their indices; axes of one element may have any stride. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] === 1) continue;
    if (strides[axis] !== step) return shape.includes(0);
    step *= shape[axis];
  }
  return true;
}

function gather(
  elements: ElementData,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): ElementData {
  const result = new (elements.constructor as new (length: number) => ElementData)(size);
  const index = new Array<number>(shape.length).fill(0);
  let place = offset;
  for (let i = 0; i < size; i++) {
    result[i] = elements[place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

import type { Arrays, Dataset, MaybePromise, RandomSource } from '@subspace/core';
import { argumentError, gatherRows, isFloat32Array, requireArrays, whenReady } from '@subspace/core/internals';
import * as tf from '@tensorflow/tfjs-core';

/** Some rows of the data. Whoever asked for them calls `release`. */
export interface Batch {
  readonly rows: number;
  /** On the device, float32. */
  readonly inputs: tf.Tensor;
  readonly targets: Arrays;
  readonly rowWeights?: Float32Array;
  release(): void;
}

/** A data set as the engine uses it: inputs on the device, targets beside them. */
export interface DeviceData {
  readonly size: number;
  /** Rows from `start` up to `end`, in order. */
  slice(start: number, end: number): MaybePromise<Batch>;
  /** These rows; augmented with `random` where the data set does so. */
  gather(rows: Int32Array, random?: RandomSource): MaybePromise<Batch>;
  dispose(): void;
}

/** Inputs larger than this many numbers stay off the device and are sent a batch at a time. */
const residentLimit = 2 ** 27;

interface Upload {
  readonly tensor: tf.Tensor;
  users: number;
}

/** Opens data sets on the device, each array once however many use it. */
export interface DataUploads {
  /** `resident: false` sends batches only, unless the data are on the device already. */
  open(data: Dataset, options?: { readonly resident?: boolean }): DeviceData;
}

export function dataUploads(): DataUploads {
  const uploads = new WeakMap<Arrays, Upload>();
  const acquire = (inputs: Arrays): Upload => {
    const found = uploads.get(inputs);
    if (found && !found.tensor.isDisposed) {
      found.users++;
      return found;
    }
    const upload = { tensor: tf.keep(upload32(inputs)), users: 1 };
    uploads.set(inputs, upload);
    return upload;
  };
  return {
    open(data, { resident = true } = {}) {
      const { arrays } = data;
      if (!arrays) return hostData(data);
      const known = uploads.get(arrays.inputs);
      const there = known !== undefined && known.users > 0;
      if (!there && (!resident || arrays.inputs.data.length > residentLimit)) return hostData(data);
      const upload = acquire(arrays.inputs);
      return residentData(data, upload.tensor, () => {
        upload.users--;
        if (upload.users === 0) {
          uploads.delete(arrays.inputs);
          upload.tensor.dispose();
        }
      });
    },
  };
}

/** An array as a float32 tensor. */
export function upload32({ data, shape }: Arrays): tf.Tensor {
  return tf.tensor(isFloat32Array(data) ? ownView(data) : Float32Array.from(data), [...shape], 'float32');
}

/** TensorFlow.js knows arrays of its own realm only. */
function ownView({ buffer, byteOffset, length }: Float32Array): Float32Array {
  return new Float32Array(buffer, byteOffset, length);
}

/** Targets as a tensor: int32 where they are integers. */
export function targetTensor({ data, shape }: Arrays): tf.Tensor {
  if (isFloat32Array(data)) return tf.tensor(ownView(data), [...shape], 'float32');
  return tf.tensor(Int32Array.from(data), [...shape], 'int32');
}

function residentData(data: Dataset, inputs: tf.Tensor, free: () => void): DeviceData {
  const { targets, rowWeights } = data.arrays as NonNullable<Dataset['arrays']>;
  const width = data.targetShape.reduce((product, length) => product * length, 1);
  let open = true;
  return {
    size: data.size,
    slice(start, end) {
      const all = start === 0 && end === data.size;
      const rest = inputs.shape.slice(1);
      const part = all ? inputs : tf.slice(inputs, [start, ...rest.map(() => 0)], [end - start, ...rest]);
      return {
        rows: end - start,
        inputs: part,
        targets: { data: targets.data.subarray(start * width, end * width), shape: [end - start, ...data.targetShape] },
        rowWeights: rowWeights?.subarray(start, end),
        release: () => {
          if (!all) part.dispose();
        },
      };
    },
    gather(rows) {
      requireRows(rows, data.size);
      const part = tf.tidy(() => tf.gather(inputs, tf.tensor1d(rows, 'int32')));
      return {
        rows: rows.length,
        inputs: part,
        targets: gatherRows(targets, rows),
        rowWeights: rowWeights && Float32Array.from(rows, (row) => rowWeights[row]),
        release: () => part.dispose(),
      };
    },
    dispose() {
      if (open) free();
      open = false;
    },
  };
}

/** In memory, sent to the device a batch at a time. */
function hostData(data: Dataset): DeviceData {
  const rowWeights = data.arrays?.rowWeights;
  const gather = (rows: Int32Array, random?: RandomSource): MaybePromise<Batch> =>
    whenReady(data.gather(rows, random), ({ inputs, targets }) => {
      requireRowsOf('inputs', inputs, rows.length, data.inputShape);
      requireRowsOf('targets', targets, rows.length, data.targetShape);
      const tensor = upload32(inputs);
      return {
        rows: rows.length,
        inputs: tensor,
        targets,
        rowWeights: rowWeights && Float32Array.from(rows, (row) => rowWeights[row]),
        release: () => tensor.dispose(),
      };
    });
  return {
    size: data.size,
    slice: (start, end) => gather(Int32Array.from({ length: end - start }, (_, i) => start + i)),
    gather(rows, random) {
      requireRows(rows, data.size);
      return gather(rows, random);
    },
    dispose() {},
  };
}

/** Throws unless a data set gathered what it was asked for. */
function requireRowsOf(name: string, arrays: Arrays, rows: number, shape: readonly number[]): void {
  const where = 'data.gather';
  requireArrays(where, name, arrays);
  const expected = [rows, ...shape];
  if (arrays.shape.join() !== expected.join()) {
    throw argumentError(where, `${name} have shape [${arrays.shape.join(', ')}], expected [${expected.join(', ')}]`);
  }
}

function requireRows(rows: Int32Array, size: number): void {
  for (let i = 0; i < rows.length; i++) {
    if (!(rows[i] >= 0 && rows[i] < size)) {
      throw argumentError('gather', `rows[${i}] is ${rows[i]}, expected a row from 0 to ${size - 1}`);
    }
  }
}

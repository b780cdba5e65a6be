import * as tf from '@tensorflow/tfjs-core';

/** Marks what this engine registered: TensorFlow.js keeps one registry for the process, whatever the number of copies of this package. */
const marker: unique symbol = Symbol.for('@subspace/tfjs registered');

type Marked = { readonly [marker]?: true };

/**
 * Makes transposed matrix products fast on wasm. Its kernels take a scalar path for them, and so both gradients of every dense layer do: here the
 * operand is transposed first, and the product takes the SIMD path. Only the wasm kernels change; products that are not transposed, and
 * batches of products, run as before.
 */
export function registerWasmMatMul(): void {
  for (const kernelName of ['BatchMatMul', '_FusedMatMul']) {
    const stock = tf.getKernel(kernelName, 'wasm') as (tf.KernelConfig & Marked) | undefined;
    if (!stock || stock[marker]) continue;
    tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({ ...stock, kernelFunc: transposingFirst(stock.kernelFunc), [marker]: true } as tf.KernelConfig);
  }
}

function transposingFirst(stock: tf.KernelFunc): tf.KernelFunc {
  return (parameters) => {
    const { inputs, backend, attrs } = parameters;
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = attrs as { transposeA?: boolean; transposeB?: boolean };
    if (!(transposeA || transposeB) || !isOneMatrix(a) || !isOneMatrix(b)) return stock(parameters);
    const temporary: tf.TensorInfo[] = [];
    const turned = (matrix: tf.TensorInfo): tf.TensorInfo => {
      const { kernelFunc } = tf.getKernel('Transpose', 'wasm') as tf.KernelConfig;
      const last = matrix.shape.length - 1;
      const perm = matrix.shape.map((_, axis) => (axis === last ? last - 1 : axis === last - 1 ? last : axis));
      const result = kernelFunc({ inputs: { x: matrix }, backend, attrs: { perm } }) as tf.TensorInfo;
      temporary.push(result);
      return result;
    };
    const result = stock({
      inputs: { ...inputs, a: transposeA ? turned(a) : a, b: transposeB ? turned(b) : b },
      backend,
      attrs: { ...attrs, transposeA: false, transposeB: false },
    });
    for (const { dataId } of temporary) (backend as tf.KernelBackend).disposeData(dataId);
    return result;
  };
}

function isOneMatrix({ shape, dtype }: tf.TensorInfo): boolean {
  return dtype === 'float32' && shape.slice(0, -2).every((length) => length === 1);
}

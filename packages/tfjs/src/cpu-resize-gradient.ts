import * as tf from '@tensorflow/tfjs-core';

/** As in `registerWasmMatMul`: what one copy of this package has put right, another leaves alone. */
const marker: unique symbol = Symbol.for('@subspace/tfjs registered');

type Marked = { readonly [marker]?: true };

/**
 * Puts right two kernels of the plain JavaScript backend that the gradient of `UpSampling2D` needs. Of nearest neighbours it is right in the first row of
 * a batch only, so each row is a batch of its own here; of bilinear interpolation height and width of the result are exchanged.
 */
export function registerCpuResizeGradients(): void {
  replace('ResizeNearestNeighborGrad', (stock) => ({ inputs, backend, attrs }) => {
    const { images, dy } = inputs as { images: tf.TensorInfo; dy: tf.TensorInfo };
    const cpu = backend as tf.KernelBackend & {
      makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array): tf.TensorInfo;
    };
    const [rows, ...image] = images.shape;
    const size = tf.util.sizeFromShape(image);
    const values = cpu.readSync(dy.dataId) as Float32Array;
    const gradient = new Float32Array(rows * size);
    for (let row = 0; row < rows; row++) {
      const width = values.length / rows;
      const rowOfDy = cpu.makeTensorInfo(
        [1, ...dy.shape.slice(1)],
        'float32',
        values.slice(row * width, (row + 1) * width),
      );
      const part = stock({
        inputs: { images: { ...images, shape: [1, ...image] }, dy: rowOfDy },
        backend,
        attrs,
      }) as tf.TensorInfo;
      gradient.set(cpu.readSync(part.dataId) as Float32Array, row * size);
      for (const { dataId } of [rowOfDy, part]) cpu.disposeData(dataId);
    }
    return cpu.makeTensorInfo(images.shape, 'float32', gradient);
  });
  replace('ResizeBilinearGrad', (stock) => (parameters) => ({
    ...(stock(parameters) as tf.TensorInfo),
    shape: (parameters.inputs as { images: tf.TensorInfo }).images.shape,
  }));
}

function replace(kernelName: string, changed: (stock: tf.KernelFunc) => tf.KernelFunc): void {
  const stock = tf.getKernel(kernelName, 'cpu') as (tf.KernelConfig & Marked) | undefined;
  if (!stock || stock[marker]) return;
  tf.unregisterKernel(kernelName, 'cpu');
  tf.registerKernel({ ...stock, kernelFunc: changed(stock.kernelFunc), [marker]: true } as tf.KernelConfig);
}

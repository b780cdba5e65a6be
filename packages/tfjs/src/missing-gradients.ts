import * as tf from '@tensorflow/tfjs-core';

/**
 * Gradients that TensorFlow.js lacks: of kernels that are themselves gradients, which second derivatives need, because products with the Jacobian go through
 * the backward pass of the backward pass; and of comparisons, which masks and thresholds are made of. Only kernels without a gradient get one.
 */
export function registerMissingGradients(): void {
  for (const config of [convolutionFilter, averagePool, maxPool, elu, ...comparisons]) {
    if (!tf.getGradient(config.kernelName)) tf.registerGradient(config);
  }
}

type Window = [number, number] | number;

/** ∂W of a convolution is bilinear in x and dy: its derivatives are the transposed and the plain convolution with the filter's cotangent. */
const convolutionFilter: tf.GradConfig = {
  kernelName: 'Conv2DBackpropFilter',
  inputsToSave: ['x', 'dy'],
  gradFunc(ddW, saved, attrs) {
    const [x, dy] = saved as tf.Tensor4D[];
    const filter = ddW as tf.Tensor4D;
    const { strides, pad, dataFormat } = attrs as unknown as { strides: Window; pad: 'same'; dataFormat: 'NHWC' };
    return {
      x: () =>
        tf
          .engine()
          .runKernel(
            'Conv2DBackpropInput',
            { dy, filter },
            { strides, pad, dataFormat, dimRoundingMode: undefined as never, inputShape: x.shape },
          ) as tf.Tensor,
      dy: () => tf.conv2d(x, filter, strides, pad, dataFormat),
    };
  },
};

const averagePool: tf.GradConfig = {
  kernelName: 'AvgPoolGrad',
  inputsToSave: [],
  gradFunc(ddx, _, attrs) {
    const { filterSize, strides, pad } = attrs as unknown as { filterSize: Window; strides: Window; pad: 'same' };
    return { dy: () => tf.avgPool(ddx as tf.Tensor4D, filterSize, strides, pad) };
  },
};

/** The gradient of max pooling sends dy to the places of the maxima; its own takes the values from there. */
const maxPool: tf.GradConfig = {
  kernelName: 'MaxPoolGrad',
  inputsToSave: ['input', 'output'],
  gradFunc(ddx, saved, attrs) {
    const [input, output] = saved as tf.Tensor4D[];
    const { filterSize, strides, pad } = attrs as unknown as {
      filterSize: Window;
      strides: Window;
      pad: 'same' | 'valid';
    };
    const [height, width] = pair(filterSize);
    const apart =
      pair(strides).join() === `${height},${width}` &&
      (pad === 'valid' || (input.shape[1] % height === 0 && input.shape[2] % width === 0));
    return {
      dy() {
        if (apart) {
          // No place belongs to two windows: the sum over a window of what is at its maximum.
          const places = tf
            .engine()
            .runKernel(
              'MaxPoolGrad',
              { dy: tf.onesLike(output), input, output },
              attrs as tf.NamedAttrMap,
            ) as tf.Tensor4D;
          return tf.mul(
            tf.avgPool(tf.mul<tf.Tensor4D>(ddx as tf.Tensor, places), filterSize, strides, pad),
            height * width,
          );
        }
        const { indexes } = tf.maxPoolWithArgmax(input, filterSize, strides, pad, true);
        const places = tf.cast(tf.reshape(indexes, [-1]), 'int32');
        return tf.reshape(tf.gather(tf.reshape(ddx as tf.Tensor, [-1]), places), output.shape);
      },
      // The maxima's places are locally constant.
      input: () => tf.zerosLike(input),
      output: () => tf.zerosLike(output),
    };
  },
};

/** ∂ELU: dy where y ≥ 0, elsewhere dy·(y + 1). */
const elu: tf.GradConfig = {
  kernelName: 'EluGrad',
  inputsToSave: ['dy', 'y'],
  gradFunc(ddx, saved) {
    const [dy, y] = saved;
    const along = ddx as tf.Tensor;
    return {
      dy: () => tf.engine().runKernel('EluGrad', { dy: along, y }) as tf.Tensor,
      y: () => tf.mul(tf.mul(along, dy), tf.cast(tf.less(y, 0), 'float32')),
    };
  },
};

/** Piecewise constant, so that their gradients are zero. */
const comparisons: readonly tf.GradConfig[] = [
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr'].map(
    (kernelName) => flat(kernelName, 'a', 'b'),
  ),
  flat('LogicalNot', 'x'),
  flat('Any', 'x'),
  flat('All', 'x'),
];

function flat(kernelName: string, ...inputs: string[]): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: inputs,
    gradFunc: (_, saved) =>
      Object.fromEntries(inputs.map((name, i) => [name, () => tf.zeros(saved[i].shape, 'float32')])),
  };
}

function pair(window: Window): [number, number] {
  return typeof window === 'number' ? [window, window] : window;
}

import type { Arrays, WeightLayout } from '@subspace/core';
import { formulaArray, formulaHash } from '@subspace-internal/testing';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';

/** PyTorch's order of axes to TensorFlow's: dense [out, in] → [in, out], convolution [out, in, h, w] → [h, w, in, out]. */
function fromTorch(values: ArrayLike<number>, shape: readonly number[]): Float32Array {
  if (shape.length === 4) return transposed(values, shape, [2, 3, 1, 0]);
  return shape.length === 2 ? transposed(values, shape, [1, 0]) : Float32Array.from(values);
}

/** A flat vector in PyTorch's order as one of the layout, whose tensors are PyTorch's `shapes` in the order of `places`. */
export function flatFromTorch(
  values: ArrayLike<number>,
  shapes: readonly (readonly number[])[],
  layout: WeightLayout,
  places?: readonly number[],
): Float32Array {
  const flat = new Float32Array(layout.size);
  let offset = 0;
  shapes.forEach((shape, k) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const piece = Array.prototype.slice.call(values, offset, offset + length) as number[];
    flat.set(fromTorch(piece, shape), layout.entries[places?.[k] ?? k].offset);
    offset += length;
  });
  return flat;
}

/** Weights that the golden files' formula makes, in PyTorch's order: tensor after tensor. */
export function formulaWeights(
  seed: number,
  shapes: readonly (readonly number[])[],
  std: readonly number[],
  kinds?: readonly string[],
): Float32Array {
  const pieces = shapes.map((shape, k) => {
    const length = shape.reduce((a, b) => a * b, 1);
    if (kinds?.[k] === 'gamma') return formulaArray(length, seed * 1000 + k, 1).map((value) => 1 + 0.1 * value);
    return formulaArray(length, seed * 1000 + k, std[k]);
  });
  return Float32Array.from(pieces.flatMap((piece) => Array.from(piece)));
}

/** Directions of the golden inner products, tensor after tensor. */
export function formulaDirections(seed: number, shapes: readonly (readonly number[])[]): Float32Array {
  return formulaWeights(
    seed + 500,
    shapes,
    shapes.map(() => 1),
  );
}

export function formulaInputs(rows: number, width: number, salt: number): Arrays {
  return { data: Float32Array.from(formulaArray(rows * width, salt, 1)), shape: [rows, width] };
}

/** Images [N, 32, 32, 3] of the formula, which fills them channel by channel. */
export function formulaImages(rows: number, salt: number): Arrays {
  const values = Float32Array.from(formulaArray(rows * 3072, salt, 1));
  return { data: transposed(values, [rows, 3, 32, 32], [0, 2, 3, 1]), shape: [rows, 32, 32, 3] };
}

export function formulaLabels(rows: number, salt: number, classes: number): Arrays {
  return { data: Int32Array.from({ length: rows }, (_, i) => formulaHash(i, salt) % classes), shape: [rows] };
}

/**
 * PreResNet-8 as the golden files have it. Layers carry PyTorch's names, for the order of TensorFlow's weights is another.
 */
export function preResNet8(): LayersModel {
  const conv = (name: string, filters: number, size: number, strides: number) => (x: SymbolicTensor) => {
    const padded = size === 1 ? x : (layers.zeroPadding2d({ padding: 1 }).apply(x) as SymbolicTensor);
    return layers
      .conv2d({ name, filters, kernelSize: size, strides, useBias: false, padding: 'valid' })
      .apply(padded) as SymbolicTensor;
  };
  const normRelu = (name: string) => (x: SymbolicTensor) =>
    layers.reLU().apply(layers.batchNormalization({ name, epsilon: 1e-5, momentum: 0.9 }).apply(x)) as SymbolicTensor;
  const start = input({ shape: [32, 32, 3] });
  let x = conv('conv1', 16, 3, 1)(start);
  for (const [i, filters] of [16, 32, 64].entries()) {
    const name = `layer${i + 1}.0`;
    const strides = i === 0 ? 1 : 2;
    const first = conv(`${name}.conv1`, filters, 3, strides)(normRelu(`${name}.bn1`)(x));
    const second = conv(`${name}.conv2`, filters, 3, 1)(normRelu(`${name}.bn2`)(first));
    const shortcut = i === 0 ? x : conv(`${name}.downsample.0`, filters, 1, strides)(x);
    x = layers.add().apply([second, shortcut]) as SymbolicTensor;
  }
  const pooled = layers.globalAveragePooling2d({}).apply(normRelu('bn')(x)) as SymbolicTensor;
  return model({ inputs: start, outputs: layers.dense({ name: 'fc', units: 10 }).apply(pooled) as SymbolicTensor });
}

function transposed(values: ArrayLike<number>, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const result = new Float32Array(values.length);
  const outShape = axes.map((axis) => shape[axis]);
  const place = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < result.length; i++) {
    let from = 0;
    for (let a = 0; a < axes.length; a++) from += place[a] * strides[axes[a]];
    result[i] = values[from];
    for (let a = axes.length - 1; a >= 0 && ++place[a] === outShape[a]; a--) place[a] = 0;
  }
  return result;
}

import type { RandomSource, Vector } from '@subspace/core';

/**
 * A small fully connected ReLU network with its gradient, for the flows: plain loops over one input at a time. Its parameters lie in a flat vector from
 * an offset on: per layer the weights [out, in] row by row, then the biases [out]; last the weights of a linear shortcut, if there is one.
 */
export interface Perceptron {
  /** Number of parameters. */
  readonly size: number;
  /** Weights of order 1/√inputs for the hidden layers, close to zero for the last, so that the output begins near zero. */
  initial(random: RandomSource): Vector;
  forward(parameters: Vector, offset: number, input: Vector): PerceptronTape;
  /**
   * Adds the gradient of slope·output to `into` at the same offset.
   *
   * @returns the gradient with respect to the input
   */
  addGradient(parameters: Vector, offset: number, tape: PerceptronTape, slope: Vector, into: Vector): Vector;
}

export interface PerceptronTape {
  /** Input, what each hidden layer puts out, output. */
  readonly layers: readonly Vector[];
  readonly output: Vector;
}

/** Which weights exist: one of [out, in] per layer, row by row, 1 or 0. */
export interface PerceptronMasks {
  readonly layers: readonly Uint8Array[];
  /** [outputs, inputs]: of a linear shortcut from input to output. */
  readonly shortcut?: Uint8Array;
}

/** How much smaller than the others the weights of the last layer begin. */
const LAST_LAYER = 0.01;

/**
 * @param widths from the inputs to the outputs
 * @param masks all weights, and no shortcut, without
 */
export function perceptron(widths: readonly number[], masks?: PerceptronMasks): Perceptron {
  const depth = widths.length - 1;
  const [inputs, outputs] = [widths[0], widths[depth]];
  const starts: number[] = [];
  let size = 0;
  for (let l = 0; l < depth; l++) {
    starts.push(size);
    size += widths[l + 1] * (widths[l] + 1);
  }
  const shortcutStart = size;
  if (masks?.shortcut) size += outputs * inputs;

  /** Adds mask∘W·from to `to`. */
  const addProduct = (w: Vector, start: number, mask: Uint8Array | undefined, from: Vector, to: Vector) => {
    for (let o = 0; o < to.length; o++) {
      const row = o * from.length;
      let sum = 0;
      for (let i = 0; i < from.length; i++) if (!mask || mask[row + i]) sum += w[start + row + i] * from[i];
      to[o] += sum;
    }
  };
  /** Adds slope·fromᵀ to the gradient of W, and (mask∘W)ᵀ·slope to that of `from`. */
  const addProductGradient = (
    w: Vector,
    start: number,
    mask: Uint8Array | undefined,
    from: Vector,
    slope: Vector,
    into: Vector,
    fromSlope: Vector,
  ) => {
    for (let o = 0; o < slope.length; o++) {
      if (slope[o] === 0) continue;
      const row = o * from.length;
      for (let i = 0; i < from.length; i++) {
        if (mask && !mask[row + i]) continue;
        into[start + row + i] += slope[o] * from[i];
        fromSlope[i] += slope[o] * w[start + row + i];
      }
    }
  };

  return {
    size,
    initial(random) {
      const parameters = new Float64Array(size);
      for (let l = 0; l < depth; l++) {
        const std = (l === depth - 1 ? LAST_LAYER : 1) / Math.sqrt(widths[l]);
        for (let i = 0; i < widths[l + 1] * widths[l]; i++) parameters[starts[l] + i] = std * random.normal();
      }
      return parameters;
    },
    forward(parameters, offset, input) {
      const layers = [input];
      for (let l = 0; l < depth; l++) {
        const start = offset + starts[l];
        const bias = start + widths[l + 1] * widths[l];
        const to = parameters.slice(bias, bias + widths[l + 1]);
        addProduct(parameters, start, masks?.layers[l], layers[l], to);
        if (l < depth - 1) for (let o = 0; o < to.length; o++) to[o] = Math.max(0, to[o]);
        layers.push(to);
      }
      const output = layers[depth];
      if (masks?.shortcut) addProduct(parameters, offset + shortcutStart, masks.shortcut, input, output);
      return { layers, output };
    },
    addGradient(parameters, offset, { layers }, slope, into) {
      let above = slope;
      for (let l = depth - 1; l >= 0; l--) {
        const start = offset + starts[l];
        const bias = start + widths[l + 1] * widths[l];
        for (let o = 0; o < above.length; o++) into[bias + o] += above[o];
        const below = new Float64Array(widths[l]);
        addProductGradient(parameters, start, masks?.layers[l], layers[l], above, into, below);
        if (l > 0) for (let i = 0; i < below.length; i++) if (layers[l][i] <= 0) below[i] = 0;
        above = below;
      }
      if (masks?.shortcut) {
        addProductGradient(parameters, offset + shortcutStart, masks.shortcut, layers[0], slope, into, above);
      }
      return above;
    },
  };
}

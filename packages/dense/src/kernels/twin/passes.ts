import { activate, hasSlopes, timesSlope } from './activation.ts';
import { applyHead, headDerivatives, headTangents } from './likelihood.ts';
import { addOutputGradients, inputDerivatives, outputs } from './output-layer.ts';
import { addColumnSums, fillRows, multiply, multiplyTransposed, transpose } from './product.ts';
import type { Net, Scratch } from './structures.ts';

/** Forward, backward and tangent passes of a block of rows through all layers. */

/**
 * Outputs of rows x, into the planes `scratch.o`.
 *
 * @param keepSlopes for a backward or tangent pass
 * @param linear the sums of the first layer are in its activations already
 */
export function forward(
  f: Float32Array,
  net: Net,
  scratch: Scratch,
  w: number,
  x: number,
  rows: number,
  keepSlopes: boolean,
  linear: boolean,
): void {
  const slopes = keepSlopes && hasSlopes(net);
  let from = x;
  let ld = net.ldx;
  for (let l = 0; l < net.hidden.length; l++) {
    const layer = net.hidden[l];
    const h = scratch.activations[l];
    if (l > 0 || !linear) {
      fillRows(f, rows, layer.ld, w + layer.bias, h);
      multiply(f, rows, layer.out, layer.in, from, ld, w + layer.weights, 8 * layer.in, h, layer.ld);
    }
    activate(f, net, rows * layer.ld, h, slopes ? scratch.slopes[l] : 0);
    from = h;
    ld = layer.ld;
  }
  outputs(f, net, rows, from, w + net.last.weights, w + net.last.bias, scratch.o);
  applyHead(f, net, scratch, rows, w);
}

/** Transposes that the backward pass needs. */
export function transposeLayers(f: Float32Array, net: Net, scratch: Scratch, w: number): void {
  for (let l = 1; l < net.hidden.length; l++) {
    const layer = net.hidden[l];
    transpose(f, layer.in, layer.out, w + layer.weights, scratch.t + layer.transposed);
  }
}

/**
 * Gradient of what has derivatives `scratch.dO` by the outputs of a block that went forward: into g, or added to it.
 *
 * @param linear the weights of the first layer get no gradient
 * @returns where the derivatives by the first layer's sums are
 */
export function backward(
  f: Float32Array,
  net: Net,
  scratch: Scratch,
  w: number,
  x: number,
  rows: number,
  g: number,
  accumulate: boolean,
  linear: boolean,
): number {
  const { hidden, last } = net;
  if (!accumulate) f.fill(0, g + (linear ? (hidden[1] ?? last).weights : 0), g + net.size);
  const v = headDerivatives(f, net, scratch, rows, w);
  if (net.v >= 0) f[g + net.v] += v;
  const top = hidden.length - 1;
  addOutputGradients(f, net, scratch, rows, top < 0 ? x : scratch.activations[top], g + last.weights, g + last.bias);
  if (top < 0) return 0;
  let d = scratch.d0;
  let other = scratch.d1;
  inputDerivatives(f, net, scratch, rows, w + last.weights, d);
  timesSlope(f, net, rows * last.ld, d, scratch.activations[top], scratch.slopes[top]);
  for (let l = top; l > (linear ? 0 : -1); l--) {
    const layer = hidden[l];
    const below = l ? scratch.activations[l - 1] : x;
    const ld = l ? hidden[l - 1].ld : net.ldx;
    multiplyTransposed(f, layer.in, layer.out, rows, below, ld, d, layer.ld, g + layer.weights);
    addColumnSums(f, rows, layer.out, d, layer.ld, g + layer.bias);
    if (l === 0) break;
    f.fill(0, other, other + rows * ld);
    const t = scratch.t + layer.transposed;
    multiply(f, rows, layer.in, layer.out, d, layer.ld, t, 8 * ((layer.out + 7) & ~7), other, ld);
    timesSlope(f, net, rows * ld, other, below, scratch.slopes[l - 1]);
    [d, other] = [other, d];
  }
  return d;
}

/** Derivatives of the outputs of a block that went forward, along a direction in weight space, into planes. */
export function tangent(
  f: Float32Array,
  net: Net,
  scratch: Scratch,
  w: number,
  direction: number,
  x: number,
  rows: number,
  planes: number,
): void {
  const { hidden, last } = net;
  let from = x;
  let moved = 0;
  let t = scratch.d0;
  let other = scratch.d1;
  let ld = net.ldx;
  for (let l = 0; l < hidden.length; l++) {
    const layer = hidden[l];
    const stride = 8 * layer.in;
    fillRows(f, rows, layer.ld, direction + layer.bias, t);
    multiply(f, rows, layer.out, layer.in, from, ld, direction + layer.weights, stride, t, layer.ld);
    if (moved) multiply(f, rows, layer.out, layer.in, moved, ld, w + layer.weights, stride, t, layer.ld);
    timesSlope(f, net, rows * layer.ld, t, scratch.activations[l], scratch.slopes[l]);
    moved = t;
    [t, other] = [other, t];
    from = scratch.activations[l];
    ld = layer.ld;
  }
  outputs(f, net, rows, from, direction + last.weights, direction + last.bias, planes);
  if (moved) outputs(f, net, rows, moved, w + last.weights, 0, planes);
  headTangents(f, net, scratch, rows, w, direction, planes);
}

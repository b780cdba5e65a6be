import type { Likelihood } from '@subspace/core';
import type { InputMap, Rows } from './data-rows.ts';
import { activationDerivatives, sigmoid, softplus } from './elementary-derivatives.ts';
import { mapRow } from './features.ts';
import type { NetworkShape } from './network-structure.ts';

/**
 * H·v of Σ −log p, exact: derivatives along v are carried beside every number of the forward and the backward pass. In float64, row by row: second
 * derivatives are wanted too rarely to be worth kernels.
 *
 * @param weights flat [D]; `v` flat [D]
 * @see Pearlmutter (1994), Fast exact multiplication by the Hessian
 */
export function hessianTimes(
  where: string,
  { sizes, activation, head, globalVariance, order }: NetworkShape,
  { width, features }: InputMap,
  likelihood: Likelihood,
  { inputs, targets, rowWeights }: Rows,
  weights: Float32Array,
  v: Float32Array,
): Float32Array {
  const product = new Float64Array(weights.length);
  const count = inputs.shape[0];
  const raw = inputs.data.length / count;
  const columns = targets!.data.length / count;
  const starts = order.layout.entries.map(({ offset }) => offset);
  const last = sizes.length - 2;
  const outputs = sizes[sizes.length - 1];
  const trainable = head === 'heteroscedastic' && globalVariance === 'trainable';
  const global = trainable ? weights[weights.length - 1] : Number(globalVariance);
  const globalAlong = trainable ? v[v.length - 1] : 0;

  // Per layer: activations h and sums' slopes, with their derivatives along v.
  const zeros = () => sizes.map((size) => new Float64Array(size));
  const [h, hAlong, slope, slopeAlong] = [zeros(), zeros(), zeros(), zeros()];

  for (let row = 0; row < count; row++) {
    const x = Float32Array.from({ length: raw }, (_, j) => inputs.data[row * raw + j]);
    h[0].set(features ? mapRow(where, features, x, width) : x);
    for (let l = 0; l <= last; l++) {
      const [weight, bias] = [starts[2 * l], starts[2 * l + 1]];
      for (let o = 0; o < sizes[l + 1]; o++) {
        let sum = weights[bias + o];
        let along = v[bias + o];
        for (let i = 0, d = weight + o * sizes[l]; i < sizes[l]; i++, d++) {
          sum += weights[d] * h[l][i];
          along += v[d] * h[l][i] + weights[d] * hAlong[l][i];
        }
        const f = activationDerivatives[l < last ? activation : 'identity'](sum);
        h[l + 1][o] = f[0];
        hAlong[l + 1][o] = f[1] * along;
        slope[l + 1][o] = f[1];
        slopeAlong[l + 1][o] = f[2] * along;
      }
    }

    // Derivatives by the outputs d, and along v; through the head to its sums.
    const values = h[last + 1].slice();
    const along = hAlong[last + 1].slice();
    const means = outputs / 2;
    if (head === 'heteroscedastic') {
      for (let n = means; n < outputs; n++) {
        values[n] = softplus(h[last + 1][n]) + softplus(global);
        along[n] = sigmoid(h[last + 1][n]) * along[n] + sigmoid(global) * globalAlong;
      }
    }
    const target = targets!.data.subarray(row * columns, (row + 1) * columns);
    const scale = rowWeights?.[row] ?? 1;
    let [d, dAlong] = lossDerivatives(likelihood, values, along, target).map((part) => part.map((p) => scale * p));
    if (head === 'heteroscedastic') {
      for (let n = means; n < outputs; n++) {
        const [rho, rhoAlong] = [h[last + 1][n], hAlong[last + 1][n]];
        if (trainable) {
          const s = sigmoid(global);
          product[product.length - 1] += dAlong[n] * s + d[n] * s * (1 - s) * globalAlong;
        }
        const s = sigmoid(rho);
        dAlong[n] = dAlong[n] * s + d[n] * s * (1 - s) * rhoAlong;
        d[n] *= s;
      }
    }

    for (let l = last; l >= 0; l--) {
      const [weight, bias] = [starts[2 * l], starts[2 * l + 1]];
      const below = new Float64Array(sizes[l]);
      const belowAlong = new Float64Array(sizes[l]);
      for (let o = 0; o < sizes[l + 1]; o++) {
        product[bias + o] += dAlong[o];
        for (let i = 0, at = weight + o * sizes[l]; i < sizes[l]; i++, at++) {
          product[at] += dAlong[o] * h[l][i] + d[o] * hAlong[l][i];
          below[i] += weights[at] * d[o];
          belowAlong[i] += v[at] * d[o] + weights[at] * dAlong[o];
        }
      }
      dAlong = belowAlong.map((b, i) => b * slope[l][i] + below[i] * slopeAlong[l][i]);
      d = below.map((b, i) => b * slope[l][i]);
    }
  }
  return Float32Array.from(product);
}

/** Of −log p: derivatives by the outputs, and how they change along a direction of the outputs. */
function lossDerivatives(
  likelihood: Likelihood,
  outputs: Float64Array,
  along: Float64Array,
  target: ArrayLike<number>,
): [Float64Array, Float64Array] {
  const d = new Float64Array(outputs.length);
  const dAlong = new Float64Array(outputs.length);
  if (likelihood.kind === 'gaussian') {
    outputs.forEach((o, n) => {
      d[n] = (o - target[n]) / likelihood.variance;
      dAlong[n] = along[n] / likelihood.variance;
    });
  } else if (likelihood.kind === 'heteroscedastic-gaussian') {
    const means = outputs.length / 2;
    for (let m = 0; m < means; m++) {
      const s = outputs[means + m];
      const e = target[m] - outputs[m];
      d[m] = -e / s;
      d[means + m] = (1 - (e * e) / s) / (2 * s);
      dAlong[m] = along[m] / s + (e / (s * s)) * along[means + m];
      dAlong[means + m] = (e / (s * s)) * along[m] + (((e * e) / s - 0.5) / (s * s)) * along[means + m];
    }
  } else if (likelihood.kind === 'binary') {
    const p = sigmoid(outputs[0]);
    d[0] = p - target[0];
    dAlong[0] = p * (1 - p) * along[0];
  } else {
    const most = outputs.reduce((a, b) => Math.max(a, b));
    const weights = outputs.map((o) => Math.exp(o - most));
    const total = weights.reduce((a, b) => a + b);
    const mean = weights.reduce((sum, w, c) => sum + (w / total) * along[c], 0);
    weights.forEach((w, c) => {
      d[c] = w / total - (c === target[0] ? 1 : 0);
      dAlong[c] = (w / total) * (along[c] - mean);
    });
  }
  return [d, dAlong];
}

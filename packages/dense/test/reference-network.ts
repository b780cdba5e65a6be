import type { Likelihood } from '@subspace/core';
import { normalCdf } from '@subspace/core/internals';
import type { Activation, Head } from '../src/network-structure.ts';

/**
 * Dense networks in plain float64 loops over one row, with derivatives along one direction in weight space carried beside each number (dual numbers):
 * nothing is shared with the kernels, neither layout nor a backward pass. Weights are flat in PyTorch's order.
 */

export interface ReferenceNetwork {
  readonly sizes: readonly number[];
  readonly activation: Activation;
  readonly head: Head;
  readonly globalVariance: 'trainable' | number;
}

/** Outputs of a row, and their derivatives along a direction. */
export interface Outputs {
  readonly values: Float64Array;
  readonly tangents: Float64Array;
}

export function outputsAlong(
  { sizes, activation, head, globalVariance }: ReferenceNetwork,
  weights: ArrayLike<number>,
  direction: ArrayLike<number>,
  x: ArrayLike<number>,
): Outputs {
  let h = Array.from(x);
  let t = h.map(() => 0);
  let start = 0;
  sizes.slice(1).forEach((out, l) => {
    const bias = start + out * h.length;
    const sums: number[] = [];
    const tangents: number[] = [];
    for (let o = 0; o < out; o++) {
      let sum = weights[bias + o];
      let tangent = direction[bias + o];
      for (let i = 0; i < h.length; i++) {
        const d = start + o * h.length + i;
        sum += weights[d] * h[i];
        tangent += direction[d] * h[i] + weights[d] * t[i];
      }
      sums.push(sum);
      tangents.push(tangent);
    }
    start = bias + out;
    const hidden = l < sizes.length - 2;
    h = hidden ? sums.map((s) => activationFunctions[activation].value(s)) : sums;
    t = hidden ? sums.map((s, o) => activationFunctions[activation].slope(s) * tangents[o]) : tangents;
  });
  if (head === 'heteroscedastic') {
    const trainable = globalVariance === 'trainable';
    const v = trainable ? weights[start] : globalVariance;
    const means = h.length / 2;
    for (let n = means; n < 2 * means; n++) {
      t[n] = logistic(h[n]) * t[n] + (trainable ? logistic(v) * direction[start] : 0);
      h[n] = Math.log(1 + Math.exp(h[n])) + Math.log(1 + Math.exp(v));
    }
  }
  return { values: Float64Array.from(h), tangents: Float64Array.from(t) };
}

/** The derivative of log p(y | outputs) along the outputs' tangents: a central difference of core's float64 density. */
export function logDensityAlong(
  likelihood: Likelihood,
  { values, tangents }: Outputs,
  target: ArrayLike<number>,
): { value: number; slope: number } {
  const at = (e: number) =>
    likelihood.logDensity(
      values.map((o, n) => o + e * tangents[n]),
      target,
    );
  const step = 1e-5 / Math.max(1, ...tangents.map(Math.abs));
  return { value: at(0), slope: (at(step) - at(-step)) / (2 * step) };
}

/** sᵀHt for tangents s, t of the outputs, H their Fisher information. */
export function informationBetween(likelihood: Likelihood, outputs: Float64Array, s: Float64Array, t: Float64Array) {
  if (likelihood.kind === 'gaussian') return s.reduce((sum, sn, n) => sum + (sn * t[n]) / likelihood.variance, 0);
  if (likelihood.kind === 'heteroscedastic-gaussian') {
    const means = outputs.length / 2;
    let sum = 0;
    for (let m = 0; m < means; m++) {
      const v = outputs[means + m];
      sum += (s[m] * t[m]) / v + (s[means + m] * t[means + m]) / (2 * v * v);
    }
    return sum;
  }
  if (likelihood.kind === 'binary') {
    const p = logistic(outputs[0]);
    return p * (1 - p) * s[0] * t[0];
  }
  const exponentials = outputs.map((o) => Math.exp(o - Math.max(...outputs)));
  const total = exponentials.reduce((sum, e) => sum + e);
  const p = exponentials.map((e) => e / total);
  const mean = (u: Float64Array) => u.reduce((sum, un, n) => sum + p[n] * un, 0);
  return mean(s.map((sn, n) => sn * t[n])) - mean(s) * mean(t);
}

export const activationFunctions: Readonly<Record<Activation, { value(x: number): number; slope(x: number): number }>> =
  {
    identity: { value: (x) => x, slope: () => 1 },
    relu: { value: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
    tanh: { value: Math.tanh, slope: (x) => 1 / Math.cosh(x) ** 2 },
    gelu: {
      value: (x) => x * normalCdf(x),
      slope: (x) => normalCdf(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
    },
    silu: { value: (x) => x * logistic(x), slope: (x) => logistic(x) * (1 + x * logistic(-x)) },
  };

export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

import type { Likelihood, NumericArray } from '@subspace/core';
import { logSumExp } from '@subspace/core/internals';

/** Likelihoods whose values and derivatives are written out here. */
export type NamedLikelihood = Exclude<Likelihood, { kind: 'custom' }>;

/** Outputs of some rows [N, M] and their targets [N, T], flat. */
export interface Rows {
  readonly outputs: Float32Array;
  /** M. */
  readonly width: number;
  readonly targets: NumericArray;
}

/** log p of each row, in float64. */
export function rowLogDensities(likelihood: NamedLikelihood, { outputs, width, targets }: Rows): Float64Array {
  const rows = outputs.length / width;
  const values = new Float64Array(rows);
  if (likelihood.kind === 'gaussian') {
    const { variance } = likelihood;
    const constant = -0.5 * width * Math.log(2 * Math.PI * variance);
    for (let n = 0, i = 0; n < rows; n++) {
      let squares = 0;
      for (let m = 0; m < width; m++, i++) squares += (targets[i] - outputs[i]) * (targets[i] - outputs[i]);
      values[n] = constant - (0.5 * squares) / variance;
    }
  } else if (likelihood.kind === 'heteroscedastic-gaussian') {
    const means = width / 2;
    for (let n = 0; n < rows; n++) {
      let sum = 0;
      for (let m = 0; m < means; m++) {
        const variance = outputs[n * width + means + m];
        const residual = targets[n * means + m] - outputs[n * width + m];
        sum -= 0.5 * (Math.log(2 * Math.PI * variance) + (residual * residual) / variance);
      }
      values[n] = sum;
    }
  } else if (likelihood.kind === 'binary') {
    for (let n = 0; n < rows; n++) {
      const margin = targets[n] === 1 ? outputs[n] : -outputs[n];
      values[n] = Math.min(margin, 0) - Math.log1p(Math.exp(-Math.abs(margin)));
    }
  } else {
    for (let n = 0; n < rows; n++) {
      const logits = outputs.subarray(n * width, (n + 1) * width);
      values[n] = logits[targets[n]] - logSumExp(logits);
    }
  }
  return values;
}

/** ∂ log p/∂outputs of each row [N, M], times the row's weight. */
export function rowGradients(likelihood: NamedLikelihood, rows: Rows, rowWeights?: Float32Array): Float32Array {
  const { outputs, width, targets } = rows;
  const gradients = new Float32Array(outputs.length);
  const count = outputs.length / width;
  if (likelihood.kind === 'gaussian') {
    const { variance } = likelihood;
    for (let i = 0; i < outputs.length; i++) gradients[i] = (targets[i] - outputs[i]) / variance;
  } else if (likelihood.kind === 'heteroscedastic-gaussian') {
    const means = width / 2;
    for (let n = 0; n < count; n++) {
      for (let m = 0; m < means; m++) {
        const i = n * width + m;
        const variance = outputs[i + means];
        const residual = targets[n * means + m] - outputs[i];
        gradients[i] = residual / variance;
        gradients[i + means] = (0.5 * ((residual * residual) / variance - 1)) / variance;
      }
    }
  } else if (likelihood.kind === 'binary') {
    for (let n = 0; n < count; n++) gradients[n] = targets[n] - 1 / (1 + Math.exp(-outputs[n]));
  } else {
    for (let n = 0; n < count; n++) {
      const logits = outputs.subarray(n * width, (n + 1) * width);
      const total = logSumExp(logits);
      for (let c = 0; c < width; c++)
        gradients[n * width + c] = (c === targets[n] ? 1 : 0) - Math.exp(logits[c] - total);
    }
  }
  if (rowWeights) {
    for (let i = 0; i < gradients.length; i++) gradients[i] *= rowWeights[Math.floor(i / width)];
  }
  return gradients;
}

/**
 * H·t for each row, with H the Fisher information of the outputs: 1/σ² · I | diag(1/v, 1/(2v²)) | diag(p) − ppᵀ | p(1 − p).
 *
 * @param tangent [N, M]
 */
export function timesInformation(
  likelihood: NamedLikelihood,
  outputs: Float32Array,
  width: number,
  tangent: Float32Array,
): Float64Array {
  const product = new Float64Array(tangent.length);
  if (likelihood.kind === 'gaussian') {
    for (let i = 0; i < tangent.length; i++) product[i] = tangent[i] / likelihood.variance;
  } else if (likelihood.kind === 'heteroscedastic-gaussian') {
    const means = width / 2;
    for (let n = 0; n < outputs.length / width; n++) {
      for (let m = 0; m < means; m++) {
        const i = n * width + m;
        const variance = outputs[i + means];
        product[i] = tangent[i] / variance;
        product[i + means] = tangent[i + means] / (2 * variance * variance);
      }
    }
  } else if (likelihood.kind === 'binary') {
    for (let n = 0; n < tangent.length; n++) {
      const p = 1 / (1 + Math.exp(-outputs[n]));
      product[n] = p * (1 - p) * tangent[n];
    }
  } else {
    for (let n = 0; n < outputs.length / width; n++) {
      const logits = outputs.subarray(n * width, (n + 1) * width);
      const total = logSumExp(logits);
      let mean = 0;
      for (let c = 0; c < width; c++) mean += Math.exp(logits[c] - total) * tangent[n * width + c];
      for (let c = 0; c < width; c++) {
        const i = n * width + c;
        product[i] = Math.exp(logits[c] - total) * (tangent[i] - mean);
      }
    }
  }
  return product;
}

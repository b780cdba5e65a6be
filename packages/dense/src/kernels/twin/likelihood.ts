import { sigmoid, softplus } from './elementary.ts';
import type { Net, Scratch } from './structures.ts';

/** Heads and likelihoods, on planes of outputs: output n of row r is at n·planeStride + r. */

const LOG_2PI = Math.log(2 * Math.PI);

/** v, the global variance before its softplus. */
function globalV(f: Float32Array, { v, fixedV }: Net, w: number): number {
  return v < 0 ? fixedV : f[w + v];
}

/** [μ, ρ] → [μ, softplus(ρ) + softplus(v)]; the derivatives of softplus(ρ) are kept. */
export function applyHead(f: Float32Array, net: Net, scratch: Scratch, rows: number, w: number): void {
  if (net.head !== 'heteroscedastic') return;
  const means = net.outputs / 2;
  const global = softplus(globalV(f, net, w));
  for (let n = 0; n < means; n++) {
    const rho = scratch.o + (means + n) * net.planeStride;
    const slope = scratch.slope + n * net.planeStride;
    for (let r = 0; r < rows; r++) {
      f[slope + r] = sigmoid(f[rho + r]);
      f[rho + r] = softplus(f[rho + r]) + global;
    }
  }
}

/** Derivatives by [μ, variance] → by [μ, ρ], in place. Returns the derivative by v. */
export function headDerivatives(f: Float32Array, net: Net, scratch: Scratch, rows: number, w: number): number {
  if (net.head !== 'heteroscedastic') return 0;
  const means = net.outputs / 2;
  let total = 0;
  for (let n = 0; n < means; n++) {
    const d = scratch.dO + (means + n) * net.planeStride;
    const slope = scratch.slope + n * net.planeStride;
    for (let r = 0; r < rows; r++) {
      total += f[d + r];
      f[d + r] *= f[slope + r];
    }
  }
  return net.v < 0 ? 0 : total * sigmoid(f[w + net.v]);
}

/** Tangents of [μ, ρ] → of [μ, variance], in place, along a direction in weight space. */
export function headTangents(
  f: Float32Array,
  net: Net,
  scratch: Scratch,
  rows: number,
  w: number,
  direction: number,
  planes: number,
): void {
  if (net.head !== 'heteroscedastic') return;
  const means = net.outputs / 2;
  const global = net.v < 0 ? 0 : sigmoid(f[w + net.v]) * f[direction + net.v];
  for (let n = 0; n < means; n++) {
    const t = planes + (means + n) * net.planeStride;
    const slope = scratch.slope + n * net.planeStride;
    for (let r = 0; r < rows; r++) f[t + r] = f[t + r] * f[slope + r] + global;
  }
}

/**
 * log p of rows, times their weights: into `scratch.rows`. With `scale`, also scale · weight · ∂ log p/∂o, into `scratch.dO`.
 *
 * @param labels the same memory as words: labels of a categorical likelihood are whole numbers
 */
export function logDensities(
  f: Float32Array,
  labels: Int32Array,
  net: Net,
  { o, dO, rows: values }: Scratch,
  rows: number,
  y: number,
  yStride: number,
  weights: number,
  scale: number,
): void {
  const { outputs, targets, planeStride, variance } = net;
  switch (net.likelihood) {
    case 'gaussian': {
      const constant = -0.5 * targets * (LOG_2PI + Math.log(variance));
      for (let r = 0; r < rows; r++) {
        const weight = weights ? f[weights + r] : 1;
        let squares = 0;
        for (let m = 0; m < targets; m++) {
          const e = f[y + m * yStride + r] - f[o + m * planeStride + r];
          squares += e * e;
          if (scale) f[dO + m * planeStride + r] = (scale * weight * e) / variance;
        }
        f[values + r] = weight * (constant - (0.5 * squares) / variance);
      }
      break;
    }
    case 'heteroscedastic-gaussian':
      for (let r = 0; r < rows; r++) {
        const weight = weights ? f[weights + r] : 1;
        let loss = targets * LOG_2PI;
        for (let m = 0; m < targets; m++) {
          const v = f[o + (targets + m) * planeStride + r];
          const e = f[y + m * yStride + r] - f[o + m * planeStride + r];
          const t = (e * e) / v;
          loss += Math.log(v) + t;
          if (scale) {
            f[dO + m * planeStride + r] = (scale * weight * e) / v;
            f[dO + (targets + m) * planeStride + r] = (scale * weight * 0.5 * (t - 1)) / v;
          }
        }
        f[values + r] = weight * -0.5 * loss;
      }
      break;
    case 'binary':
      for (let r = 0; r < rows; r++) {
        const weight = weights ? f[weights + r] : 1;
        const [label, logit] = [f[y + r], f[o + r]];
        f[values + r] = -weight * softplus(label === 1 ? -logit : logit);
        if (scale) f[dO + r] = scale * weight * (label - sigmoid(logit));
      }
      break;
    default:
      for (let r = 0; r < rows; r++) {
        const weight = weights ? f[weights + r] : 1;
        const label = labels[y + r];
        const most = greatest(f, outputs, o + r, planeStride);
        let total = 0;
        for (let c = 0; c < outputs; c++) total += Math.exp(f[o + c * planeStride + r] - most);
        f[values + r] = weight * (f[o + label * planeStride + r] - most - Math.log(total));
        if (!scale) continue;
        for (let c = 0; c < outputs; c++) {
          const p = Math.exp(f[o + c * planeStride + r] - most) / total;
          f[dO + c * planeStride + r] = scale * weight * ((c === label ? 1 : 0) - p);
        }
      }
  }
}

/**
 * H·t of each row into `scratch.dO`, times the row's weight; t in planes, H the Fisher information of the outputs:
 * 1/σ²·I | diag(1/v, 1/(2v²)) | diag(p) − ppᵀ | p(1 − p).
 */
export function timesInformation(
  f: Float32Array,
  { likelihood, outputs, targets, planeStride, variance }: Net,
  { o, dO }: Scratch,
  rows: number,
  weights: number,
  t: number,
): void {
  for (let r = 0; r < rows; r++) {
    const weight = weights ? f[weights + r] : 1;
    if (likelihood === 'categorical') {
      const most = greatest(f, outputs, o + r, planeStride);
      let total = 0;
      let mean = 0;
      for (let c = 0; c < outputs; c++) {
        const e = Math.exp(f[o + c * planeStride + r] - most);
        total += e;
        mean += e * f[t + c * planeStride + r];
      }
      mean /= total;
      for (let c = 0; c < outputs; c++) {
        const p = Math.exp(f[o + c * planeStride + r] - most) / total;
        f[dO + c * planeStride + r] = weight * p * (f[t + c * planeStride + r] - mean);
      }
    } else if (likelihood === 'binary') {
      const p = sigmoid(f[o + r]);
      f[dO + r] = weight * p * (1 - p) * f[t + r];
    } else {
      for (let n = 0; n < outputs; n++) {
        const v = likelihood === 'gaussian' ? variance : f[o + (n < targets ? targets + n : n) * planeStride + r];
        const information = n < targets ? 1 / v : 0.5 / (v * v);
        f[dO + n * planeStride + r] = weight * information * f[t + n * planeStride + r];
      }
    }
  }
}

function greatest(f: Float32Array, count: number, at: number, stride: number): number {
  let most = f[at];
  for (let c = 1; c < count; c++) most = Math.max(most, f[at + c * stride]);
  return most;
}

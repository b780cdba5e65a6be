import type { Disposable } from '@subspace/core';
import type { CurvatureProblem } from './curvature-options.ts';
import type { SymmetricOperator } from './gauss-newton.ts';
import { norm } from './vectors.ts';

/** How products with a Hessian are made. */
export interface ProductQuality {
  /** `'exact'`: by derivatives. `'differences'`: of gradients, where the engine has no second derivatives. */
  readonly kind: 'exact' | 'differences';
  /** How far a product is from H·v, as a part of its length: an estimate from two steps, of a random direction. 0 where they are exact but for rounding. */
  readonly relativeError: number;
}

/**
 * Products with the Hessian of Σ −log p: exact where the engine has `hessianTimes`; else central differences of gradients,
 * H·v ≈ (∇(w + h·v) − ∇(w − h·v)) / 2h.
 *
 * A float32 gradient rounds, and a ReLU has kinks: h·‖v‖ is a thousandth of 1 + ‖w‖, between the two.
 *
 * @param probe a direction [d] that the error of differences is estimated along
 */
export async function hessianProducts(
  problem: CurvatureProblem,
  probe: Float64Array,
): Promise<SymmetricOperator & Disposable & { readonly quality: ProductQuality }> {
  const { network, weights, data, likelihood, chosen, batchSize } = problem;
  const batches = rowBatches(data.size, batchSize);
  const flat = new Float32Array(chosen.layout.size);
  const summed = async (f: (rows: Int32Array) => unknown): Promise<Float64Array> => {
    const sum = new Float64Array(chosen.size);
    for (const rows of batches) {
      const part = chosen.gather((await f(rows)) as Float32Array);
      for (let i = 0; i < sum.length; i++) sum[i] += part[i];
    }
    return sum;
  };

  if (network.hessianTimes) {
    return {
      size: chosen.size,
      quality: { kind: 'exact', relativeError: 0 },
      times(v) {
        chosen.scatter(v, flat);
        return summed((rows) => network.hessianTimes?.(weights, flat, data, rows, likelihood));
      },
      dispose() {},
    };
  }

  const gradient = (at: Float32Array) =>
    summed(async (rows) => (await network.lossAndGradient(at, data, rows, likelihood)).gradient);
  const own = chosen.gather(weights);
  const step = 1e-3 * (1 + norm(weights));
  const differences = async (v: Float64Array, by: number): Promise<Float64Array> => {
    const length = norm(v);
    if (length === 0) return new Float64Array(chosen.size);
    const h = by / length;
    const moved = (sign: number) =>
      chosen.scatter(
        own.map((w, i) => w + sign * h * v[i]),
        weights.slice(),
      );
    const up = await gradient(moved(1));
    const down = await gradient(moved(-1));
    return up.map((g, i) => (g - down[i]) / (2 * h));
  };
  const [near, far] = [await differences(probe, step), await differences(probe, 2 * step)];
  const apart = norm(near.map((p, i) => p - far[i]));
  return {
    size: chosen.size,
    quality: { kind: 'differences', relativeError: apart / (norm(near) || 1) },
    times: (v) => differences(v, step),
    dispose() {},
  };
}

function rowBatches(size: number, batchSize: number): Int32Array[] {
  return Array.from({ length: Math.ceil(size / batchSize) }, (_, b) =>
    Int32Array.from({ length: Math.min(batchSize, size - b * batchSize) }, (_row, i) => b * batchSize + i),
  );
}

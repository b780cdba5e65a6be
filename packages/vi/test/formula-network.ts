import type { SubspaceLikelihood } from '@subspace/core';
import { formulaArray, formulaHash } from '@subspace-internal/testing';
import { categoricalHead, gaussianHead, type Head, heteroscedasticHead, reluLikelihood } from './relu-likelihood.ts';

/** The networks of `hessian-*.json` and `subspace-*.json`: widths, head, and whether targets are labels. */
const NETWORKS: Record<string, { sizes: number[]; head: () => Head; labels: boolean }> = {
  'mlp-regression': { sizes: [1, 7, 7, 1], head: () => gaussianHead(0.05), labels: false },
  'mlp-classification': { sizes: [4, 7, 7, 3], head: categoricalHead, labels: true },
  'regnet-heteroscedastic': { sizes: [4, 10, 2], head: heteroscedasticHead, labels: false },
};

export const FORMULA_NETWORKS: readonly string[] = Object.keys(NETWORKS);

/** The golden files' log likelihood of a network with formula weights, plane and data, all rounded to float32. */
export function formulaNetwork(name: string, seed: number, std: readonly number[], points: number): SubspaceLikelihood {
  const { sizes, head, labels } = NETWORKS[name];
  const lengths = sizes.slice(1).flatMap((out, l) => [out * sizes[l], out]);
  if (head().ownWeight) lengths.push(1);
  const shift = Float32Array.from(lengths.flatMap((length, p) => [...formulaArray(length, seed * 1000 + p, std[p])]));
  const basis = Array.from({ length: 5 }, (_, k) =>
    Float32Array.from(formulaArray(shift.length, seed * 1000 + 400 + k, 0.1)),
  );
  return reluLikelihood({
    sizes,
    shift,
    basis,
    inputs: Float32Array.from(formulaArray(points * sizes[0], 100_000 + seed * 1000, 1)),
    targets: labels
      ? Int32Array.from({ length: points }, (_, i) => formulaHash(i, 150_000 + seed * 1000) % sizes[sizes.length - 1])
      : Float32Array.from(formulaArray(points, 160_000 + seed * 1000, 1)),
    head: head(),
  });
}

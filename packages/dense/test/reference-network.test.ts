import { gaussianLikelihood } from '@subspace/core';
import { formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { activations } from '../src/kernels/memory-map.ts';
import { activationFunctions, logDensityAlong, outputsAlong } from './reference-network.ts';

describe('reference network', () => {
  it.each(activations)('%s has the slope of its central difference', (name) => {
    const { value, slope } = activationFunctions[name];
    for (const x of [-6, -2.3, -0.4, 0.3, 1.7, 5]) {
      expect(slope(x)).toBeCloseTo((value(x + 1e-5) - value(x - 1e-5)) / 2e-5, 9);
    }
  });

  it('has the tangents of central differences, through two layers, head and v', () => {
    const network = {
      sizes: [3, 5, 4, 2],
      activation: 'tanh',
      head: 'heteroscedastic',
      globalVariance: 'trainable',
    } as const;
    const size = 3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2 + 1;
    const weights = formulaArray(size, 1, 0.7);
    const direction = formulaArray(size, 2, 1);
    const x = [0.3, -1.2, 0.8];
    const { tangents } = outputsAlong(network, weights, direction, x);
    const at = (e: number) => {
      const moved = weights.map((w, d) => w + e * direction[d]);
      return outputsAlong(network, moved, direction, x).values;
    };
    const [up, down] = [at(1e-5), at(-1e-5)];
    for (const n of [0, 1]) expect(tangents[n]).toBeCloseTo((up[n] - down[n]) / 2e-5, 9);
  });

  it('has the slope of a log density', () => {
    const outputs = { values: Float64Array.of(1), tangents: Float64Array.of(3) };
    expect(logDensityAlong(gaussianLikelihood({ variance: 0.5 }), outputs, [1.5]).slope).toBeCloseTo(3, 8);
  });
});

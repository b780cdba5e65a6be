import {
  binaryLikelihood,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
} from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { outputInformation } from '../src/likelihood/output-information.ts';

describe('outputInformation', () => {
  it('is the expected curvature of −log p', () => {
    expect(outputInformation(gaussianLikelihood({ variance: 0.25 }), [1, 2])).toEqual(Float64Array.of(4, 0, 0, 4));
    expect(outputInformation(heteroscedasticGaussianLikelihood(), [3, 2])).toEqual(Float64Array.of(0.5, 0, 0, 0.125));
    expect(outputInformation(binaryLikelihood(), [0])).toEqual(Float64Array.of(0.25));
    expect(outputInformation(categoricalLikelihood(), [0, 0])).toEqual(Float64Array.of(0.25, -0.25, -0.25, 0.25));
  });

  it('is unknown of a likelihood of the user’s own', () => {
    expect(() => outputInformation({ kind: 'custom', logDensity: () => 0 }, [0])).toThrow('likelihood is a custom one');
  });
});

import { standardization, standardize } from '@subspace/core';
import { describe, expect, it } from 'vitest';

// Everything else that `standardize` promises is tested beside the data sets, in @subspace/datasets, which exports it too.

describe('standardize', () => {
  it.each([1e-300, 1e-200, 1e200, 1e300])('takes columns of any scale: %d', (scale) => {
    const { arrays, transform } = standardize({ data: Float64Array.of(-scale, scale), shape: [2, 1] });
    expect(transform.std[0] / scale).toBeCloseTo(1, 12);
    expect([...arrays.data]).toEqual([-1, 1]);
  });

  it('takes all rows, and 1e-6 more than their standard deviation, as the original code does', () => {
    const arrays = { data: Float64Array.of(0, 5, 4, 5), shape: [2, 2] };
    const { transform } = standardize(arrays, { paperCompat: true });
    expect(transform.mean).toEqual([2, 5]);
    expect(transform.std).toEqual([2 + 1e-6, 1e-6]);
    expect(() => standardize(arrays, { rows: [0], paperCompat: true })).toThrow(
      'standardize: rows is given beside paperCompat',
    );
  });
});

describe('invertPrediction', () => {
  const transform = standardization([10, -2], [2, 0.5]);
  const prediction = {
    mean: Float64Array.of(0, 1, -1, 2),
    variance: Float64Array.of(1, 1, 4, 2),
    epistemicVariance: Float64Array.of(0.5, 0.25, 3, 1),
    aleatoricVariance: Float64Array.of(0.5, 0.75, 1, 1),
    members: { means: [Float64Array.of(0, 0, 0, 1)], variances: [Float64Array.of(1, 2, 3, 4)] },
  };

  it('shifts and scales means, and scales variances by the square, column by column', () => {
    expect(transform.invertPrediction(prediction)).toEqual({
      mean: Float64Array.of(10, -1.5, 8, -1),
      variance: Float64Array.of(4, 0.25, 16, 0.5),
      epistemicVariance: Float64Array.of(2, 0.0625, 12, 0.25),
      aleatoricVariance: Float64Array.of(2, 0.1875, 4, 0.25),
      members: { means: [Float64Array.of(10, -2, 10, -1.5)], variances: [Float64Array.of(4, 0.5, 12, 1)] },
    });
  });

  it('keeps the prediction as it was, what has no units, and says nothing of what is not there', () => {
    const given = { mean: Float64Array.of(0, 0), variance: Float64Array.of(1, 1), note: 'mine' };
    expect(transform.invertPrediction(given)).toEqual({
      mean: Float64Array.of(10, -2),
      variance: Float64Array.of(4, 0.25),
      note: 'mine',
    });
    expect(given.mean).toEqual(Float64Array.of(0, 0));
  });

  it('keeps the density of what was standardised, but for the change of units', () => {
    const { arrays, transform: units } = standardize({ data: Float64Array.of(3, 5, 10), shape: [3, 1] });
    const inUnits = units.invertPrediction({
      mean: Float64Array.from(arrays.data),
      variance: Float64Array.of(1, 1, 1),
    });
    inUnits.mean.forEach((value, i) => {
      expect(value).toBeCloseTo([3, 5, 10][i], 5);
    });
    expect(inUnits.variance[0]).toBeCloseTo(units.std[0] ** 2, 12);
  });

  it('refuses moments of other columns', () => {
    expect(() => transform.invertPrediction({ mean: new Float64Array(3), variance: new Float64Array(4) })).toThrow(
      'Standardization.invertPrediction: mean has length 3, expected 2 for each row',
    );
  });
});

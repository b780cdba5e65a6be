import { summary } from '@subspace/diagnostics';
import { expect, it } from 'vitest';
import { yachtProgram } from '../src/yacht.ts';

it('the documented program learns UCI yacht, samples its posterior and predicts held-out rows with sensible uncertainty', async () => {
  const { draws, prediction, testNll, testRmse, coverage, baselineNll } = await yachtProgram();
  expect(draws.positions.map((chain) => chain.length)).toEqual([1000, 1000, 1000, 1000]);
  for (const row of summary(draws)) {
    expect(row.rHat).toBeLessThan(1.05);
    expect(row.essBulk).toBeGreaterThan(200);
  }
  // Standardised units: predicting the mean has RMSE about 1.
  expect(testRmse).toBeLessThan(0.2);
  expect(testNll).toBeLessThan(baselineNll - 1.5);
  expect(coverage).toBeGreaterThan(0.75);
  prediction.variance.forEach((variance, i) => {
    expect(variance).toBeCloseTo(prediction.epistemicVariance[i] + prediction.aleatoricVariance[i], 12);
    expect(prediction.epistemicVariance[i]).toBeGreaterThan(0);
  });
});

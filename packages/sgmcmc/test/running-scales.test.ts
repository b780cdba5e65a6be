import { describe, expect, it } from 'vitest';
import {
  collected,
  overallDeviation,
  type RunningScales,
  standardDeviations,
  windowAt,
} from '../src/running-scales.ts';

describe('scales', () => {
  it('are learnt in three windows, each twice as long as the one before, and not in the last fifth', () => {
    const steps = Array.from({ length: 100 }, (_, index) => windowAt(index, 100));
    expect(steps.flatMap(({ ends }, i) => (ends ? [i] : []))).toEqual([19, 39, 79]);
    expect(steps.map(({ collects }) => collects)).toEqual(steps.map((_, i) => i >= 10 && i < 80));
    expect(steps.findIndex(({ scaled }) => scaled)).toBe(20);
  });

  it('are standard deviations of what was collected, drawn a little to a small one', () => {
    let running: RunningScales | undefined;
    for (const x of [1, 2, 4, 5]) running = collected(running, Float64Array.of(x, 1e9 + x));
    const expected = Math.sqrt((4 / 9) * (10 / 3) + (5 / 9) * 1e-3);
    for (const std of standardDeviations(running!)) expect(std).toBeCloseTo(expected, 6);
  });

  it('have the root of their summed squares, of as many as a large network has weights', () => {
    expect(overallDeviation(Float64Array.of(3, 4))).toBe(5);
    expect(overallDeviation(new Float64Array(1_000_000).fill(2))).toBe(2000);
  });
});

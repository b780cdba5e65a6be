import type { Vector } from '@subspace/core';
import { expect } from 'vitest';

/** Independent runs: their mean is within four of its standard errors. */
export function expectMean(values: readonly number[], exact: number): void {
  const { mean, std } = meanAndStd(values);
  expect(Math.abs(mean - exact)).toBeLessThan((4 * std) / Math.sqrt(values.length));
}

export function meanAndStd(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}

export function average(positions: readonly Vector[], statistic: (z: Vector) => number): number {
  return positions.reduce((sum, z) => sum + statistic(z) / positions.length, 0);
}

export function logNormal(x: number, mean: number, variance: number): number {
  return -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));
}

import { existsSync, readFileSync } from 'node:fs';
import { arraysDataset } from '@subspace/core';
import { yacht } from '@subspace/datasets/yacht';
import { sharedIsThere, sharedPath } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

describe('yacht', () => {
  it('has 308 rows of six named features and one target', () => {
    const { inputs, targets, featureNames, attribution } = yacht();
    expect(inputs.shape).toEqual([308, 6]);
    expect(targets.shape).toEqual([308, 1]);
    expect(featureNames.length).toBe(6);
    expect(arraysDataset({ inputs, targets }).size).toBe(308);
    expect([...inputs.data.subarray(0, 6)]).toEqual([-2.3, 0.568, 4.78, 3.99, 3.17, 0.125].map(Math.fround));
    expect(targets.data[0]).toBe(Math.fround(0.11));
    expect(targets.data[307]).toBe(Math.fround(46.66));
    expect(attribution).toContain('10.24432/C5XG7R');
  });

  it('has 22 hulls at 14 speeds each', () => {
    const { inputs } = yacht();
    const hulls = new Map<string, number>();
    for (let row = 0; row < 308; row++) {
      const hull = inputs.data.subarray(6 * row, 6 * row + 5).join();
      hulls.set(hull, (hulls.get(hull) ?? 0) + 1);
    }
    expect([...hulls.values()]).toEqual(Array.from({ length: 22 }, () => 14));
  });

  it('gives new arrays at every call', () => {
    yacht().inputs.data.fill(0);
    expect(yacht().inputs.data[0]).not.toBe(0);
  });

  const path = sharedPath('data', 'uci-small', 'yacht', 'data', 'data.txt');
  it.skipIf(!sharedIsThere)('equals the original file, number for number', () => {
    expect(existsSync(path)).toBe(true);
    const rows = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
    expect(rows.length).toBe(308);
    const { inputs, targets } = yacht();
    expect(inputs.data).toEqual(Float32Array.from(rows.flatMap((row) => row.slice(0, 6))));
    expect(targets.data).toEqual(Float32Array.from(rows.map((row) => row[6])));
  });
});

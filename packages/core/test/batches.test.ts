import { batchEnd, requireTwoRows } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';

const sizes = (rows: number, batchSize: number, least?: number): number[] => {
  const found: number[] = [];
  for (let start = 0; start < rows; ) {
    const end = batchEnd(start, rows, batchSize, least);
    found.push(end - start);
    start = end;
  }
  return found;
};

describe('batches', () => {
  it('are of one size, and the rest', () => {
    expect(sizes(10, 5)).toEqual([5, 5]);
    expect(sizes(11, 5)).toEqual([5, 5, 1]);
    expect(sizes(3, 5)).toEqual([3]);
  });

  it('never have a single row where two are needed, and are no others than before elsewhere', () => {
    expect(sizes(129, 128, 2)).toEqual([129]);
    expect(sizes(257, 128, 2)).toEqual([128, 129]);
    expect(sizes(3, 2, 2)).toEqual([3]);
    for (let rows = 2; rows < 60; rows++) {
      for (let batchSize = 2; batchSize < 20; batchSize++) {
        const cut = sizes(rows, batchSize, 2);
        expect(Math.min(...cut)).toBeGreaterThanOrEqual(2);
        expect(cut.reduce((sum, size) => sum + size)).toBe(rows);
        if (rows % batchSize !== 1) expect(cut).toEqual(sizes(rows, batchSize));
      }
    }
  });

  it('of one row are an error where two are needed', () => {
    expect(() => requireTwoRows('fit', 'data.size', 2)).not.toThrow();
    expect(() => requireTwoRows('fit', 'data.size', 1)).toThrow(
      'fit: data.size is 1, expected at least 2: batch norm has no statistics of a single row',
    );
  });
});

import { covering } from '@subspace-internal/testing';
import { expect, it } from 'vitest';

it('a covering has each row and each column, and no pair that is not allowed', () => {
  const rows = [0, 1, 2, 3, 4, 5, 6];
  for (const count of [2, 3, 12]) {
    const columns = Array.from({ length: count }, (_, c) => c);
    const allowed = (row: number, column: number) => row !== 2 || column === 1;
    const chosen = covering(rows, columns, allowed);
    const pairs = rows.flatMap((row) => columns.filter((column) => chosen(row, column)).map((column) => [row, column]));
    expect(new Set(pairs.map(([row]) => row)).size).toBe(rows.length);
    expect(new Set(pairs.map(([, column]) => column)).size).toBe(count);
    expect(pairs.every(([row, column]) => allowed(row, column))).toBe(true);
    expect(pairs.length).toBeLessThan(rows.length + count);
  }
});

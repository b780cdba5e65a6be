import { expect, it } from 'vitest';
import { extent } from '../src/extent.ts';

it('takes any number of values', () => {
  expect(extent([3, -1, 2])).toEqual([-1, 3]);
  expect(extent(Float64Array.from({ length: 300_000 }, (_, i) => i - 5))).toEqual([-5, 299_994]);
});

import { expect } from 'vitest';

/** |actual − expected| ≤ absolute + relative·max|expected|, for every entry. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 0, absolute = 0 }: { relative?: number; absolute?: number },
): void {
  expect(actual.length).toBe(expected.length);
  const bound = absolute + relative * Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(actual[i] - expected[i]) <= bound) continue;
    expect.fail(`entry ${i} is ${actual[i]}, expected ${expected[i]} within ${bound}`);
  }
}

import { describe, expect, it } from 'vitest';
import { logGamma } from '../src/log-gamma.ts';

describe('logGamma', () => {
  it('is the logarithm of the factorial', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(Math.abs(logGamma(n) - Math.log(factorial))).toBeLessThan(1e-14 * (1 + Math.log(factorial)));
      factorial *= n;
    }
  });

  it('is right at a half and keeps to the recurrence and the duplication formula', () => {
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    for (const x of [0.1, 0.5, 1.3, 7.7, 9.99, 10.01, 55.5, 1e4, 1.8e7]) {
      const scale = 1e-14 * (1 + Math.abs(logGamma(2 * x)));
      expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThan(2 * scale);
      const doubled = logGamma(x) + logGamma(x + 0.5) + (2 * x - 1) * Math.LN2 - 0.5 * Math.log(Math.PI);
      expect(Math.abs(logGamma(2 * x) - doubled)).toBeLessThan(2 * scale);
    }
  });
});

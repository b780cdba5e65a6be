import { describeGolden } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { warmupWindows } from '../src/warmup-windows.ts';

describe('warmupWindows', () => {
  it('cover all steps once, in order, and grow from window to window', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), (steps) => {
        const windows = warmupWindows(steps);
        expect(windows[0].start).toBe(0);
        expect(windows[windows.length - 1].end).toBe(steps - 1);
        windows.slice(1).forEach(({ start }, i) => {
          expect(start).toBe(windows[i].end + 1);
        });
        const sizes = windows.map(({ start, end }) => end - start + 1);
        for (const [i, size] of sizes.slice(1, -1).entries()) {
          expect(size).toBeGreaterThanOrEqual(15);
          if (i > 0) expect(size).toBeGreaterThanOrEqual(2 * sizes[i]);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describeGolden('samplers-adaptation.json', (golden) => {
  it('are those of NumPyro, also where they differ from Stan', () => {
    for (const [steps, { numpyroWindowsInclusive }] of Object.entries<{ numpyroWindowsInclusive: number[][] }>(
      golden.warmupSchedules,
    )) {
      const windows = warmupWindows(Number(steps)).map(({ start, end }) => [start, end]);
      expect(windows, `warmup of ${steps}`).toEqual(numpyroWindowsInclusive);
    }
  });
});

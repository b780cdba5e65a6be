import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { collected, regularised, runningCovariance } from '../src/running-covariance.ts';

describe('a running covariance', () => {
  it('leaves the one it goes on from as it was', () => {
    for (const kind of ['diagonal', 'dense'] as const) {
      const first = collected(runningCovariance(2, kind), Float64Array.of(1, 2));
      const copy = structuredClone(first);
      collected(first, Float64Array.of(3, -1));
      expect(first).toEqual(copy);
    }
  });

  it('is exact for positions far from the origin, where sums of squares are not', () => {
    let state = runningCovariance(1, 'diagonal');
    for (const x of [1, 2, 3, 4]) state = collected(state, Float64Array.of(1e9 + x));
    expect(state.squares[0]).toBe(5);
  });

  it('is not positive definite where a position is not finite', () => {
    for (const kind of ['diagonal', 'dense'] as const) {
      let state = collected(runningCovariance(2, kind), Float64Array.of(1, 2));
      state = collected(state, Float64Array.of(Number.NaN, 1));
      expect(regularised(state)).toBeUndefined();
    }
  });
});

describeGolden('samplers-adaptation.json', (golden) => {
  it("has NumPyro's means, covariances and regularised ones", () => {
    const raw = formulaArray(75, 610, 1);
    const [mixing, offset] = [
      [
        [1, 0.6, 0],
        [0, 2, 0.3],
        [0, 0, 0.1],
      ],
      [1, -2, 0.5],
    ];
    const samples = Array.from({ length: 25 }, (_, i) =>
      Float64Array.from(offset, (o, j) => o + [0, 1, 2].reduce((sum, k) => sum + raw[3 * i + k] * mixing[k][j], 0)),
    );
    golden.welford.samplesFirst2.forEach((row: number[], i: number) => {
      row.forEach((x, k) => {
        expect(samples[i][k]).toBeCloseTo(x, 12);
      });
    });
    for (const reference of golden.welford.cases) {
      for (const kind of ['diagonal', 'dense'] as const) {
        let state = runningCovariance(3, kind);
        for (const sample of samples.slice(0, reference.n)) state = collected(state, sample);
        const close = (values: ArrayLike<number>, expected: readonly number[]) => {
          expect(values).toHaveLength(expected.length);
          expected.forEach((x, k) => {
            expect(values[k]).toBeCloseTo(x, 12);
          });
        };
        const covariance = state.squares.map((x) => x / (reference.n - 1));
        close(state.mean, reference.mean);
        close(covariance, kind === 'diagonal' ? reference.variance : reference.covariance.flat());
        const expected = kind === 'diagonal' ? reference.regularisedVariance : reference.regularisedCovariance.flat();
        close(regularised(state)!.matrix, expected);
      }
    }
  });
});

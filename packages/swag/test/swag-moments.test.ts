import { weightLayout } from '@subspace/core';
import { type SwagMoments, type SwagState, swagMoments } from '@subspace/swag';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it, vi } from 'vitest';
import { largestDifference, layout, momentsOf, trajectory } from './trajectory.ts';

const snapshots = trajectory(1);
const one = weightLayout([{ name: 'w', shape: [1] }]);

describe('swagMoments', () => {
  it('has the mean and the variance that two passes over all snapshots give', () => {
    const moments = momentsOf(snapshots, { varianceClamp: 1e-30 });
    const n = snapshots.length;
    const mean = Float64Array.from({ length: 60 }, (_, i) => snapshots.reduce((sum, w) => sum + w[i], 0) / n);
    const variance = mean.map((m, i) => snapshots.reduce((sum, w) => sum + (w[i] - m) ** 2, 0) / n);
    expect(moments.collected).toBe(n);
    expect(largestDifference(moments.mean(), mean)).toBeLessThan(1e-7);
    expect(largestDifference(moments.variance().subarray(0, 58), variance.subarray(0, 58))).toBeLessThan(1e-8);
  });

  it('keeps the newest deviations, newest last, each from the mean that already includes its weights', () => {
    const moments = momentsOf(snapshots, { rank: 4 });
    const rows = moments.deviations();
    expect(rows.length).toBe(4);
    rows.forEach((row, k) => {
      const t = snapshots.length - 4 + k;
      const seen = snapshots.slice(0, t + 1);
      const expected = snapshots[t].map((w, i) => w - seen.reduce((sum, s) => sum + s[i], 0) / seen.length);
      expect(largestDifference(row, expected)).toBeLessThan(1e-7);
    });
  });

  it('has an exactly zero first deviation, kept while there are no more snapshots than the rank', () => {
    const moments = momentsOf(snapshots.slice(0, 5), { rank: 5 });
    expect(moments.deviations().length).toBe(5);
    expect([...moments.deviations()[0]].every((x) => x === 0)).toBe(true);
    moments.collect(snapshots[5]);
    expect(moments.deviations().length).toBe(5);
    expect(moments.deviations()[0].some((x) => x !== 0)).toBe(true);
  });

  it('takes deviations from the final mean where asked to', () => {
    const moments = momentsOf(snapshots, { rank: 6, deviationsFrom: 'final-mean' });
    const mean = moments.mean();
    moments.deviations().forEach((row, k) => {
      expect(
        largestDifference(
          row,
          snapshots[19 + k].map((w, i) => w - mean[i]),
        ),
      ).toBeLessThan(1e-7);
    });
    expect(largestDifference(moments.variance(), momentsOf(snapshots).variance())).toBe(0);
  });

  it('gives weights that never moved the clamp as variance, never less, whatever their size', () => {
    for (const clamp of [1e-6, 1e-30]) {
      const moments = swagMoments(one, { varianceClamp: clamp });
      for (let n = 0; n < 1000; n++) moments.collect(Float32Array.of(12345.678));
      expect(moments.variance()[0]).toBe(Math.fround(clamp));
    }
  });

  it('stays accurate where the mean is a million times the deviations', () => {
    const moments = swagMoments(one, { varianceClamp: 1e-30 });
    // ±2⁻² about 2²⁰ is exact in float32; the variance is 2⁻⁴.
    for (let n = 0; n < 1000; n++) moments.collect(Float32Array.of(2 ** 20 + (n % 2 === 0 ? 0.25 : -0.25)));
    expect(moments.variance()[0]).toBeCloseTo(1 / 16, 7);
  });

  it('does not keep the buffer, and leaves what it handed out as it was', () => {
    const moments = swagMoments(one, { rank: 2 });
    const buffer = new Float32Array(1);
    for (const w of [0, 2]) {
      buffer[0] = w;
      moments.collect(buffer);
    }
    const [mean, variance, rows] = [moments.mean(), moments.variance(), moments.deviations()];
    for (const w of [40, 50, 60]) {
      buffer[0] = w;
      moments.collect(buffer);
    }
    expect([...mean, ...variance, ...rows.flatMap((row) => [...row])]).toEqual([1, 1, 0, 1]);
    moments.mean()[0] = Number.NaN;
    expect(moments.mean()[0]).toBeCloseTo(152 / 5, 5);
  });

  it('writes a row again once it is too old, unless it was handed out, by deviations or by a state', () => {
    for (const handOut of [
      (moments: SwagMoments) => moments.deviations(),
      (moments: SwagMoments) => moments.state().rows,
    ]) {
      const moments = momentsOf(snapshots.slice(0, 6), { rank: 3 });
      const rows = handOut(moments);
      const copies = rows.map((row) => row.slice());
      for (const weights of snapshots.slice(6)) moments.collect(weights);
      expect(rows).toEqual(copies);
      expect(moments.deviations()).toEqual(momentsOf(snapshots, { rank: 3 }).deviations());
    }
  });

  it('makes no new row for a snapshot once it has as many as the rank, but for those that were handed out', () => {
    for (const deviationsFrom of ['running-mean', 'final-mean'] as const) {
      const moments = momentsOf(snapshots.slice(0, 3), { rank: 3, deviationsFrom });
      let made = 0;
      const counting: typeof Float32Array = new Proxy(Float32Array, {
        construct(target, values) {
          made++;
          return Reflect.construct(target, values);
        },
      });
      const madeFor = (weights: readonly Float32Array[]) => {
        made = 0;
        vi.stubGlobal('Float32Array', counting);
        for (const snapshot of weights) moments.collect(snapshot);
        vi.unstubAllGlobals();
        return made;
      };
      expect(madeFor(snapshots.slice(3, 9))).toBe(0);
      moments.state();
      expect(madeFor(snapshots.slice(9, 11))).toBe(2);
      expect(madeFor(snapshots.slice(11, 12))).toBe(1);
      expect(madeFor(snapshots.slice(12))).toBe(0);
      expect(moments.deviations()).toEqual(momentsOf(snapshots, { rank: 3, deviationsFrom }).deviations());
    }
  });

  it('takes any number of weights, also one that is no multiple of four', () => {
    for (const size of [1, 2, 3, 4, 5, 6, 7]) {
      const few = weightLayout([{ name: 'w', shape: [size] }]);
      const moments = swagMoments(few, { rank: 3 });
      for (const weights of snapshots) moments.collect(weights.subarray(0, size));
      const whole = momentsOf(snapshots, { rank: 3 });
      expect(moments.mean()).toEqual(whole.mean().subarray(0, size));
      expect(moments.variance()).toEqual(whole.variance().subarray(0, size));
      expect(moments.deviations()[2]).toEqual(whole.deviations()[2].subarray(0, size));
      const bad = new Float32Array(size);
      bad[size - 1] = Infinity;
      expect(() => moments.collect(bad)).toThrow(`weights[${size - 1}] is Infinity`);
    }
  });

  it('collects on bit for bit from a saved state, which later snapshots leave as it is', () => {
    for (const deviationsFrom of ['running-mean', 'final-mean'] as const) {
      const options = { rank: 5, deviationsFrom };
      const whole = momentsOf(snapshots, options);
      const first = momentsOf(snapshots.slice(0, 11), options);
      const saved = first.state();
      first.collect(snapshots[24]);
      const second = swagMoments(layout, options);
      second.restore(saved);
      expect(second.state()).toEqual(saved);
      for (const weights of snapshots.slice(11)) second.collect(weights);
      expect(second.state()).toEqual(whole.state());
      expect(second.deviations()).toEqual(whole.deviations());
    }
  });
});

describe('swagMoments rejects', () => {
  it('options that are wrong or unknown', () => {
    expect(() => swagMoments(layout, { rank: 0 })).toThrow('swagMoments: rank is 0, expected an integer of at least 1');
    expect(() => swagMoments(layout, { rank: 2.5 })).toThrow('swagMoments: rank is 2.5');
    expect(() => swagMoments(layout, { varianceClamp: 0 })).toThrow('swagMoments: varianceClamp is 0');
    expect(() => swagMoments(layout, { deviationsFrom: 'mean' as never })).toThrow('deviationsFrom is mean, expected');
    expect(() => swagMoments(layout, { ranks: 3 } as never)).toThrow('swagMoments: option ranks is unknown');
    expect(() => swagMoments(undefined as never)).toThrow('swagMoments: layout.size is undefined');
  });

  it('weights of another length or with NaN or infinity, and stays as it was', () => {
    const moments = momentsOf(snapshots.slice(0, 3));
    const before = moments.state();
    const bad = snapshots[3].slice();
    bad[59] = Number.NaN;
    expect(() => moments.collect(bad)).toThrow('swagMoments.collect: weights[59] is NaN, expected a finite number');
    bad[59] = -Infinity;
    expect(() => moments.collect(bad)).toThrow('swagMoments.collect: weights[59] is -Infinity');
    expect(() => moments.collect(new Float32Array(59))).toThrow(
      'swagMoments.collect: weights has length 59, expected 60',
    );
    expect(moments.state()).toEqual(before);
  });

  it('to say anything before the first snapshot', () => {
    const moments = swagMoments(layout);
    for (const ask of ['mean', 'variance', 'deviations'] as const) {
      expect(() => moments[ask]()).toThrow(`swagMoments.${ask}: collected is 0, expected at least one snapshot`);
    }
  });

  it('the state of other moments, or a damaged one, and stays as it was', () => {
    const saved = momentsOf(snapshots.slice(0, 8), { rank: 5 }).state();
    const restoring = (change: Partial<Record<keyof SwagState, unknown>>, options = { rank: 5 }) => {
      const moments = momentsOf(snapshots.slice(0, 2), options);
      const before = moments.state();
      return () => {
        try {
          moments.restore({ ...saved, ...change });
        } finally {
          expect(moments.state()).toEqual(before);
        }
      };
    };
    expect(restoring({}, { rank: 6 })).toThrow('swagMoments.restore: state.rank is 5, expected 6');
    expect(restoring({ deviationsFrom: 'final-mean' })).toThrow(
      'state.deviationsFrom is final-mean, expected running-mean',
    );
    expect(restoring({ kind: 'adam' })).toThrow('state.kind is "adam", expected "swag-moments"');
    expect(restoring({ layout: one.entries })).toThrow(
      'swagMoments.restore: state has w [1] as tensor 0, expected first/kernel [5, 6]',
    );
    expect(restoring({ layout: undefined })).toThrow('state.layout is undefined');
    expect(restoring({ collected: -1 })).toThrow('state.collected is -1');
    expect(restoring({ collected: 3 })).toThrow('state.rows has length 5, expected 3');
    expect(restoring({ mean: new Float64Array(4) })).toThrow('state.mean has length 4, expected 60');
    expect(restoring({ squares: saved.squares.map(() => Number.NaN) })).toThrow('state.squares[0] is NaN');
    expect(restoring({ squares: saved.squares.map((x) => -x - 1) })).toThrow('state.squares[0] is -');
    expect(restoring({ rows: saved.rows.map(() => new Float32Array(1)) })).toThrow('state.rows[0] has length 1');
    expect(restoring({ rows: undefined })).toThrow('state has no mean, squares or rows');
    expect(() => swagMoments(layout).restore(undefined as never)).toThrow('state.kind is undefined');
  });
});

describeGolden('swag-moments.json', (golden) => {
  it('has the golden mean, variance and deviations, with more and with fewer snapshots than the rank', () => {
    const weights = trajectory(golden.weights.salt, golden.weights.snapshots);
    expect(largestDifference(weights[0].subarray(0, 5), golden.weights.firstFiveOfFirst)).toBeLessThan(1e-8);
    expect(largestDifference(weights[24].subarray(55), golden.weights.lastFiveOfLast)).toBeLessThan(1e-8);
    expect(golden.cases.length).toBe(2);
    for (const { collected, rows, mean, sqMean, variance, deviations } of golden.cases) {
      const moments = momentsOf(weights.slice(0, collected), {
        rank: golden.weights.maxRank,
        varianceClamp: variance.clamp,
      });
      expect(largestDifference(moments.mean(), mean.float64)).toBeLessThan(mean.tolerance);
      expect(largestDifference(moments.variance(), variance.float64)).toBeLessThan(variance.tolerance);
      expect(moments.variance().subarray(58)).toEqual(Float32Array.of(variance.clamp, variance.clamp));
      // The golden's second moment is E[w²]; ours is that about the mean, and exactly zero for the two weights that never move.
      const state = moments.state();
      expect([...state.squares.subarray(58)]).toEqual([0, 0]);
      const secondMoment = state.squares.map((sum, i) => sum / collected + state.mean[i] ** 2);
      expect(largestDifference(secondMoment, sqMean.float64)).toBeLessThan(sqMean.tolerance);
      expect(moments.deviations().length).toBe(rows);
      moments.deviations().forEach((row, k) => {
        expect(largestDifference(row, deviations.float64[k])).toBeLessThan(deviations.tolerance);
      });
    }
  });
});

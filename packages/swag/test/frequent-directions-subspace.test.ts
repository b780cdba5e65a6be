import { weightLayout } from '@subspace/core';
import { type FrequentDirectionsState, frequentDirectionsSubspace } from '@subspace/swag';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../src/symmetric-eigen.ts';
import { dot, largestDifference, layout, momentsOf, trajectory } from './trajectory.ts';

const snapshots = trajectory(4);

function sketchOf(weights: readonly Float32Array[], rank: number) {
  const sketch = frequentDirectionsSubspace(layout, { rank });
  for (const snapshot of weights) sketch.collect(snapshot);
  return sketch;
}

/** Σ rowᵢ·rowⱼ over rows, [60, 60] row major. */
function gramOfColumns(rows: readonly Float32Array[]): Float64Array {
  return Float64Array.from({ length: 3600 }, (_, at) =>
    rows.reduce((sum, row) => sum + row[Math.floor(at / 60)] * row[at % 60], 0),
  );
}

describe('frequentDirectionsSubspace', () => {
  it('keeps to its promise: 0 ≤ AᵀA − BᵀB ≤ δ·I, after every snapshot', () => {
    for (const rank of [2, 3, 5]) {
      const sketch = frequentDirectionsSubspace(layout, { rank });
      const all = momentsOf([], { rank: 25 });
      snapshots.forEach((weights, t) => {
        sketch.collect(weights);
        all.collect(weights);
        const exact = gramOfColumns(all.deviations());
        const own = gramOfColumns(sketch.rows());
        const { values } = symmetricEigen(
          exact.map((x, at) => x - own[at]),
          60,
        );
        expect(values[0], `after ${t + 1}`).toBeLessThan(sketch.errorBound + 1e-5);
        expect(values[59], `after ${t + 1}`).toBeGreaterThan(-1e-5);
        expect(sketch.rows().length).toBeLessThanOrEqual(2 * rank);
      });
      // The bound of the paper: δ ≤ ‖A‖²/ℓ.
      const squares = all.deviations().reduce((sum, row) => sum + dot(row, row), 0);
      expect(sketch.errorBound).toBeLessThan(squares / rank);
      expect(sketch.errorBound).toBeGreaterThan(0);
    }
  });

  it('has orthogonal rows through the mean, longest first, each positive at its entry of largest magnitude', () => {
    const sketch = sketchOf(snapshots, 4);
    const { shift, basis } = sketch.subspace();
    expect(shift).toEqual(sketch.mean());
    expect(largestDifference(shift, momentsOf(snapshots).mean())).toBeLessThan(1e-7);
    expect(basis.length).toBe(4);
    basis.forEach((row, k) => {
      expect(Math.max(...row)).toBe(Math.max(...row.map(Math.abs)));
      for (const earlier of basis.slice(0, k)) {
        expect(dot(row, row)).toBeLessThan(dot(earlier, earlier));
        expect(Math.abs(dot(row, earlier))).toBeLessThan(1e-5 * Math.sqrt(dot(row, row) * dot(earlier, earlier)));
      }
    });
  });

  it('remembers a direction that only the early snapshots moved along', () => {
    const wide = weightLayout([{ name: 'w', shape: [300] }]);
    const sketch = frequentDirectionsSubspace(wide, { rank: 3 });
    for (let t = 0; t < 200; t++) {
      const noise = formulaArray(300, t, 0.01);
      const early = t < 20 ? 3 * (-1) ** t : 0;
      sketch.collect(Float32Array.from(noise, (x, i) => x + (i < 100 ? early : 0)));
    }
    const [row] = sketch.subspace().basis;
    const inside = row.subarray(0, 100).reduce((sum, x) => sum + x * x, 0);
    expect(inside / dot(row, row)).toBeGreaterThan(0.999);
  });

  it('is exact while nothing was shrunk, with as many rows as the deviations span', () => {
    const sketch = sketchOf(snapshots.slice(0, 6), 10);
    expect(sketch.errorBound).toBe(0);
    // Of six deviations the first is zero.
    expect(sketch.subspace().basis.length).toBe(5);
    const deviations = momentsOf(snapshots.slice(0, 6)).deviations();
    expect(sketch.rows().length).toBe(6);
    sketch.rows().forEach((row, k) => {
      expect(largestDifference(row, deviations[k])).toBeLessThan(1e-7);
    });
  });

  it('leaves what it handed out as it was, and does not keep the buffer', () => {
    const sketch = sketchOf(snapshots.slice(0, 6), 3);
    const [rows, mean] = [sketch.rows(), sketch.mean()];
    const copies = rows.map((row) => row.slice());
    const before = mean.slice();
    const buffer = new Float32Array(60);
    for (const weights of snapshots.slice(6)) {
      buffer.set(weights);
      sketch.collect(buffer);
    }
    expect(rows).toEqual(copies);
    expect(mean).toEqual(before);
    expect(sketch.state()).toEqual(sketchOf(snapshots, 3).state());
  });

  it('collects on bit for bit from a saved state, which later snapshots leave as it is', () => {
    for (const done of [0, 3, 8, 9, 13, 14, 20]) {
      const first = sketchOf(snapshots.slice(0, done), 4);
      const saved = first.state();
      const copy = structuredClone(saved);
      for (const weights of snapshots.slice(done)) first.collect(weights);
      expect(saved).toEqual(copy);
      const second = frequentDirectionsSubspace(layout, { rank: 4 });
      second.restore(saved);
      expect(second.state()).toEqual(saved);
      for (const weights of snapshots.slice(done)) second.collect(weights);
      expect(second.state()).toEqual(sketchOf(snapshots, 4).state());
      expect(second.subspace()).toEqual(first.subspace());
    }
  });
});

describe('frequentDirectionsSubspace rejects', () => {
  it('options that are wrong or unknown', () => {
    const making = (options: object) => () => frequentDirectionsSubspace(layout, options);
    expect(making({ rank: 1 })).toThrow('frequentDirectionsSubspace: rank is 1, expected an integer of at least 2');
    expect(making({ rank: 2.5 })).toThrow('rank is 2.5');
    expect(making({ seed: 1 })).toThrow('option seed is unknown');
    expect(() => frequentDirectionsSubspace(undefined as never)).toThrow('layout.size is undefined');
  });

  it('weights of another length or with NaN or infinity, and stays as it was', () => {
    const sketch = sketchOf(snapshots.slice(0, 8), 4);
    const before = structuredClone(sketch.state());
    const bad = snapshots[8].slice();
    bad[59] = Number.NaN;
    expect(() => sketch.collect(bad)).toThrow('frequentDirectionsSubspace.collect: weights[59] is NaN');
    expect(() => sketch.collect(new Float32Array(2))).toThrow('weights has length 2, expected 60');
    expect(sketch.state()).toEqual(before);
  });

  it('to say anything of too few snapshots, or of equal ones', () => {
    const sketch = frequentDirectionsSubspace(layout);
    expect(() => sketch.mean()).toThrow('frequentDirectionsSubspace.mean: collected is 0');
    for (const count of [0, 1]) {
      expect(() => sketch.subspace()).toThrow(`collected is ${count}, expected at least two snapshots`);
      sketch.collect(snapshots[0]);
    }
    expect(() => sketch.subspace()).toThrow('2 snapshots are all the same, expected different ones');
  });

  it('the state of another sketch, or a damaged one, and stays as it was', () => {
    const saved = sketchOf(snapshots.slice(0, 11), 4).state();
    const restoring = (change: Partial<Record<keyof FrequentDirectionsState, unknown>>, rank = 4) => {
      const sketch = sketchOf(snapshots.slice(0, 2), rank);
      const before = structuredClone(sketch.state());
      return () => {
        try {
          sketch.restore({ ...saved, ...change });
        } finally {
          expect(sketch.state()).toEqual(before);
        }
      };
    };
    expect(restoring({}, 5)).toThrow('frequentDirectionsSubspace.restore: state.rank is 4, expected 5');
    expect(restoring({ kind: 'swag-moments' })).toThrow('state.kind is "swag-moments", expected "frequent-directions"');
    expect(restoring({ layout: undefined })).toThrow('state.layout is undefined');
    expect(restoring({ layout: [{ name: 'w', shape: [60], offset: 0 }] })).toThrow('state has w [60] as tensor 0');
    expect(restoring({ collected: 12 })).toThrow('state.rows has length 6, expected 7');
    expect(restoring({ errorBound: -1 })).toThrow('state.errorBound is -1');
    expect(restoring({ mean: new Float64Array(60).fill(Number.NaN) })).toThrow('state.mean[0] is NaN');
    expect(restoring({ rows: undefined })).toThrow('state has no mean or rows');
    expect(restoring({ rows: saved.rows.map(() => new Float32Array(1)) })).toThrow('state.rows[0] has length 1');
  });
});

describeGolden('swag-subspaces.json', (golden) => {
  it('has the golden sketches, error bounds and subspaces', () => {
    const weights = trajectory(golden.weights.salt, golden.weights.snapshots);
    let compared = 0;
    for (const { collected, vector, frequentDirections } of golden.cases) {
      const v = Float32Array.from(formulaArray(60, vector.salt, vector.std));
      for (const expected of frequentDirections) {
        compared++;
        const sketch = sketchOf(weights.slice(0, collected), expected.maxRank);
        const rows = sketch.rows();
        expect(rows.length).toBe(expected.sketchRows);
        expect(Math.abs(sketch.errorBound - expected.delta)).toBeLessThan(2e-6);
        const gram = Float64Array.from({ length: rows.length ** 2 }, (_, at) =>
          dot(rows[Math.floor(at / rows.length)], rows[at % rows.length]),
        );
        const { values } = symmetricEigen(gram, rows.length);
        expect(largestDifference(values, expected.sketchEigenvalues)).toBeLessThan(2e-6 * values[0]);
        expect(largestDifference(gramTimes(rows, v), expected.sketchGramTimesVector)).toBeLessThan(2e-5);
        const { basis } = sketch.subspace();
        basis.forEach((row, k) => {
          expect(largestDifference(row, expected.space[k])).toBeLessThan(2e-6 * Math.sqrt(values[0]));
        });
        // Where a golden row is left over it is the zero first deviation.
        for (const row of expected.space.slice(basis.length)) expect(dot(row, row)).toBeLessThan(1e-30);
        expect(largestDifference(gramTimes(basis, v), expected.spaceGramTimesVector)).toBeLessThan(5e-6);
      }
    }
    expect(compared).toBe(4);
  });
});

/** Bᵀ·B·v. */
function gramTimes(rows: readonly Float32Array[], v: Float32Array): Float64Array {
  const along = rows.map((row) => dot(row, v));
  return Float64Array.from(v, (_, i) => rows.reduce((sum, row, k) => sum + along[k] * row[i], 0));
}

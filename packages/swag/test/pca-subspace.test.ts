import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Subspace, weightLayout } from '@subspace/core';
import { pcaSubspace, type SwagState, swagMoments } from '@subspace/swag';
import { describeGolden, formulaArray, sharedPath } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { dot, largestDifference, layout, momentsOf, trajectory } from './trajectory.ts';

const moments = momentsOf(trajectory(3));

describe('pcaSubspace', () => {
  it('goes through the mean, with orthogonal rows in descending order of length', () => {
    const { shift, basis } = pcaSubspace(moments, { rank: 8 });
    expect(shift).toEqual(moments.mean());
    basis.forEach((row, k) => {
      for (const earlier of basis.slice(0, k)) {
        expect(dot(row, row)).toBeLessThan(dot(earlier, earlier));
        expect(Math.abs(dot(row, earlier))).toBeLessThan(1e-6 * Math.sqrt(dot(row, row) * dot(earlier, earlier)));
      }
    });
  });

  it('has rows whose squares sum to the covariance of the deviations, at full rank', () => {
    const rows = moments.deviations();
    const { basis } = pcaSubspace(moments, { rank: 20 });
    for (let i = 0; i < 60; i++) {
      for (let j = 0; j <= i; j++) {
        const covariance = rows.reduce((sum, row) => sum + row[i] * row[j], 0) / 19;
        expect(basis.reduce((sum, row) => sum + row[i] * row[j], 0)).toBeCloseTo(covariance, 6);
      }
    }
  });

  it('gives the first rows of a larger rank, each positive at its entry of largest magnitude', () => {
    const large = pcaSubspace(moments, { rank: 12 }).basis;
    expect(pcaSubspace(moments, { rank: 5 }).basis).toEqual(large.slice(0, 5));
    for (const row of large) expect(Math.max(...row)).toBe(Math.max(...row.map(Math.abs)));
  });

  it('finds planted directions, however long they are', () => {
    for (const unit of [1e-3, 1, 1e3]) {
      const wide = weightLayout([{ name: 'w', shape: [5000] }]);
      const collecting = swagMoments(wide, { rank: 10, deviationsFrom: 'final-mean' });
      // Two drifts in disjoint weights; ±1 patterns that are orthogonal over the ten snapshots.
      for (let t = 0; t < 10; t++) {
        const a = unit * (t % 2 === 0 ? 3 : -3);
        const b = unit * (t < 4 || t === 8 ? 1 : -1);
        collecting.collect(Float32Array.from({ length: 5000 }, (_, i) => (i < 100 ? a : i < 200 ? b : 0)));
      }
      const { basis } = pcaSubspace(collecting, { rank: 2 });
      // Σ a² = 10·9·unit² over 9, in 100 weights; the patterns overlap in two of ten snapshots, so rows mix a little.
      const total = basis.reduce((sum, row) => sum + dot(row, row), 0);
      expect(total / (100 * (10 / 9) * (9 + 1) * unit ** 2)).toBeCloseTo(1, 5);
      expect(basis[0][150] ** 2).toBeLessThan(0.1 * basis[0][50] ** 2);
      expect(() => pcaSubspace(collecting, { rank: 3 })).toThrow('rank is 3, expected at most 2');
    }
  });

  it('works with one direction', () => {
    const { basis } = pcaSubspace(momentsOf(trajectory(3).slice(0, 2)), { rank: 1 });
    // Deviations 0 and (w₁ − w₀)/2, over √(2 − 1).
    const [w0, w1] = trajectory(3);
    const half = w1.map((w, i) => (w - w0[i]) / 2);
    const sign = half.reduce((extreme, x) => (Math.abs(x) > Math.abs(extreme) ? x : extreme), 0) < 0 ? -1 : 1;
    expect(
      largestDifference(
        basis[0],
        half.map((x) => sign * x),
      ),
    ).toBeLessThan(1e-7);
  });
});

describe("pcaSubspace with rank 'mle'", () => {
  it('has as many directions as drifts were planted, with the roles of samples and features right or as in the original', () => {
    for (const salt of [1, 2, 3, 4]) {
      const drifting = momentsOf(trajectory(salt));
      const subspace = pcaSubspace(drifting, { rank: 'mle' });
      expect(subspace).toEqual(pcaSubspace(drifting, { rank: 3 }));
      expect(pcaSubspace(drifting, { rank: 'mle', paperCompat: true })).toEqual(subspace);
    }
  });

  it('leaves the zero first deviation out of account', () => {
    const few = momentsOf(trajectory(3).slice(0, 10));
    expect(pcaSubspace(few, { rank: 'mle' }).basis.length).toBe(3);
  });

  it('finds nothing in noise and says so, where the original goes on with rank 0', () => {
    const noise = Array.from({ length: 12 }, (_, t) => Float32Array.from(formulaArray(60, 70 + t, 0.1)));
    const still = momentsOf(noise, { deviationsFrom: 'final-mean' });
    for (const paperCompat of [false, true]) {
      expect(() => pcaSubspace(still, { rank: 'mle', paperCompat })).toThrow(
        "pcaSubspace: rank is 'mle', expected a number of at most 11: no direction stands out of the noise",
      );
    }
  });

  it('rejects deviations that span less than two directions', () => {
    const [a, b] = trajectory(3);
    expect(() => pcaSubspace(momentsOf([a, b]), { rank: 'mle' })).toThrow(
      "rank is 'mle', expected a number of at most 1",
    );
    expect(() => pcaSubspace(momentsOf([a, a]), { rank: 'mle' })).toThrow(
      'pcaSubspace: moments have no direction, expected at least 1: the weights of 2 snapshots are the same but for rounding',
    );
    expect(() => pcaSubspace(momentsOf([a]), { rank: 'mle' })).toThrow('moments have 1 snapshots');
  });

  it('rejects other names, and paperCompat without it', () => {
    expect(() => pcaSubspace(moments, { rank: 'auto' as never })).toThrow("rank is 'auto', expected a number or 'mle'");
    expect(() => pcaSubspace(moments, { rank: 2, paperCompat: true })).toThrow("expected it with rank 'mle' only");
    expect(() => pcaSubspace(moments, { rank: 'mle', paperCompat: 1 as never })).toThrow('paperCompat is 1');
  });
});

describe('pcaSubspace rejects', () => {
  it('a rank above the number of directions, and says how many there are', () => {
    const message =
      'pcaSubspace: rank is 21, expected at most 20: the 20 deviations of 25 snapshots span no more directions';
    expect(() => pcaSubspace(moments, { rank: 21 })).toThrow(message);
    expect(() => pcaSubspace(moments, { rank: 21 })).toThrow(
      'Collect more snapshots, into `swagMoments` of a larger rank',
    );
  });

  it('a rank above the directions of a slow trajectory, and names what gives more: which does', () => {
    // A spiral that hardly moves between two snapshots, seen from its running mean: the last five deviations are nearly one.
    const layout = weightLayout([{ name: 'w', shape: [4] }]);
    const collect = (deviationsFrom: 'running-mean' | 'final-mean', every: number) => {
      const slow = swagMoments(layout, { rank: 5, deviationsFrom });
      for (let t = 0; t < 2000; t += every) {
        const angle = t / 700;
        slow.collect(Float32Array.of(Math.cos(angle), Math.sin(angle), Math.cos(2 * angle), Math.sin(3 * angle)));
      }
      return slow;
    };
    const often = collect('running-mean', 1);
    expect(() => pcaSubspace(often, { rank: 4 })).toThrow(
      "span no more directions. Collect snapshots further apart (`collect.every`), or `deviationsFrom: 'final-mean'`",
    );
    expect(pcaSubspace(collect('running-mean', 100), { rank: 4 }).basis).toHaveLength(4);
  });

  it('a rank equal to the number of snapshots while the zero first deviation is among them', () => {
    const few = momentsOf(trajectory(3).slice(0, 6));
    expect(pcaSubspace(few, { rank: 5 }).basis.length).toBe(5);
    expect(() => pcaSubspace(few, { rank: 6 })).toThrow(
      'rank is 6, expected at most 5: the 6 deviations of 6 snapshots',
    );
  });

  it('directions that are only the rounding of float32 weights', () => {
    // A straight drift far from the origin: every snapshot is rounded to float32, which leaves noise about the line.
    const start = formulaArray(60, 4, 100);
    const drift = formulaArray(60, 5, 0.01);
    const line = Array.from({ length: 12 }, (_, t) => Float32Array.from(start, (w, i) => w + t * drift[i]));
    expect(pcaSubspace(momentsOf(line), { rank: 1 }).basis.length).toBe(1);
    expect(() => pcaSubspace(momentsOf(line), { rank: 2 })).toThrow('rank is 2, expected at most 1');
    expect(pcaSubspace(momentsOf(line), { rank: { upTo: 2 } })).toEqual(pcaSubspace(momentsOf(line), { rank: 1 }));
  });

  it('snapshots that are all the same, a single one, and none', () => {
    const [weights] = trajectory(3);
    for (const rank of [1, { upTo: 3 }]) {
      expect(() => pcaSubspace(momentsOf([weights, weights, weights]), { rank })).toThrow(
        'pcaSubspace: moments have no direction, expected at least 1',
      );
    }
    const all = momentsOf(trajectory(3));
    expect(() => pcaSubspace(all, { rank: { upTo: 0 } })).toThrow('rank.upTo is 0');
    expect(() => pcaSubspace(all, { rank: { to: 1 } as never })).toThrow('to');
    expect(() => pcaSubspace(momentsOf([weights]), { rank: 1 })).toThrow(
      'pcaSubspace: moments have 1 snapshots, expected at least 2',
    );
    expect(() => pcaSubspace(swagMoments(layout), { rank: 1 })).toThrow('pcaSubspace: moments have 0 snapshots');
  });

  it('a rank that is no positive integer, and unknown options', () => {
    for (const rank of [0, -1, 1.5, Number.NaN, undefined]) {
      expect(() => pcaSubspace(moments, { rank: rank as number })).toThrow('pcaSubspace: rank is');
    }
    expect(() => pcaSubspace(moments, { rank: 2, seed: 1 } as never)).toThrow('pcaSubspace: option seed is unknown');
  });
});

describeGolden('swag-subspaces.json', (golden) => {
  it('has the golden rows, projector and Gram matrix, with more and with fewer snapshots than the rank', () => {
    const weights = trajectory(golden.weights.salt, golden.weights.snapshots);
    expect(golden.cases.length).toBe(2);
    for (const { collected, vector, pca } of golden.cases) {
      const collecting = momentsOf(weights.slice(0, collected), { rank: golden.weights.maxRank });
      const v = Float32Array.from(formulaArray(60, vector.salt, vector.std));
      for (const rank of [2, 5, 10]) {
        const expected = pca[`rank${rank}`];
        if (rank === 10 && collected === 10) {
          // The original counts the zero first deviation as a direction; we do not.
          expect(pca.singularValues[9]).toBeLessThan(1e-15);
          expect(() => pcaSubspace(collecting, { rank })).toThrow('rank is 10, expected at most 9');
          continue;
        }
        const subspace = pcaSubspace(collecting, { rank });
        subspace.basis.forEach((row, k) => {
          expect(Math.sqrt(dot(row, row)) / pca.singularValues[k]).toBeCloseTo(1, 5);
          expect(largestDifference(row, expected.rows[k])).toBeLessThan(2e-6 * pca.singularValues[0]);
        });
        expect(largestDifference(projectorTimes(subspace, v), expected.projectorTimesVector)).toBeLessThan(1e-5);
        expect(largestDifference(gramTimes(subspace, v), expected.gramTimesVector)).toBeLessThan(2e-6);
      }
    }
  });

  it('has the golden automatic rank', () => {
    const weights = trajectory(golden.weights.salt, golden.weights.snapshots);
    const [{ pcaAutomaticRank }] = golden.cases;
    const collecting = momentsOf(weights, { rank: golden.weights.maxRank });
    for (const paperCompat of [false, true]) {
      expect(pcaSubspace(collecting, { rank: 'mle', paperCompat }).basis.length).toBe(pcaAutomaticRank.rank);
    }
    expect(pcaAutomaticRank.referenceRank).toBe(pcaAutomaticRank.rank);
  });

  it('has the golden rows from deviations from the final mean, with more and with fewer snapshots than the rank', () => {
    const weights = trajectory(golden.weights.salt, golden.weights.snapshots);
    for (const { collected, pcaFromFinalMean } of golden.cases) {
      const options = { rank: golden.weights.maxRank, deviationsFrom: 'final-mean' } as const;
      pcaSubspace(momentsOf(weights.slice(0, collected), options), { rank: 5 }).basis.forEach((row, k) => {
        expect(largestDifference(row, pcaFromFinalMean.rank5[k])).toBeLessThan(2e-6);
        expect(Math.sqrt(dot(row, row)) / pcaFromFinalMean.singularValues[k]).toBeCloseTo(1, 5);
      });
    }
  });
});

describeGolden('regression-network.json', (golden) => {
  it("has the subspace of the authors' regression deviations, of spectrum 0.079, 0.0015 … 0.0001", () => {
    const bytes = readFileSync(sharedPath('golden', golden.weightsFile.file));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(golden.weightsFile.sha256);
    const size: number = golden.D;
    const row = (name: string) => {
      const at = golden.weightsFile.rows.indexOf(name);
      return Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(4 * (at * size + i)));
    };
    const regression = weightLayout([{ name: 'weights', shape: [size] }]);
    const restored = swagMoments(regression, { rank: 10 });
    const state: SwagState = {
      kind: 'swag-moments',
      layout: regression.entries,
      rank: 10,
      deviationsFrom: 'running-mean',
      collected: 999,
      mean: Float64Array.from(row('swa0')),
      squares: new Float64Array(size),
      rows: Array.from({ length: 10 }, (_, k) => row(`deviation${k}`)),
    };
    restored.restore({ ...state });
    const { shift, basis } = pcaSubspace(restored, { rank: 10 });
    expect(shift).toEqual(row('swa0'));
    basis.forEach((direction, k) => {
      const { singularValues, rowNorms, indexOfLargestMagnitude } = golden.pca;
      expect(Math.sqrt(dot(direction, direction)) / singularValues[k]).toBeCloseTo(1, 5);
      expect(Math.sqrt(dot(direction, direction)) / rowNorms[k]).toBeCloseTo(1, 5);
      const stored = row(`pcaBasis${k}`);
      expect(largestDifference(direction, stored)).toBeLessThan(1e-6 * Math.max(...stored));
      expect(direction.indexOf(Math.max(...direction))).toBe(indexOfLargestMagnitude[k]);
    });
  });
});

/** Pᵀ·P·v. */
function gramTimes({ basis }: Subspace, v: Float32Array): Float64Array {
  return combine(
    basis,
    basis.map((row) => dot(row, v)),
  );
}

/** The projection of v on the span of orthogonal rows. */
function projectorTimes({ basis }: Subspace, v: Float32Array): Float64Array {
  return combine(
    basis,
    basis.map((row) => dot(row, v) / dot(row, row)),
  );
}

function combine(rows: readonly Float32Array[], factors: readonly number[]): Float64Array {
  return Float64Array.from(rows[0], (_, i) => rows.reduce((sum, row, k) => sum + factors[k] * row[i], 0));
}

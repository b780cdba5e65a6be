import { randomSource } from '@subspace/core';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { minkaLogEvidence, minkaRank, originalLogEvidence, originalRank } from '../src/minka-rank.ts';
import { symmetricEigen } from '../src/symmetric-eigen.ts';
import { dot } from './trajectory.ts';

/** Eigenvalues of the covariance of `samples` rows of noise N(0, I), with `planted` directions of `ratio` times the eigenvalues of the noise. */
function spectrum(samples: number, size: number, planted: number, ratio: number, seed: string): Float64Array {
  const random = randomSource(seed);
  const normals = (length: number, std: number) => Float64Array.from({ length }, () => std * random.normal());
  const directions = Array.from({ length: planted }, () => normals(size, Math.sqrt(ratio / samples)));
  const rows = Array.from({ length: samples }, () => {
    const row = normals(size, 1);
    for (const direction of directions) {
      const along = random.normal();
      for (let i = 0; i < size; i++) row[i] += along * direction[i];
    }
    return row;
  });
  const gram = Float64Array.from(
    { length: samples ** 2 },
    (_, at) => dot(rows[Math.floor(at / samples)], rows[at % samples]) / (samples - 1),
  );
  return symmetricEigen(gram, samples).values;
}

describe('minkaRank', () => {
  it('finds as many directions as were planted, in few samples of many features', () => {
    for (const [samples, size] of [
      [20, 60],
      [20, 2000],
      [50, 300],
    ]) {
      for (const planted of [1, 3]) {
        const eigenvalues = spectrum(samples, size, planted, 100, `planted ${samples} ${size} ${planted}`);
        expect(minkaRank(eigenvalues, samples, size), `${samples} × ${size}, ${planted}`).toBe(planted);
      }
    }
  });

  it('finds none in noise', () => {
    for (const size of [60, 2000]) expect(minkaRank(spectrum(20, size, 0, 0, `noise ${size}`), 20, size)).toBe(0);
  });

  it('finds directions five times as strong as the noise, which the original with its roles exchanged calls none', () => {
    // 16 eigenvalues of noise, as close together as in 2000 dimensions, and three planted ones.
    const noise = Array.from({ length: 16 }, (_, k) => 1.1 - 0.0125 * k);
    for (const [strength, original] of [
      [5, 0],
      [10, 3],
    ]) {
      const eigenvalues = Float64Array.from([1.2 * strength, 1.1 * strength, strength, ...noise]);
      expect(minkaRank(eigenvalues, 19, 2000)).toBe(3);
      expect(originalRank(eigenvalues, 19, 2000)).toBe(original);
    }
  });

  it('depends on ratios of eigenvalues only', () => {
    const eigenvalues = spectrum(20, 300, 3, 50, 'ratios');
    for (const unit of [1e-12, 1e6]) {
      const scaled = eigenvalues.map((x) => unit * x);
      expect(minkaRank(scaled, 20, 300)).toBe(minkaRank(eigenvalues, 20, 300));
      const gain = (values: Float64Array) =>
        minkaLogEvidence(values, 3, 20, 300) - minkaLogEvidence(values, 2, 20, 300);
      expect(gain(scaled)).toBeCloseTo(gain(eigenvalues), 6);
    }
  });

  it('counts eigenvalues that are zero as the formula over all features does', () => {
    // Minka's |A| with every factor written out.
    const [values, samples, features, rank] = [[9, 4, 0.5, 0.25], 7, 9, 2];
    const all = [...values, 0, 0, 0, 0, 0];
    const noise = all.slice(rank).reduce((sum, x) => sum + x, 0) / (features - rank);
    let logCurvature = 0;
    for (let i = 0; i < rank; i++) {
      for (let j = i + 1; j < features; j++) {
        const other = j < rank ? all[j] : noise;
        logCurvature += Math.log((1 / other - 1 / all[i]) * (all[i] - all[j]) * samples);
      }
    }
    const gammas = [Math.log(105 / 16) + 0.5 * Math.log(Math.PI), Math.log(6)]; // Γ(9/2) and Γ(4)
    const prior = gammas[0] + gammas[1] - (4.5 + 4) * Math.log(Math.PI) - rank * Math.LN2;
    const fit = -0.5 * samples * (Math.log(9) + Math.log(4) + (features - rank) * Math.log(noise));
    const parameters = features * rank - 3;
    const expected =
      prior +
      fit +
      0.5 * (parameters + rank + 1) * Math.log(2 * Math.PI) -
      0.5 * logCurvature -
      0.5 * rank * Math.log(samples);
    expect(minkaLogEvidence(Float64Array.from(values), rank, samples, features)).toBeCloseTo(expected, 10);
  });

  it('passes over ranks that cut between equal eigenvalues', () => {
    expect(minkaRank(Float64Array.of(5, 5, 5, 5), 4, 4)).toBe(0);
    expect(minkaRank(Float64Array.of(100, 5, 5, 5), 40, 4)).toBe(1);
  });
});

describeGolden('swag-subspaces.json', (golden) => {
  it('has the golden evidence and rank of the original, and finds the same rank', () => {
    const [{ pcaAutomaticRank, pca, rows }] = golden.cases;
    const eigenvalues = Float64Array.from(pca.singularValues, (s: number) => s ** 2);
    expect(pcaAutomaticRank.logEvidence.length).toBe(20);
    for (let rank = 0; rank < 20; rank++) {
      const evidence: number = pcaAutomaticRank.logEvidence[rank];
      expect(Math.abs(minkaLogEvidence(eigenvalues, rank, 60, rows) / evidence - 1)).toBeLessThan(1e-11);
      const corrected: number = pcaAutomaticRank.corrected[rank];
      expect(Math.abs(originalLogEvidence(eigenvalues, rank, rows, 60) / corrected - 1)).toBeLessThan(1e-11);
    }
    expect(originalRank(eigenvalues, rows, 60)).toBe(pcaAutomaticRank.rank);
    expect(minkaRank(eigenvalues, 60, rows)).toBe(pcaAutomaticRank.rankWithoutCorrection);
    expect(minkaRank(eigenvalues, rows, 60)).toBe(pcaAutomaticRank.rank);
  });
});

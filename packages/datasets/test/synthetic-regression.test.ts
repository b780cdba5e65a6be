import { regressionDataset, regressionFeatures, syntheticRegression } from '@subspace/datasets';
import { describe, expect, it } from 'vitest';

const inside = (x: number) => [-6, 0, 6].some((centre) => Math.abs(x - centre) <= 1.2 + 1e-6);

describe('syntheticRegression', () => {
  const regression = syntheticRegression({ seed: 1, testPoints: 2000 });

  it('has 400 points in the three clusters, about as many in each', () => {
    expect(regression.x.length).toBe(400);
    expect(regression.x.every(inside)).toBe(true);
    for (const [low, high] of regression.clusters) {
      const count = regression.x.filter((x) => x >= low - 1e-6 && x <= high + 1e-6).length;
      // Binomial(400, ⅓): four standard deviations.
      expect(Math.abs(count - 400 / 3)).toBeLessThan(4 * Math.sqrt((400 * 2) / 9));
    }
  });

  it('adds independent Gaussian noise of the given standard deviation to the truth', () => {
    for (const noiseStd of [0.05, 0.3]) {
      const { x, y, truth } = syntheticRegression({ seed: 2, points: 20_000, noiseStd });
      const noise = y.map((value, i) => (value - truth(x[i])) / noiseStd);
      const n = noise.length;
      const moment = (power: number) => noise.reduce((sum, e) => sum + e ** power, 0) / n;
      expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n));
      expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
      expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
      const lagged = noise.subarray(1).reduce((sum, e, i) => sum + e * noise[i], 0) / n;
      expect(Math.abs(lagged)).toBeLessThan(4 / Math.sqrt(n));
    }
  });

  it('has a truth of mean 0 and standard deviation ½ over the clusters, whatever the seed', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { truth, clusters } = syntheticRegression({ seed });
      const values = clusters.flatMap(([low, high]) =>
        Array.from({ length: 1000 }, (_, i) => truth(low + ((i + 0.5) / 1000) * (high - low))),
      );
      const mean = values.reduce((sum, y) => sum + y, 0) / values.length;
      const std = Math.sqrt(values.reduce((sum, y) => sum + (y - mean) ** 2, 0) / values.length);
      expect(mean).toBeCloseTo(0, 2);
      expect(std).toBeCloseTo(0.5, 2);
    }
  });

  it('has a truth that is continuous and not a straight line', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { truth } = syntheticRegression({ seed });
      const step = 0.01;
      const slopes: number[] = [];
      for (let x = -10; x < 10; x += step) slopes.push((truth(x + step) - truth(x)) / step);
      expect(Math.max(...slopes.map(Math.abs))).toBeLessThan(10);
      expect(Math.max(...slopes) - Math.min(...slopes)).toBeGreaterThan(0.1);
    }
  });

  it('gives the network [x/2, (x/2)²] and the targets', () => {
    const { x, y, data } = regression;
    expect(data.size).toBe(400);
    expect(data.inputShape).toEqual([2]);
    expect(data.targetShape).toEqual([1]);
    expect(data.arrays!.inputs).toEqual(regressionFeatures(x));
    expect(data.arrays!.targets.data).toEqual(y);
  });

  it('has test points at the clusters and away from them, on the same curve', () => {
    const { atClusters, awayFromClusters } = regression.test!;
    expect(atClusters.x.every(inside)).toBe(true);
    expect(awayFromClusters.x.every((x) => !inside(x) || Math.abs(Math.abs(x % 6) - 1.2) < 1e-5)).toBe(true);
    expect(awayFromClusters.x.every((x) => Math.abs(x) <= 10)).toBe(true);
    for (const { x, y, data } of [atClusters, awayFromClusters]) {
      expect(x.length).toBe(2000);
      expect(data.size).toBe(2000);
      const squares = y.reduce((sum, value, i) => sum + (value - regression.truth(x[i])) ** 2, 0) / x.length;
      expect(Math.abs(squares / 0.05 ** 2 - 1)).toBeLessThan(4 * Math.sqrt(2 / x.length));
    }
    // The gaps have 7.2 of the 12.8 that is left of [−10, 10].
    const inGaps = awayFromClusters.x.filter((x) => Math.abs(x) < 4.8).length / 2000;
    expect(Math.abs(inGaps - 7.2 / 12.8)).toBeLessThan(4 * Math.sqrt((0.5625 * 0.4375) / 2000));
    expect(syntheticRegression({ seed: 1 }).test).toBeUndefined();
  });

  it('repeats itself for the same seed, and keeps curve and training points whatever else is asked for', () => {
    const again = syntheticRegression({ seed: 1 });
    expect(again.x).toEqual(regression.x);
    expect(again.y).toEqual(regression.y);
    const more = syntheticRegression({ seed: 1, points: 500 });
    expect(more.x.slice(0, 400)).toEqual(regression.x);
    expect(more.truth(3.3)).toBe(regression.truth(3.3));
    const other = syntheticRegression({ seed: 2 });
    expect(other.x).not.toEqual(regression.x);
    expect(other.truth(3.3)).not.toBe(regression.truth(3.3));
  });

  it('rejects wrong and unknown options', () => {
    expect(() => syntheticRegression({ seed: Number.NaN })).toThrow('syntheticRegression: seed is NaN');
    expect(() => syntheticRegression({} as never)).toThrow('syntheticRegression: seed is undefined');
    for (const points of [0, -3, 1.5]) {
      expect(() => syntheticRegression({ seed: 1, points })).toThrow('syntheticRegression: points is');
      expect(() => syntheticRegression({ seed: 1, testPoints: points })).toThrow('syntheticRegression: testPoints is');
    }
    expect(() => syntheticRegression({ seed: 1, noiseStd: 0 })).toThrow('syntheticRegression: noiseStd is 0');
    expect(() => syntheticRegression({ seed: 1, noise: 0.1 } as never)).toThrow('option noise is unknown');
  });
});

describe('regressionFeatures and regressionDataset', () => {
  it('make [x/2, (x/2)²] and pair it with y', () => {
    expect(regressionFeatures([3, -1])).toEqual({ data: Float32Array.of(1.5, 2.25, -0.5, 0.25), shape: [2, 2] });
    const data = regressionDataset([3, -1], [7, 8]);
    expect(data.arrays!.targets).toEqual({ data: Float32Array.of(7, 8), shape: [2, 1] });
  });

  it('reject no points, different lengths, and values that are not finite', () => {
    expect(() => regressionFeatures([])).toThrow('regressionFeatures: x is empty');
    expect(() => regressionFeatures([1, Infinity])).toThrow('regressionFeatures: x[1] is Infinity');
    expect(() => regressionDataset([1, 2], [1])).toThrow('regressionDataset: y has length 1, expected 2');
    expect(() => regressionDataset([1], [Number.NaN])).toThrow('regressionDataset: y[0] is NaN');
  });
});

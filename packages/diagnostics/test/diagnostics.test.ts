import { drawsFrom, quantile, randomSource } from '@subspace/core';
import { permutation } from '@subspace/core/internals';
import {
  autocorrelation,
  bfmi,
  essBulk,
  essIdentity,
  essLocal,
  essMad,
  essMean,
  essMedian,
  essQuantile,
  essSd,
  essTail,
  hdi,
  mcseMean,
  mcseMedian,
  mcseQuantile,
  mcseSd,
  rHat,
  summary,
} from '@subspace/diagnostics';
import { describeGolden } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

interface Expected {
  values: number[][];
  [quantity: string]: number | number[] | number[][] | null;
}

const pooledVariance = (values: number[]) => {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
};

describeGolden('diagnostics-chains.json', (golden) => {
  const probabilities: number[] = golden?.quantileProbabilities;
  const between = [0.25, 0.5] as const;
  /** Everything in the golden file; `kHatRightTail` is compared in pareto-smoothing.test.ts. */
  const quantities: Record<string, (chains: number[][]) => number | ArrayLike<number>> = {
    mean: (chains) => chains.flat().reduce((a, b) => a + b) / chains.flat().length,
    sd: (chains) => Math.sqrt(pooledVariance(chains.flat())),
    quantiles: (chains) => probabilities.map((p) => quantile(chains.flat(), p)),
    rhatRank: (chains) => rHat(chains),
    rhatFolded: (chains) => rHat(chains, { method: 'folded' }),
    rhatZScale: (chains) => rHat(chains, { method: 'z-scale' }),
    rhatSplit: (chains) => rHat(chains, { method: 'split' }),
    rhatIdentity: (chains) => rHat(chains, { method: 'identity' }),
    essBulk,
    essTail,
    essMean,
    essSd,
    essMedian,
    essMad,
    essIdentity,
    essQuantile: (chains) => probabilities.map((p) => essQuantile(chains, p)),
    essLocal: (chains) => essLocal(chains, between),
    mcseMean,
    mcseSd,
    mcseMedian,
    mcseQuantile: (chains) => probabilities.map((p) => mcseQuantile(chains, p)),
    autocorrelationChain0: (chains) => autocorrelation(chains[0]).subarray(0, 21),
    hdi94: (chains) => hdi(chains.flat(), 0.94),
    hdi50: (chains) => hdi(chains.flat(), 0.5),
    bfmiPerChain: (chains) => bfmi(chains),
  };

  it('holds nothing that is not compared', () => {
    for (const { variables } of Object.values<{ variables: Record<string, Expected> }>(golden.cases)) {
      for (const expected of Object.values(variables)) {
        expect(Object.keys(expected).sort()).toEqual(['kHatRightTail', 'values', ...Object.keys(quantities)].sort());
      }
    }
  });

  for (const [quantity, compute] of Object.entries(quantities)) {
    it(`${quantity} equals ArviZ`, () => {
      for (const [group, { variables }] of Object.entries<{ variables: Record<string, Expected> }>(golden.cases)) {
        for (const [name, expected] of Object.entries(variables)) {
          const value = compute(expected.values);
          const values = typeof value === 'number' ? [value] : Array.from(value);
          const targets = [expected[quantity]].flat(2) as number[];
          expect(values).toHaveLength(targets.length);
          targets.forEach((target, i) => {
            const what = `${group} ${name} [${i}]: ${values[i]} for ${target}`;
            if (!Number.isFinite(target)) expect(values[i], what).toBe(target);
            else expect(Math.abs(values[i] - target), what).toBeLessThanOrEqual(1e-8 * Math.abs(target));
          });
        }
      }
    });
  }
});

describe('diagnostics', () => {
  const random = randomSource(11);
  const independent = [0, 1, 2, 3].map(() => Float64Array.from({ length: 500 }, random.normal));

  it('find independent chains converged, with about as many effective draws as there are', () => {
    expect(rHat(independent)).toBeLessThan(1.01);
    for (const size of [essBulk(independent), essTail(independent)]) {
      expect(size).toBeGreaterThan(1500);
      expect(size).toBeLessThan(2600);
    }
    expect(mcseMean(independent)).toBeCloseTo(1 / Math.sqrt(2000), 2);
  });

  it('agree with the known autocorrelation time of an autoregressive chain', () => {
    const rho = 0.8;
    const chains = [0, 1, 2, 3].map(() => {
      let x = 0;
      return Float64Array.from({ length: 20_000 }, () => (x = rho * x + Math.sqrt(1 - rho * rho) * random.normal()));
    });
    const expected = (80_000 * (1 - rho)) / (1 + rho);
    expect(Math.abs(essBulk(chains) / expected - 1)).toBeLessThan(0.1);
  });

  it('see chains in different places, and chains of different spread', () => {
    expect(rHat(independent.map((chain, c) => chain.map((x) => x + 3 * c)))).toBeGreaterThan(1.5);
    expect(rHat(independent.map((chain, c) => chain.map((x) => x * (1 + 3 * c))))).toBeGreaterThan(1.1);
  });

  it('are NaN where they mean nothing', () => {
    expect(rHat([[1, 2, 3, 4, 5]])).toBeNaN();
    expect(
      rHat([
        [1, 2, 3],
        [1, 2, 3],
      ]),
    ).toBeNaN();
    expect(essBulk([[1, Number.NaN, 3, 4]])).toBeNaN();
    expect(essTail([[1, Infinity, 3, 4]])).toBeNaN();
    expect(mcseMean([[1, 2]])).toBeNaN();
  });

  it('follow ArviZ where folding leaves nothing: draws of two values', () => {
    const coins = [0, 1, 2, 3].map((c) => Float64Array.from({ length: 100 }, (_, i) => (i + c) % 2));
    expect(rHat(coins, { method: 'folded' })).toBeNaN();
    expect(rHat(coins)).toBe(rHat(coins, { method: 'z-scale' }));
  });

  it('find chains that are stuck in different places infinitely far from converged, and constant ones undefined', () => {
    const stuck = [0, 1, 2].map((c) => new Float64Array(10).fill(c));
    expect(rHat(stuck)).toBe(Infinity);
    for (const method of ['rank', 'z-scale', 'folded', 'split', 'identity'] as const) {
      expect(
        rHat(
          [0, 1].map(() => new Float64Array(10).fill(0.1)),
          { method },
        ),
      ).toBeNaN();
    }
  });

  it('the error of a quantile is that of the probability over the density', () => {
    // A shuffled grid: order statistics of random draws would add a noise of 8 % of their own.
    const grid = Float64Array.from(permutation(100_000, random), (i) => (i + 0.5) / 100_000);
    const uniform = [0, 1, 2, 3].map((c) => grid.subarray(c * 25_000, (c + 1) * 25_000));
    for (const p of [0.05, 0.5, 0.9]) {
      const expected = Math.sqrt((p * (1 - p)) / essQuantile(uniform, p));
      expect(Math.abs(mcseQuantile(uniform, p) / expected - 1)).toBeLessThan(0.05);
    }
    expect(mcseMedian(uniform)).toBe(mcseQuantile(uniform, 0.5));
    // Of the standard deviation of N(0, 1): 1/√(2·S).
    expect(Math.abs(mcseSd(independent) * Math.sqrt(2 * essSd(independent)) - 1)).toBeLessThan(0.1);
  });

  it('autocorrelations by Fourier transform are the sums of products', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 70 }), (values) => {
        const mean = values.reduce((a, b) => a + b) / values.length;
        const covariance = (lag: number) =>
          values.slice(lag).reduce((sum, x, i) => sum + (x - mean) * (values[i] - mean), 0);
        const scale = covariance(0);
        if (scale < 1e-9) return;
        autocorrelation(values).forEach((correlation, lag) => {
          expect(Math.abs(correlation - covariance(lag) / scale)).toBeLessThan(1e-12);
        });
      }),
    );
  });

  it('rank-based diagnostics do not change under monotone maps, nor any under shifts, scales and the order of chains', () => {
    const chain = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 8, maxLength: 8 });
    const close = (a: number, b: number) => {
      if (Number.isFinite(b)) expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.abs(b));
      else expect(a).toBe(b);
    };
    fc.assert(
      fc.property(fc.array(chain, { minLength: 2, maxLength: 4 }), (chains) => {
        const cubed = chains.map((values) => values.map((x) => x ** 3));
        for (const diagnostic of [(c: number[][]) => rHat(c, { method: 'z-scale' }), essBulk]) {
          close(diagnostic(cubed), diagnostic(chains));
        }
        const moved = chains.map((values) => values.map((x) => 3 - 2 * x));
        const reordered = [...chains].reverse();
        const diagnostics = (c: number[][]) => [
          ...(['rank', 'z-scale', 'folded', 'split', 'identity'] as const).map((method) => rHat(c, { method })),
          ...[essBulk, essMean, essSd, essIdentity].map((diagnostic) => diagnostic(c)),
        ];
        const original = diagnostics(chains);
        diagnostics(reordered).forEach((value, i) => {
          close(value, original[i]);
        });
        if (new Set(chains.flat()).size > 1) {
          diagnostics(moved).forEach((value, i) => {
            close(value, original[i]);
          });
          close(mcseMean(moved), 2 * mcseMean(chains));
          close(mcseSd(moved), 2 * mcseSd(chains));
          expect(bfmi(moved).length).toBe(chains.length);
        }
      }),
    );
  });

  it('reject no chains and chains of different lengths', () => {
    for (const diagnostic of [rHat, essBulk, essTail, essSd, essMad, mcseMean, mcseSd, mcseMedian, bfmi]) {
      expect(() => diagnostic([])).toThrow('chains are empty');
      expect(() =>
        diagnostic([
          [1, 2, 3, 4],
          [1, 2],
        ]),
      ).toThrow('chains[1] has length 2, expected 4');
    }
    for (const values of [
      [Number.NaN, 1, 2, 3],
      [1, 2, 3, Number.NaN],
    ])
      expect(hdi(values, 0.5)).toEqual([Number.NaN, Number.NaN]);
    expect(hdi([1, 2, 3, Infinity], 0.5)).toEqual([1, 3]);
    expect(hdi([-Infinity, -Infinity, 1, 9], 0.3)).toEqual([-Infinity, -Infinity]);
    expect(() => hdi([])).toThrow('values are empty');
    expect(() => hdi([1], 1)).toThrow('probability is 1');
    expect(() => quantile([1], -1)).toThrow('probability is -1');
    expect(() => rHat([[1]], { method: 'ranks' as 'rank' })).toThrow(
      'rHat: method is "ranks", expected one of rank, z-scale',
    );
    expect(() => rHat([[1]], { variant: 'rank' } as object)).toThrow('option variant is unknown');
    expect(() => essLocal(independent, [0.5, 0.25])).toThrow(
      'between is 0.5, 0.25, expected the lower probability first',
    );
    expect(() => essQuantile(independent, 2)).toThrow('probability is 2');
    expect(() => autocorrelation([])).toThrow('values are empty');
  });

  it('stand in one row per coordinate of the summary', () => {
    const positions = independent.map((chain) => Array.from(chain, (x) => Float64Array.of(x, 5 + 2 * x)));
    const rows = summary(drawsFrom(positions));
    expect(rows).toHaveLength(2);
    expect(rows[1].mean).toBeCloseTo(5 + 2 * rows[0].mean, 10);
    expect(rows[1].sd).toBeCloseTo(2 * rows[0].sd, 10);
    expect(rows[1].essBulk).toBeCloseTo(rows[0].essBulk, 6);
    expect(rows[0].rHat).toBe(rHat(independent));
    expect(rows[0].hdi[0]).toBeLessThan(-1.5);
    expect(rows[0].mcseMean).toBe(mcseMean(independent));
    expect(rows[0].essTail).toBe(essTail(independent));
  });
});

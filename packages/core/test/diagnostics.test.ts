import { drawsFrom, essBulk, essTail, hdi, mcseMean, quantile, randomSource, rHat, summary } from '@subspace/core';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

interface Golden {
  values: number[][];
  rhatRank: number;
  essBulk: number;
  essTail: number;
  mcseMean: number;
  hdi94: number[];
  hdi50: number[];
  quantiles: number[];
}

describeGolden('diagnostics-chains.json', (golden) => {
  it('R̂, effective sizes, Monte-Carlo errors and intervals equal ArviZ', () => {
    let compared = 0;
    for (const group of Object.values<{ variables: Record<string, Golden> }>(golden.cases)) {
      for (const [name, expected] of Object.entries(group.variables)) {
        const chains: number[][] = expected.values;
        const close = (value: number, target: number, what: string) => {
          compared++;
          if (!Number.isFinite(target)) return expect(value, `${name} ${what}`).toBe(target);
          expect(Math.abs(value - target), `${name} ${what}: ${value} for ${target}`).toBeLessThanOrEqual(
            1e-8 * Math.abs(target),
          );
        };
        close(rHat(chains), expected.rhatRank, 'R̂');
        close(essBulk(chains), expected.essBulk, 'bulk');
        close(essTail(chains), expected.essTail, 'tail');
        close(mcseMean(chains), expected.mcseMean, 'mcse');
        for (const [probability, key] of [
          [0.94, 'hdi94'],
          [0.5, 'hdi50'],
        ] as const) {
          expect(hdi(chains.flat(), probability), `${name} ${key}`).toEqual(expected[key]);
        }
        golden.quantileProbabilities.forEach((p: number, i: number) => {
          close(quantile(chains.flat(), p), expected.quantiles[i], `quantile ${p}`);
        });
      }
    }
    expect(compared).toBeGreaterThan(250);
  });
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

  it('reject no chains and chains of different lengths', () => {
    for (const diagnostic of [rHat, essBulk, essTail, mcseMean]) {
      expect(() => diagnostic([])).toThrow('chains are empty');
      expect(() =>
        diagnostic([
          [1, 2, 3, 4],
          [1, 2],
        ]),
      ).toThrow('chains[1] has length 2, expected 4');
    }
    expect(() => hdi([])).toThrow('values are empty');
    expect(() => hdi([1], 1)).toThrow('probability is 1');
    expect(() => quantile([1], -1)).toThrow('probability is -1');
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

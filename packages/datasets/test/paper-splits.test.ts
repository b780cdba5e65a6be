import { createHash } from 'node:crypto';
import { paperSplits } from '@subspace/datasets';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { numpyRandom } from '../src/numpy-random.ts';

const digest = (rows: ArrayLike<number>) => createHash('sha256').update(Array.from(rows).join(',')).digest('hex');

describe('paperSplits', () => {
  it('has every row once, ⌊0.9 N⌋ or round(0.9 N) of them for training', () => {
    for (const [kind, train] of [
      ['paper', 455],
      ['fixed', 455],
    ] as const) {
      const made = paperSplits(506, { kind });
      expect(made.length).toBe(20);
      for (const split of made) {
        expect(split.train.length).toBe(train);
        expect([...split.train, ...split.test].sort((a, b) => a - b)).toEqual([...Array(506).keys()]);
      }
    }
    expect(paperSplits(11934, { count: 1 })[0].train.length).toBe(10740);
    expect(paperSplits(11934, { count: 1, kind: 'fixed' })[0].train.length).toBe(10741);
  });

  it('refuses sizes and options that make no split', () => {
    expect(() => paperSplits(1)).toThrow('paperSplits: size is 1');
    expect(() => paperSplits(100, { count: 0 })).toThrow('paperSplits: count is 0');
    expect(() => paperSplits(100, { kind: 'random' } as never)).toThrow(
      'kind is "random", expected "paper" or "fixed"',
    );
    expect(() => paperSplits(3, { kind: 'fixed' })).toThrow('expected rows enough');
    expect(() => paperSplits(100, { seed: 1 } as never)).toThrow('option seed is unknown');
    for (const seed of [-1, 0.5, 2 ** 32]) expect(() => numpyRandom(seed)).toThrow('numpyRandom: seed is');
  });
});

describeGolden('uci-random.json', (golden) => {
  it.each(Object.keys(golden?.streams ?? {}))('is RandomState(%s), bit for bit', (seed) => {
    const stream = golden.streams[seed];
    const raw = Array.from(
      { length: 1300 },
      (
        (random) => () =>
          random.next()
      )(numpyRandom(Number(seed))),
    );
    expect(raw.slice(0, 10)).toEqual(stream.raw);
    for (const [i, value] of Object.entries(stream.rawAt)) expect(raw[Number(i)]).toBe(value);
    for (const size of [10, 308, 506, 16599]) {
      expect(digest(numpyRandom(Number(seed)).permutation(size))).toBe(stream[`shuffle${size}`].sha256);
    }
  });
});

describeGolden('uci-data.json', (golden) => {
  it.each(Object.keys(golden?.datasets ?? {}))('has the rows of the original code on %s', (name) => {
    const { N, shuffledSplits, fixedSplits, fixedSplitsAreConsecutivePermutationsOfRandomState1 } =
      golden.datasets[name];
    const paper = paperSplits(N);
    for (const k of [1, 2, 3]) {
      expect(digest(paper[k - 1].train)).toBe(shuffledSplits[k].sha256Train);
      expect(digest(paper[k - 1].test)).toBe(shuffledSplits[k].sha256Test);
    }
    if (!fixedSplitsAreConsecutivePermutationsOfRandomState1) return;
    const fixed = paperSplits(N, { kind: 'fixed' });
    for (const k of [0, 1]) expect(digest(fixed[k].train)).toBe(fixedSplits[k].sha256Train);
  });
});

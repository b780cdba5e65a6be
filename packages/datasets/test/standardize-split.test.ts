import { paperSplits, standardizeSplit } from '@subspace/datasets';
import { loadUci } from '@subspace/datasets/node';
import { describeGolden, sharedPath } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const data = {
  inputs: { data: Float64Array.of(1, 7, 3, 7, 8, 9), shape: [3, 2] },
  targets: { data: Float64Array.of(10, 30, 50), shape: [3] },
};
const split = { train: Int32Array.of(1, 0), test: Int32Array.of(2) };

describe('standardizeSplit', () => {
  it('learns from the training rows, inputs and targets, and keeps the order of the split', () => {
    const { train, test, inputTransform, targetTransform } = standardizeSplit(data, split);
    expect(train.inputs).toEqual({ data: Float32Array.of(1, 0, -1, 0), shape: [2, 2] });
    expect(test.inputs).toEqual({ data: Float32Array.of(6, 2), shape: [1, 2] });
    expect(train.targets).toEqual({ data: Float32Array.of(1, -1), shape: [2] });
    expect([inputTransform.mean, inputTransform.std]).toEqual([
      [2, 7],
      [1, 1],
    ]);
    expect([...targetTransform.invert(test.targets).data]).toEqual([50]);
    expect(train.data.size).toBe(2);
  });

  it('takes all rows, and 1e-6 more, as the original code does', () => {
    const { inputTransform, targetTransform, train } = standardizeSplit(data, split, { paperCompat: true });
    expect(inputTransform.mean[0]).toBe(4);
    expect(inputTransform.std[0]).toBe(Math.sqrt(26 / 3) + 1e-6);
    expect(targetTransform.std[0]).toBe(Math.sqrt(800 / 3) + 1e-6);
    const constant = { ...data, inputs: { data: Float64Array.of(0.1, 0.1, 0.1), shape: [3, 1] } };
    expect(standardizeSplit(constant, split, { paperCompat: true }).inputTransform.std).toEqual([1e-6]);
    expect(standardizeSplit(constant, split, { paperCompat: true }).train.inputs.data).toEqual(Float32Array.of(0, 0));
    expect(train.data.size).toBe(2);
  });

  it('refuses rows that are not there, other numbers of rows, and unknown options', () => {
    expect(() => standardizeSplit(data, { ...split, test: Int32Array.of(3) })).toThrow('the split has row 3');
    expect(() => standardizeSplit({ ...data, targets: { data: Float64Array.of(1, 2), shape: [2] } }, split)).toThrow(
      'targets have 2 rows, expected 3 as the inputs',
    );
    expect(() => standardizeSplit(data, split, { rows: [0] } as never)).toThrow('option rows is unknown');
    expect(() => standardizeSplit(undefined as never, split)).toThrow('standardizeSplit: data is undefined');
    expect(() => standardizeSplit(data, undefined as never)).toThrow('standardizeSplit: split is undefined');
  });
});

describeGolden('uci-data.json', (golden) => {
  it.each(['bostonHousing', 'yacht', 'energy', 'naval-propulsion-plant', 'elevators'])(
    'has the constants of %s',
    async (folder) => {
      const name = { bostonHousing: 'boston', 'naval-propulsion-plant': 'naval' }[folder] ?? folder;
      const entry = golden.datasets[folder];
      const uci = await loadUci(name, { root: sharedPath('data') });
      for (const k of [0, 1]) {
        const { inputTransform, targetTransform } = standardizeSplit(uci, uci.splits[k]);
        const fixed = entry.fixedSplits[k];
        expect(targetTransform.mean[0]).toBeCloseTo(fixed.targetMean, 10);
        expect(targetTransform.std[0]).toBeCloseTo(fixed.targetStd, 10);
        inputTransform.mean.forEach((mean, column) => {
          expect(Math.abs(mean - fixed.featureMeans[column])).toBeLessThan(1e-9 * (1 + Math.abs(mean)));
          const std = entry.constantFeatures.includes(column) ? 1 : fixed.featureStds[column];
          expect(Math.abs(inputTransform.std[column] - std)).toBeLessThan(1e-9 * std);
        });
      }
      const { targetTransform } = standardizeSplit(uci, paperSplits(entry.N)[0], { paperCompat: true });
      expect(targetTransform.std[0]).toBeCloseTo(entry.paperCompat.targetStd, 12);
    },
  );
});

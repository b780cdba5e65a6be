import { randomSource } from '@subspace/core';
import { standardization, standardize } from '@subspace/datasets';
import { yacht } from '@subspace/datasets/yacht';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const table = { data: Float32Array.of(1, 100, 7, 3, 300, 7, 8, 500, 9), shape: [3, 3] };

describe('standardize', () => {
  it('gives columns of mean 0 and standard deviation 1', () => {
    const { arrays } = standardize({ data: Float32Array.of(1, 10, 2, 40, 6, 10), shape: [3, 2] });
    for (const column of [0, 1]) {
      const values = [0, 1, 2].map((row) => arrays.data[2 * row + column]);
      expect(values.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 6);
      expect(values.reduce((sum, x) => sum + x * x, 0) / 3).toBeCloseTo(1, 6);
    }
  });

  it('computes with every digit of float64, and takes integers of any size', () => {
    const expected = Float32Array.of(-Math.sqrt(1.5), 0, Math.sqrt(1.5));
    for (const data of [
      Float64Array.of(1.6e9, 1.6e9 + 1, 1.6e9 + 2),
      BigInt64Array.of(2n ** 40n, 2n ** 40n + 1n, 2n ** 40n + 2n),
      Uint32Array.of(4_294_967_293, 4_294_967_294, 4_294_967_295),
    ]) {
      expect(standardize({ data, shape: [3, 1] }).arrays.data).toEqual(expected);
    }
  });

  it('learns from the given rows only, and transforms all', () => {
    const { arrays, transform } = standardize(table, { rows: [0, 1] });
    expect(transform.mean).toEqual([2, 200, 7]);
    expect(transform.std).toEqual([1, 100, 1]);
    expect([...arrays.data]).toEqual([-1, -1, 0, 1, 1, 0, 6, 3, 2]);
    const other = { ...table, data: Float32Array.from(table.data, (x, i) => (i < 6 ? x : -1000 * x)) };
    expect(standardize(other, { rows: Int32Array.of(0, 1) }).transform.mean).toEqual(transform.mean);
  });

  it('takes the rows that are named, wherever they are', () => {
    const { transform } = standardize(table, { rows: [2, 0] });
    expect(transform.mean).toEqual([4.5, 300, 8]);
    expect(transform.std).toEqual([3.5, 200, 1]);
  });

  it('maps a constant column to 0, also where the mean of its values is rounded', () => {
    const { arrays, transform } = standardize({ data: new Float32Array(1001).fill(0.1), shape: [1001, 1] });
    expect(transform.std).toEqual([1]);
    expect(arrays.data.every((x) => x === 0)).toBe(true);
  });

  it('takes everything after the first axis for columns, and [N] for one', () => {
    expect(standardize({ data: Float32Array.of(1, 3), shape: [2] }).transform).toMatchObject({ mean: [2], std: [1] });
    const { arrays, transform } = standardize({ data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 9), shape: [2, 2, 2] });
    expect(transform.mean).toEqual([2, 3, 4, 6]);
    expect(arrays.shape).toEqual([2, 2, 2]);
  });

  it('inverts what it applies, and can be made again from its plain numbers', () => {
    const random = randomSource('round trip');
    for (let round = 0; round < 200; round++) {
      const scale = 10 ** (6 * random.uniform() - 3);
      const offset = 1000 * random.normal();
      const data = Float32Array.from({ length: 2 + round }, () => offset + scale * random.normal());
      const { arrays, transform } = standardize({ data, shape: [data.length, 1] });
      const { mean, std } = JSON.parse(JSON.stringify(transform));
      const back = standardization(mean, std).invert(arrays).data;
      const magnitude = std[0] * Math.max(...arrays.data.map(Math.abs)) + Math.abs(mean[0]);
      back.forEach((x, i) => {
        expect(Math.abs(x - data[i])).toBeLessThan(2e-7 * magnitude);
      });
    }
  });

  it('rejects empty or non-finite arrays, rows that do not exist, and other columns', () => {
    expect(() => standardize({ data: new Float32Array(0), shape: [0, 2] })).toThrow('standardize: arrays is empty');
    expect(() => standardize({ data: Float32Array.of(1, Number.NaN), shape: [2] })).toThrow('arrays.data[1] is NaN');
    expect(() => standardize(table, { rows: [] })).toThrow('standardize: rows is empty');
    for (const row of [3, -1, 0.5, Number.NaN]) {
      expect(() => standardize(table, { rows: [0, row] })).toThrow(
        `standardize: rows[1] is ${row}, expected a row from 0 to 2`,
      );
    }
    expect(() => standardize(table, { train: [0] } as never)).toThrow('standardize: option train is unknown');
    const { transform } = standardize(table);
    expect(() => transform.apply({ data: new Float32Array(4), shape: [2, 2] })).toThrow(
      'arrays have 2 columns, expected 3',
    );
    expect(() => transform.invert({ data: new Float32Array(4), shape: [2, 2] })).toThrow(
      'arrays have 2 columns, expected 3',
    );
    expect(() => standardization([1, 2], [1])).toThrow('standardization: std has length 1, expected 2');
    expect(() => standardization([1], [0])).toThrow('standardization: std[0] is 0');
    expect(() => standardization([Number.NaN], [1])).toThrow('standardization: mean[0] is NaN');
  });
});

describeGolden('uci-data.json', (golden) => {
  it('has the golden mean and standard deviation of yacht’s columns', () => {
    const { columns, target } = golden.datasets.yacht;
    const { inputs, targets } = yacht();
    const { transform } = standardize(inputs);
    transform.mean.forEach((mean, k) => {
      expect(mean).toBeCloseTo(columns.means[k], 6);
    });
    const { transform: targetTransform } = standardize(targets);
    expect(targetTransform.mean[0]).toBeCloseTo(target.mean, 5);
    expect(targetTransform.std[0]).toBeCloseTo(target.std, 5);
  });
});

import { randomSource } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { subspaceRegressor } from '@subspace/estimators';
import { describe, expect, it } from 'vitest';
import { parts, quick, sine } from './quick-parts.ts';

const { x, y } = sine(40, 1);
const model = () => subspaceRegressor({ ...parts, ...quick, priorStd: 1, temperature: 10 });

/** Fits, and predicts the first rows. */
async function predicted(inputs: never, targets: never): Promise<Float64Array> {
  const fresh = model();
  await fresh.fit(inputs, targets, { seed: 1 });
  const { mean } = await fresh.predict((inputs as readonly never[]).slice(0, 2) as never);
  fresh.dispose();
  return mean;
}

describe('data as people have them', () => {
  it('are one thing as numbers, lists, objects, or arrays: the same predictions', async () => {
    const numbers = await predicted(x as never, y as never);
    expect(await predicted(x.map((value) => [value]) as never, y.map((value) => [value]) as never)).toEqual(numbers);
    expect(await predicted(x.map((value) => ({ value })) as never, Float64Array.from(y) as never)).toEqual(numbers);
    const rows = x.map((value, i) => ({ y: y[i], value }));
    expect(await predicted(rows as never, 'y' as never)).toEqual(numbers);
    const arrays = model();
    await arrays.fit(
      { data: Float64Array.from(x), shape: [40, 1] },
      { data: Float64Array.from(y), shape: [40] },
      { seed: 1 },
    );
    expect((await arrays.predict({ data: Float64Array.from(x.slice(0, 2)), shape: [2, 1] })).mean).toEqual(numbers);
    arrays.dispose();
  });

  it('find their columns by name, in any order, beside others', async () => {
    const rows = x.map((value, i) => ({ value, other: i % 3 }));
    const fresh = model();
    await fresh.fit(rows, y, { seed: 1 });
    const there = await fresh.predict([{ value: 1, other: 2 }]);
    expect(await fresh.predict([{ note: 'mine', other: 2, value: 1 }])).toEqual(there);
    await expect(fresh.predict([{ value: 1 }])).rejects.toThrow(
      'subspaceRegressor.predict: inputs[0].other is missing (undefined)',
    );
    await expect(fresh.predict([[1, 2, 3]])).rejects.toThrow('inputs have 3 columns, expected 2');
    fresh.dispose();
  });

  it('may have constant columns, constant targets, and any scale', async () => {
    const rows = x.map((value) => [value, 7]);
    expect((await predicted(rows as never, y as never)).every(Number.isFinite)).toBe(true);
    const constant = await predicted(x as never, y.map(() => 5) as never);
    constant.forEach((value) => {
      expect(Math.abs(value - 5)).toBeLessThan(1);
    });
    const small = await predicted(x as never, y as never);
    const huge = await predicted(
      x.map((value) => 1e12 * value + 1e15) as never,
      y.map((value) => 1e-9 * value) as never,
    );
    huge.forEach((value, i) => {
      expect(value / 1e-9 / small[i]).toBeCloseTo(1, 2);
    });
  });

  it('may be fewer than a batch, down to a handful', async () => {
    const random = randomSource(1);
    for (const rows of [3, 5, 12]) {
      const few = Array.from({ length: rows }, () => [random.normal(), random.normal()]);
      expect((await predicted(few as never, few.map(([a]) => a) as never)).every(Number.isFinite)).toBe(true);
    }
  });

  it('are refused where a cell is no number, by its place', async () => {
    const fit = (inputs: unknown, targets: unknown = [1, 2]) => model().fit(inputs as never, targets as never);
    const where = 'subspaceRegressor.fit: ';
    await expect(fit([{ age: 3 }, { age: null }])).rejects.toThrow(
      `${where}inputs[1].age is missing (null), expected a number: leave the row out, or fill the cell in`,
    );
    await expect(fit([[1], [Number.NaN]])).rejects.toThrow(`${where}inputs[1][0] is missing (NaN)`);
    await expect(fit([{ age: '' }, { age: 1 }])).rejects.toThrow(`${where}inputs[0].age is missing ("")`);
    await expect(fit([{ age: '31' }, { age: '32' }])).rejects.toThrow('read the file with numbers as numbers');
    await expect(fit([{ kind: 'red' }, { kind: 'blue' }])).rejects.toThrow('make a column of 0 and 1 of each text');
    await expect(fit([[1], [Infinity]])).rejects.toThrow(`${where}inputs[1][0] is Infinity, expected a finite number`);
    await expect(fit([[1], [2, 3]])).rejects.toThrow(`${where}inputs[1] has 2 cells, expected 1`);
    await expect(fit([{ a: 1 }, { a: 2, b: 3 }])).rejects.toThrow(
      `${where}inputs[1] has b, which the first row has not`,
    );
    await expect(
      fit(
        [
          { a: 1, y: 1 },
          { a: 2, y: 2, b: 3 },
        ],
        'y',
      ),
    ).rejects.toThrow(`${where}inputs[1] has b, which the first row has not`);
    await expect(fit([1, 2], [1, undefined])).rejects.toThrow(`${where}targets[1] is missing`);
    await expect(fit([1, 2, 3])).rejects.toThrow(`${where}targets have 2 rows, expected 3`);
    await expect(fit([])).rejects.toThrow(`${where}inputs is empty`);
    await expect(fit(undefined)).rejects.toThrow(`${where}inputs is undefined, expected rows`);
    await expect(fit([1], [1])).rejects.toThrow(`${where}there is 1 row, expected at least 2`);
    await expect(fit([{ a: 1 }, { a: 2 }], 'b')).rejects.toThrow(
      'targets is "b", but the rows have a; expected the name',
    );
    await expect(fit([[1], [2]], 'b')).rejects.toThrow('the rows are no objects');
  });
});

describe('arguments that make no sense', () => {
  it('are named', async () => {
    expect(() => subspaceRegressor({ ...parts, moments: undefined as never })).toThrow(
      'subspaceRegressor: moments is undefined, expected a function that makes one',
    );
    expect(() => subspaceRegressor({ ...parts, temprature: 1 } as never)).toThrow('option temprature is unknown');
    expect(() => subspaceRegressor({ ...parts, temperature: 'hot' as never })).toThrow('temperature is "hot"');
    expect(() => subspaceRegressor({ ...parts, temperature: -1 })).toThrow('temperature is -1');
    expect(() => subspaceRegressor({ ...parts, priorStd: 0 })).toThrow('priorStd is 0');
    expect(() => subspaceRegressor({ ...parts, inner: { fraction: 1 } })).toThrow(
      'inner.fraction is 1, expected less than 1',
    );
    expect(() => subspaceRegressor({ ...parts, training: { collectTo: 0.5 } })).toThrow(
      'expected from less than 1 to at least 1',
    );
    expect(() => subspaceRegressor({ ...parts, training: { epoch: 3 } as never })).toThrow('option epoch is unknown');
    expect(() => subspaceRegressor({ ...parts, sampling: { draws: 10, mostDraws: 5 } })).toThrow('mostDraws is 5');
    expect(() => subspaceRegressor({ ...parts, sampling: { draws: 10_000 } })).not.toThrow();
    const fresh = model();
    await expect(fresh.predict([1])).rejects.toThrow('subspaceRegressor.predict: the model has not been fitted');
    expect(() => fresh.report()).toThrow('the model has not been fitted');
    await expect(fresh.fit(x, y, { sed: 1 } as never)).rejects.toThrow('option sed is unknown');
    const wide = subspaceRegressor({ ...parts, ...quick, network: () => denseNetwork({ sizes: [1, 3], threads: 1 }) });
    await expect(wide.fit(x, y)).rejects.toThrow(
      'network has 3 outputs, expected 1 (means) or 2 (means, then variances) for 1 target',
    );
    const none = subspaceRegressor({ ...parts, ...quick, network: (() => ({})) as never });
    await expect(none.fit(x, y)).rejects.toThrow('network made Object, expected a network');
    await fresh.fit(x, y);
    await expect(fresh.predictInterval([1], { coverage: 95 })).rejects.toThrow(
      'coverage is 95, expected a number between 0 and 1',
    );
    await expect(fresh.sample([1], { count: Number.NaN, seed: 1 })).rejects.toThrow('sample: count is NaN');
    await expect(fresh.sample([1], { count: 2 } as never)).rejects.toThrow('sample: seed is undefined');
    fresh.dispose();
  });
});

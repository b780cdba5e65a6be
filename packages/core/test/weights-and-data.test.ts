import { arraysDataset, randomSource, subspace, toWeights, weightLayout } from '@subspace/core';
import { gatherRows, permutation } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';

describe('weightLayout', () => {
  it('lays tensors one after the other', () => {
    const layout = weightLayout([
      { name: 'a', shape: [2, 3] },
      { name: 'b', shape: [] },
      { name: 'c', shape: [4] },
    ]);
    expect(layout.size).toBe(11);
    expect(layout.entries.map(({ offset }) => offset)).toEqual([0, 6, 7]);
  });

  it('rejects nothing, repeated names and sizes that are none', () => {
    expect(() => weightLayout([])).toThrow('weightLayout: tensors is empty');
    const a = { name: 'a', shape: [1] };
    expect(() => weightLayout([a, a])).toThrow('name "a" appears twice');
    expect(() => weightLayout([{ name: 'a', shape: [2, 0] }])).toThrow('shape of a is 0');
  });
});

describe('toWeights', () => {
  it('is shift + zᵀ·basis, rounded once, for any K and D', () => {
    for (const [size, dim] of [
      [1, 1],
      [7, 4],
      [2048, 5],
      [5001, 11],
    ]) {
      const random = randomSource(`${size} ${dim}`);
      const draw = (n: number) => Float32Array.from({ length: n }, random.normal);
      const space = subspace({
        layout: weightLayout([{ name: 'w', shape: [size] }]),
        shift: draw(size),
        basis: Array.from({ length: dim }, () => draw(size)),
      });
      const z = Float64Array.from({ length: dim }, random.normal);
      const weights = toWeights(space, z);
      for (let i = 0; i < size; i++) {
        const exact = space.basis.reduce((sum, row, k) => sum + z[k] * row[i], space.shift[i]);
        expect(Math.abs(weights[i] - exact)).toBeLessThanOrEqual(6e-8 * Math.abs(exact) + 1e-14);
      }
      const out = new Float32Array(size);
      expect(toWeights(space, z, out)).toBe(out);
      expect(out).toEqual(weights);
    }
  });

  it('at z = 0 is the shift, bit for bit', () => {
    const shift = Float32Array.of(0.1, -3e7, 1e-30);
    const space = subspace({
      layout: weightLayout([{ name: 'w', shape: [3] }]),
      shift,
      basis: [Float32Array.of(1, 2, 3)],
    });
    expect(toWeights(space, [0])).toEqual(shift);
  });

  it('rejects coordinates and buffers of another length, and broken subspaces', () => {
    const layout = weightLayout([{ name: 'w', shape: [2] }]);
    const shift = Float32Array.of(0, 0);
    const space = subspace({ layout, shift, basis: [Float32Array.of(1, 2)] });
    expect(() => toWeights(space, [1, 2])).toThrow('toWeights: z has length 2, expected 1');
    expect(() => toWeights(space, [1], new Float32Array(3))).toThrow('out has length 3, expected 2');
    expect(() => subspace({ layout, shift, basis: [] })).toThrow('subspace: basis is empty');
    expect(() => subspace({ layout, shift, basis: [Float32Array.of(1)] })).toThrow('basis[0] has length 1, expected 2');
    expect(() => subspace({ layout, shift: Float32Array.of(0, Infinity), basis: [shift] })).toThrow(
      'shift[1] is Infinity',
    );
  });
});

describe('arraysDataset', () => {
  const inputs = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] };
  const targets = { data: Int32Array.of(0, 1, 2), shape: [3] };

  it('gathers rows in the order asked for, images as floats, labels as they are', async () => {
    const data = arraysDataset({ inputs: { data: Uint8Array.of(1, 2, 3, 4, 5, 255), shape: [3, 2] }, targets });
    expect([data.size, data.inputShape, data.targetShape]).toEqual([3, [2], []]);
    const rows = await data.gather(Int32Array.of(2, 0, 2));
    expect(rows.inputs).toEqual({ data: Float32Array.of(5, 255, 1, 2, 5, 255), shape: [3, 2] });
    expect(rows.targets).toEqual({ data: Int32Array.of(2, 0, 2), shape: [3] });
    expect(data.arrays!.inputs.data).toBeInstanceOf(Uint8Array);
    expect(() => gatherRows(inputs, [3])).toThrow('rows[0] is 3, expected a row from 0 to 2');
  });

  it('rejects empty data, wrong shapes, values that are not finite and bad weights', () => {
    const make = (changes: object) => () => arraysDataset({ inputs, targets, ...changes });
    expect(make({ inputs: { data: new Float32Array(0), shape: [0, 2] } })).toThrow(
      'arraysDataset: inputs is empty, expected at least one row',
    );
    expect(make({ inputs: { data: inputs.data, shape: [3, 3] } })).toThrow(
      'inputs.data has length 6, expected 9 for shape [3, 3]',
    );
    expect(make({ inputs: { data: Float32Array.of(1, Number.NaN, 3), shape: [3, 1] } })).toThrow(
      'inputs.data[1] is NaN, expected a finite number (row 1, column 0, from 0)',
    );
    const image = Float32Array.from({ length: 36 }, (_, i) => (i === 19 ? Number.NaN : i));
    expect(make({ inputs: { data: image.subarray(0, 20), shape: [5, 4] } })).toThrow(
      'inputs.data[19] is NaN, expected a finite number (row 4, column 3, from 0)',
    );
    expect(make({ inputs: { data: image, shape: [3, 2, 6] } })).toThrow(
      'inputs.data[19] is NaN, expected a finite number (row 1, column [1, 1], from 0)',
    );
    expect(make({ targets: { data: Float32Array.of(1, 2), shape: [2] } })).toThrow('targets have 2 rows, expected 3');
    expect(make({ targets: { data: Float32Array.of(1, 2, Infinity), shape: [3] } })).toThrow(
      'targets.data[2] is Infinity, expected a finite number (row 2, from 0)',
    );
    expect(make({ inputs: [1, 2, 3] })).toThrow('inputs is no array, expected { data: Float32Array, shape: [N, …] }');
    expect(make({ rowWeights: Float32Array.of(1) })).toThrow('rowWeights has length 1, expected 3');
    expect(make({ rowWeights: Float32Array.of(1, -1, 1) })).toThrow('rowWeights[1] is -1');
    expect(make({ inputs: { data: Float64Array.of(Number.NaN, 1, 2), shape: [3, 1] } })).toThrow(
      'inputs.data is of type Float64Array, expected Float32Array, Uint8Array or Int32Array',
    );
    expect(make({ targets: { data: [1, 2, 3], shape: [3] } })).toThrow('targets.data is of type Array');
    expect(() => arraysDataset(undefined as never)).toThrow('arraysDataset: parts is undefined');
    expect(make({ labels: targets })).toThrow('option labels is unknown');
  });
});

describe('permutation', () => {
  it('holds every number once, and every order is equally likely', () => {
    const random = randomSource(4);
    const counts = new Map<string, number>();
    const n = 24_000;
    for (let i = 0; i < n; i++) {
      const key = permutation(4, random).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - n / 24) ** 2 / (n / 24), 0);
    // 23 degrees of freedom: the 1e-4 quantile is 56.
    expect(chiSquare).toBeLessThan(56);
    expect([...permutation(0, random)]).toEqual([]);
    expect(() => permutation(-1, random)).toThrow('permutation: size is -1');
  });
});

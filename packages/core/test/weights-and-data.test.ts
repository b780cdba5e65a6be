import {
  arraysDataset,
  type RawArrays,
  randomSource,
  readNpy,
  subspace,
  toWeights,
  weightLayout,
} from '@subspace/core';
import { gatherRows, permutation } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';

/** What numpy.save writes. */
function npyOf(data: ArrayBufferView, descr: string, shape: string): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  const start = [0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0, ...Buffer.from(header), 0x0a];
  return Uint8Array.from([...start, ...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

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
      'inputs.data[0] is NaN',
    );
    expect(make({ inputs: { data: new Uint8ClampedArray(3), shape: [3, 1] } })).toThrow(
      'inputs.data is of type Uint8ClampedArray, expected Float32Array, Uint8Array, Int32Array, Float64Array,',
    );
    expect(make({ targets: { data: [1, 2, 3], shape: [3] } })).toThrow('targets.data is of type Array');
    expect(() => arraysDataset(undefined as never)).toThrow('arraysDataset: parts is undefined');
    expect(make({ labels: targets })).toThrow('option labels is unknown');
  });

  it('takes arrays as files hold them: float64 rounded to float32, integers as int32, those of engines untouched', () => {
    const column = (data: RawArrays['data']) =>
      arraysDataset({ inputs: { data, shape: [3, 1] }, targets }).arrays!.inputs.data;
    expect(column(Float64Array.of(0.1, -1e-50, 3e38))).toEqual(Float32Array.of(0.1, -1e-50, 3e38));
    for (const data of [Int8Array.of(-128, 0, 127), Int16Array.of(-32768, 0, 32767), Uint16Array.of(0, 1, 65535)]) {
      expect(column(data)).toEqual(Int32Array.from(data));
    }
    expect(column(Uint32Array.of(0, 1, 16_777_216))).toEqual(Int32Array.of(0, 1, 16_777_216));
    expect(column(BigInt64Array.of(-5n, 0n, 7n))).toEqual(Int32Array.of(-5, 0, 7));
    expect(column(BigUint64Array.of(5n, 0n, 7n))).toEqual(Int32Array.of(5, 0, 7));
    for (const data of [Float32Array.of(1, 2, 3), Uint8Array.of(1, 2, 3), Int32Array.of(1, 2, 3)]) {
      expect(column(data)).toBe(data);
    }
    const labels = { data: BigInt64Array.of(2n, 0n, 1n), shape: [3] };
    expect(arraysDataset({ inputs, targets: labels }).arrays!.targets.data).toEqual(Int32Array.of(2, 0, 1));
  });

  it('refuses, by row, what float32 and int32 do not hold', () => {
    const both = (data: RawArrays['data'], shape = [3, 1]) => [
      () => arraysDataset({ inputs: { data, shape }, targets }),
      () => arraysDataset({ inputs, targets: { data, shape } }),
    ];
    for (const [data, message] of [
      [
        Float64Array.of(1, 2, 1e39),
        /^arraysDataset: (inputs|targets)\.data\[2\] is 1e\+39, expected at most 3\.4e38.* \(row 2/,
      ],
      [
        Uint32Array.of(1, 2 ** 31, 2),
        /data\[1\] is 2147483648, expected an integer from -2147483648 to 2147483647 \(row 1/,
      ],
      [BigInt64Array.of(-(2n ** 40n), 1n, 2n), /data\[0\] is -1099511627776, expected an integer from/],
      [BigUint64Array.of(1n, 2n, 2n ** 64n - 1n), /data\[2\] is 18446744073709551615, expected an integer from/],
      // Seconds since 1970, of which float32 holds every 128th; whole or not.
      [
        Float64Array.of(1.6e9, 1.6e9 + 1, 1.6e9 + 60),
        /data\[2\] is 1600000060, .* it would become 1600000000; standardize first \(row 2/,
      ],
      [
        Float64Array.of(1.6e9 + 0.5, 1.6e9 + 1.5, 1.6e9),
        /data\[1\] is 1600000001\.5, expected a number that float32 holds/,
      ],
      [BigInt64Array.of(1_600_000_000n, 1_600_000_001n, 1_600_000_060n), /data\[2\] is 1600000060, expected a number/],
      [Int32Array.of(16_777_216, 16_777_217, 16_777_218), /data\[1\] is 16777217, .* what its column spans \(2\)/],
    ] as const) {
      for (const make of both(data)) expect(make).toThrow(message);
    }
    const wide = { data: Float64Array.of(1, 1e9, 2, 1e9 + 1, 3, 1e9 + 2), shape: [3, 2] };
    expect(() => arraysDataset({ inputs: wide, targets })).toThrow(
      /inputs\.data\[5\] is 1000000002, expected .* \(row 2, column 1, from 0\)$/,
    );
    // What is lost is nothing beside what the column spans; and a constant has nothing to lose.
    for (const data of [
      Float64Array.of(0, 1.6e9 + 1, 3e9),
      Float64Array.of(0.1, 0.1, 0.1 + 2e-17),
      Float64Array.of(1e9 + 1, 1e9 + 1, 1e9 + 1),
    ]) {
      for (const make of both(data)) expect(make).not.toThrow();
    }
  });

  it('takes what readNpy gives', () => {
    const file = npyOf(Float64Array.of(1, 2, 3, 4, 5, 6), '<f8', '(3, 2)');
    const labels = npyOf(BigInt64Array.of(2n, 0n, 1n), '<i8', '(3,)');
    const data = arraysDataset({ inputs: readNpy(file), targets: readNpy(labels) });
    expect(data.arrays!.inputs).toEqual(inputs);
    expect(data.arrays!.targets.data).toEqual(Float32Array.of(2, 0, 1));
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

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSource, readNpy } from '@subspace/core';
import { describeGolden, sharedPath } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const numpyIsThere = spawnSync('python3', ['-c', 'import numpy']).status === 0;

/** What numpy.save writes: magic, version, header padded to a multiple of 64 bytes, data. */
function npy(descr: string, shape: string, data: ArrayBufferView, { version = 1, order = 'False', header = '' } = {}) {
  const text = header || `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const encoded = new TextEncoder().encode(text);
  const padding = 64 - ((8 + lengthBytes + encoded.length + 1) % 64);
  const headerLength = encoded.length + padding + 1;
  const start = 8 + lengthBytes + headerLength;
  const file = new Uint8Array(start + data.byteLength).fill(0x20, 0, start);
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) view.setUint16(8, headerLength, true);
  else view.setUint32(8, headerLength, true);
  file.set(encoded, 8 + lengthBytes);
  file[start - 1] = 0x0a;
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}

const floats = Float32Array.of(1.5, -2.25, 1e30, 0, -0, 3);
const plain = npy('<f4', '(2, 3)', floats);

describe('readNpy', () => {
  it('reads floats, integers and booleans into arrays of their own type', () => {
    const cases: [string, ArrayBufferView & Iterable<number>][] = [
      ['<f4', floats],
      ['<f8', Float64Array.of(Math.PI, -1e300, Number.NaN)],
      ['|i1', Int8Array.of(-128, 127)],
      ['<i2', Int16Array.of(-32768, 5)],
      ['<i4', Int32Array.of(-(2 ** 31), 7)],
      ['|u1', Uint8Array.of(0, 255)],
      ['<u2', Uint16Array.of(65535)],
      ['<u4', Uint32Array.of(2 ** 32 - 1, 0)],
      ['|b1', Uint8Array.of(1, 0, 1)],
    ];
    for (const [descr, data] of cases) {
      const count = [...data].length;
      expect(readNpy(npy(descr, `(${count},)`, data)), descr).toEqual({ data, shape: [count] });
    }
  });

  it('reads integers of eight bytes as numbers, up to 2^53', () => {
    const signed = BigInt64Array.of(-5n, 2n ** 53n - 1n);
    expect(readNpy(npy('<i8', '(2,)', signed)).data).toEqual(Float64Array.of(-5, 2 ** 53 - 1));
    expect(readNpy(npy('<u8', '(1,)', BigUint64Array.of(9n))).data).toEqual(Float64Array.of(9));
    expect(() => readNpy(npy('<i8', '(1,)', BigInt64Array.of(2n ** 53n)))).toThrow(
      'readNpy: the file holds the integer 9007199254740992, expected integers below 2^53',
    );
  });

  it('reads big-endian data, format versions 1 to 3, and headers with the keys in another order', () => {
    const swapped = new DataView(new ArrayBuffer(8));
    swapped.setFloat32(0, 2.5);
    swapped.setFloat32(4, -7);
    expect(readNpy(npy('>f4', '(2,)', swapped)).data).toEqual(Float32Array.of(2.5, -7));
    for (const version of [1, 2, 3]) {
      expect(readNpy(npy('<f4', '(2, 3)', floats, { version }))).toEqual({ data: floats, shape: [2, 3] });
    }
    const header = "{'shape':(3,2), 'fortran_order':False, 'descr':'<f4'}";
    expect(readNpy(npy('', '', floats, { header })).shape).toEqual([3, 2]);
  });

  it('reads scalars, empty arrays, many axes, a view into a larger buffer, and a bare ArrayBuffer', () => {
    expect(readNpy(npy('<f4', '()', Float32Array.of(4)))).toEqual({ data: Float32Array.of(4), shape: [] });
    expect(readNpy(npy('<f4', '(0, 3)', new Float32Array(0)))).toEqual({ data: new Float32Array(0), shape: [0, 3] });
    expect(readNpy(npy('<f4', '(1, 2, 1, 3)', floats)).shape).toEqual([1, 2, 1, 3]);
    const larger = new Uint8Array(plain.length + 13);
    larger.set(plain, 3);
    expect(readNpy(larger.subarray(3, 3 + plain.length))).toEqual({ data: floats, shape: [2, 3] });
    expect(readNpy(plain.buffer)).toEqual({ data: floats, shape: [2, 3] });
  });

  it('reads half-precision floats as Float32Array, exactly, of either byte order', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0xfc00, 0x7bff, 0x8000, 0x7e00);
    const expected = Float32Array.of(1, -2, 2 ** -24, Infinity, -Infinity, 65504, -0, Number.NaN);
    expect(readNpy(npy('<f2', '(8,)', halves)).data).toEqual(expected);
    const swapped = new Uint8Array(halves.buffer).map((_, i, bytes) => bytes[i ^ 1]);
    expect(readNpy(npy('>f2', '(8,)', swapped)).data).toEqual(expected);
  });

  it('puts Fortran order into rows', () => {
    const order = 'True';
    // a[i, j] = 10 i + j, first axis fastest.
    const matrix = Int16Array.of(0, 10, 1, 11, 2, 12);
    const rows = { data: Int16Array.of(0, 1, 2, 10, 11, 12), shape: [2, 3] };
    expect(readNpy(npy('<i2', '(2, 3)', matrix, { order }))).toEqual(rows);
    expect(readNpy(npy('<i2', '(1, 2, 1, 3)', matrix, { order }))).toEqual({ ...rows, shape: [1, 2, 1, 3] });
    // a[i, j, k] = 100 i + 10 j + k.
    const cube: number[] = [];
    for (let k = 0; k < 4; k++) for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) cube.push(100 * i + 10 * j + k);
    const read = readNpy(npy('<f4', '(2, 3, 4)', Float32Array.from(cube), { order }));
    expect([...read.data]).toEqual([...cube].sort((a, b) => a - b));
    expect(readNpy(npy('<f4', '(6, 1)', floats, { order })).data).toEqual(floats);
    expect(readNpy(npy('<f4', '()', Float32Array.of(4), { order }))).toEqual({ data: Float32Array.of(4), shape: [] });
    expect(readNpy(npy('<f4', '(3, 0, 2)', new Float32Array(0), { order })).shape).toEqual([3, 0, 2]);
  });

  it('reads headers in double quotes', () => {
    for (const header of [
      '{"descr": "<f4", "fortran_order": False, "shape": (2, 3)}',
      `{"descr":'<f4','fortran_order' : False,"shape" :(2,3,), }`,
    ]) {
      expect(readNpy(npy('', '', floats, { header })), header).toEqual({ data: floats, shape: [2, 3] });
    }
    const header = `{"descr': '<f4', 'fortran_order': False, 'shape': (6,), }`;
    expect(() => readNpy(npy('', '', floats, { header }))).toThrow('expected descr (a plain type)');
  });

  it.skipIf(!numpyIsThere)(
    'reads what NumPy writes: every type and byte order, both orders of axes, 0 to 4 axes',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'subspace-npy-'));
      try {
        const script = `
import sys, json, numpy
cases = []
for kind in ['f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', 'b1']:
  for byte in '<>':
    for shape in [(), (0,), (5,), (2, 3), (3, 0, 2), (2, 3, 4), (2, 1, 3, 2)]:
      for order in 'CF':
        values = numpy.arange(numpy.prod(shape, dtype=int)) % 2 if kind == 'b1' else numpy.arange(numpy.prod(shape, dtype=int))
        array = numpy.asarray(values.reshape(shape).astype(byte + kind), order=order)
        name = f'{sys.argv[1]}/{len(cases)}.npy'
        numpy.save(name, array)
        cases.append({'name': name, 'shape': shape, 'values': [float(v) for v in array.flatten('C')]})
print(json.dumps(cases))
`;
        const { stdout, stderr, status } = spawnSync('python3', ['-c', script, folder], { encoding: 'utf8' });
        expect(status, stderr).toBe(0);
        const cases = JSON.parse(stdout) as { name: string; shape: number[]; values: number[] }[];
        expect(cases.length).toBe(12 * 2 * 7 * 2);
        for (const { name, shape, values } of cases) {
          const read = readNpy(readFileSync(name));
          expect([[...read.data], read.shape], name).toEqual([values, shape]);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('rejects truncated files, wherever they end, and files with more data than the shape says', () => {
    for (let length = 0; length < plain.length; length++) {
      expect(() => readNpy(plain.subarray(0, length))).toThrow(
        /^readNpy: the file (does not begin with|has format version undefined|ends after \d+ bytes, within its header|has \d+ bytes of data, expected 24 for shape \(2, 3\) of type <f4)/,
      );
    }
    const longer = new Uint8Array(plain.length + 4);
    longer.set(plain);
    expect(() => readNpy(longer)).toThrow('readNpy: the file has 28 bytes of data, expected 24');
  });

  it('rejects foreign files, other versions and other types', () => {
    expect(() => readNpy(new TextEncoder().encode('x,y\n1,2\n'))).toThrow('expected a .npy file');
    expect(() => readNpy(npy('<f4', '(6,)', floats, { version: 4 }))).toThrow('format version 4, expected 1, 2 or 3');
    for (const descr of ['|O', '<U3', '<c8', '<f3', '<M8[ns]', '|V4', '<f1', '<b2', '<f16']) {
      expect(() => readNpy(npy(descr, '(6,)', floats))).toThrow(`the file holds type "${descr}"`);
    }
    const fields = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }";
    expect(() => readNpy(npy('', '', floats, { header: fields }))).toThrow('expected descr (a plain type)');
    expect(() => readNpy(npy('<f4', '(2 3)', floats))).toThrow('the shape is (2 3), expected integers');
    expect(() => readNpy(npy('<f4', '(999999999999, 999999999999)', floats))).toThrow('has 24 bytes of data, expected');
  });

  it('answers damaged files with an array or one clear error, nothing else', () => {
    const random = randomSource('fuzz');
    const upTo = (n: number) => Math.floor(n * random.uniform());
    const sources = [
      plain,
      npy('<i8', '(2,)', BigInt64Array.of(1n, 2n), { version: 2 }),
      npy('>u2', '(1, 4)', new Uint16Array(4)),
      npy('<f2', '(2, 2)', new Uint16Array(4), { order: 'True' }),
    ];
    let errors = 0;
    const rounds = 3000;
    for (let round = 0; round < rounds; round++) {
      let file = sources[upTo(sources.length)].slice();
      for (let change = upTo(4); change >= 0; change--) {
        const kind = upTo(3);
        // Half of the changes hit the header's text, where they do most.
        const at = random.uniform() < 0.5 ? upTo(Math.min(80, file.length)) : upTo(file.length);
        if (kind === 0) file[at] = upTo(256);
        else if (kind === 1) file = file.slice(0, at);
        else file = Uint8Array.from([...file.subarray(0, at), upTo(256), ...file.subarray(at)]);
        if (file.length === 0) break;
      }
      try {
        const { data, shape } = readNpy(file);
        expect(data.length).toBe(shape.reduce((product, length) => product * length, 1));
      } catch (error) {
        errors++;
        expect((error as { code?: string }).code, String(error)).toBe('INVALID_ARGUMENT');
        expect((error as Error).message).toMatch(/^readNpy: .*, expected .*/s);
      }
    }
    expect(errors).toBeGreaterThan(rounds / 2);
    expect(errors).toBeLessThan(rounds);
  });
});

describeGolden('regression-network.json', (golden) => {
  it('reads the authors’ regression data and curve', () => {
    const points = readNpy(readFileSync(sharedPath('data', 'synthetic-regression', 'data.npy')));
    expect(points.shape).toEqual([400, 2]);
    expect(points.data).toBeInstanceOf(Float64Array);
    const x = Array.from(points.data).filter((_, i) => i % 2 === 0);
    expect(x.slice(0, 3)).toEqual(golden.data.xFirst3);
    expect(x.reduce((sum, value) => sum + value, 0)).toBeCloseTo(golden.data.sumX, 9);
    const curve = readNpy(readFileSync(sharedPath('data', 'synthetic-regression', 'curve_parameters.npy')));
    expect(curve.shape).toEqual([3, golden.D]);
    expect(curve.data).toBeInstanceOf(Float32Array);
  });
});

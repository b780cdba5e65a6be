import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSource, readSafetensors, type TensorData, writeSafetensors } from '@subspace/core';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'subspace-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = process.env.SAFETENSORS_PYTHON ?? 'python3';
const pythonIsThere = spawnSync(python, ['-c', 'import safetensors, numpy']).status === 0;

const bits = (data: TensorData) => [...new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)];

const arrays: readonly TensorData[] = [
  Float32Array.of(1.5, Number.NaN, -0, Infinity, -Infinity, 1e-45),
  Float64Array.of(Math.PI, Number.NaN, -0, -Infinity, 5e-324, 2),
  Int32Array.of(-(2 ** 31), 7),
  Uint8Array.of(0, 255, 3),
  Int8Array.of(-128, 127),
  Int16Array.of(-32768, 5),
  Uint16Array.of(65535),
  Uint32Array.of(2 ** 32 - 1),
  BigInt64Array.of(-(2n ** 63n)),
  BigUint64Array.of(2n ** 64n - 1n),
];

/** A file with a header written by hand. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

describe('safetensors', () => {
  it('come back bit for bit, NaN, infinities and −0 too, of every type', () => {
    const tensors = Object.fromEntries(arrays.map((data, i) => [`t${i}`, { data, shape: [data.length] }]));
    const read = readSafetensors(writeSafetensors(tensors, { by: 'me, "quoted"' }));
    expect(read.metadata).toEqual({ by: 'me, "quoted"' });
    arrays.forEach((data, i) => {
      const tensor = read.tensors.get(`t${i}`)!;
      expect(tensor.shape).toEqual([data.length]);
      expect(tensor.data.constructor).toBe(data.constructor);
      expect(bits(tensor.data)).toEqual(bits(data));
    });
  });

  it('may be scalars, empty, views of larger arrays, and have any name', () => {
    const tensors = {
      scalar: { data: Float32Array.of(2), shape: [] },
      empty: { data: new Float32Array(0), shape: [0, 3] },
      view: { data: new Float32Array(8).fill(7).subarray(2, 6), shape: [2, 2] },
      7: { data: Int32Array.of(1), shape: [1] },
      'a/b c': { data: Int32Array.of(2), shape: [1] },
    };
    const read = readSafetensors(writeSafetensors(tensors));
    for (const [name, tensor] of Object.entries(tensors)) expect(read.tensors.get(name), name).toEqual(tensor);
  });

  it('of half precision come as float32, exactly', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x7bff, 0x8000);
    const header = {
      h: { dtype: 'F16', shape: [6], data_offsets: [0, 12] },
      b: { dtype: 'BF16', shape: [1], data_offsets: [12, 14] },
    };
    const data = new Uint8Array(14);
    data.set(new Uint8Array(halves.buffer));
    data.set([0x80, 0x3f], 12);
    const { tensors } = readSafetensors(file(header, data));
    expect(tensors.get('h')!.data).toEqual(Float32Array.of(1, -2, 2 ** -24, Infinity, 65504, -0));
    expect(tensors.get('b')!.data).toEqual(Float32Array.of(1));
  });

  it('are refused with one clear error when they are no such file', () => {
    const tensor = (changes: object) => ({ t: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...changes } });
    const four = new Uint8Array(4);
    for (const [bytes, message] of [
      [new Uint8Array(0), 'is truncated'],
      [Uint8Array.of(1, 2, 3), 'is truncated'],
      [new Uint8Array(8).fill(255), 'begins with a header of 18446744073709551615 bytes'],
      [file('{]'), 'has a header that is no JSON'],
      [file('[]'), 'has a header that is no object'],
      [file('null '), 'has a header that is no object'],
      [file(' {}'), 'has a header that is no object'],
      [file('\ufeff{}'), 'has a header that is no object'],
      [file('{"a" {'), 'has a header that is no JSON'],
      [file('{"\\x":'), 'has a header that is no JSON'],
      [file(`{"t":${'['.repeat(1000)}`), 'has a header that is nested more than 10 deep'],
      [file({ __metadata__: { a: 1 } }), 'has metadata that are not texts'],
      [file({ __metadata__: [] }), 'has metadata that are not texts'],
      [file({ __metadata__: 'a' }), 'has metadata that are not texts'],
      [file(tensor({ dtype: 'C64' }), four), 'holds "t" of type "C64"'],
      [file(tensor({ dtype: 'constructor' }), four), 'holds "t" of type "constructor"'],
      [file({ t: null }), 'holds "t" of type undefined'],
      [file(tensor({ shape: 'x' }), four), 'holds "t" without a shape'],
      [file(tensor({ shape: [-1] }), four), 'holds "t" without a shape'],
      [file(tensor({ data_offsets: [0] }), four), 'holds "t" without offsets'],
      [file(tensor({ shape: [2] }), four), 'has 4 bytes of "t" instead of 8'],
      [file(tensor({ data_offsets: [4, 8] }), new Uint8Array(8)), 'has "t" at 4 instead of 0'],
      [file(tensor({}), new Uint8Array(3)), 'is truncated'],
      [file(tensor({}), new Uint8Array(5)), 'goes on after its last tensor'],
      [file(tensor({ shape: [2 ** 40], data_offsets: [0, 2 ** 42] }), four), 'is truncated'],
    ] as const) {
      expect(() => readSafetensors(bytes)).toThrow(
        `readSafetensors: the file ${message}, expected a whole .safetensors file`,
      );
    }
    expect(() => writeSafetensors({ t: { data: Float32Array.of(1), shape: [2] } })).toThrow(
      't has length 1, expected 2',
    );
    expect(() => writeSafetensors({ __metadata__: { data: Float32Array.of(1), shape: [1] } })).toThrow(
      'name that is taken',
    );
  });

  it('are refused when their header names something twice, which JSON.parse passes over', () => {
    const tensor = (name: string) => `${name}:{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`;
    for (const [header, name] of [
      [`{${tensor('"t"')},${tensor('"t"')}}`, '"t"'],
      [`{${tensor('"t"')},"u":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},${tensor(' "\\u0074" ')}}`, '"t"'],
      ['{"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"shape":[0]}}', '"shape"'],
      ['{"__metadata__":{"a":"{}","a" : "1"}}', '"a"'],
      ['{"__metadata__":{"a":"1"},"__metadata__":{"b":"1"}}', '"__metadata__"'],
    ]) {
      expect(() => readSafetensors(file(header)), header).toThrow(
        `readSafetensors: the file has a header that names ${name} twice, expected a whole .safetensors file`,
      );
    }
    // The same text as key and as value, in two objects, within another text, and with escaped quotes.
    const texts = { a: 'a', b: 'a":"a', 'c"': '\\', 'c\\': '{"a":1,"a":2}' };
    const twins = `{"__metadata__":${JSON.stringify(texts)},${tensor('"a"')},${tensor('"b"')}}`;
    expect(readSafetensors(file(twins)).metadata).toEqual(texts);
  });

  it('may hold 100,000 tensors, or as many as the reader allows: a header of a million is not even read to its end', () => {
    const names = (count: number) =>
      file(
        `{${Array.from({ length: count }, (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`,
      );
    expect(readSafetensors(names(3), { maxTensors: 3 }).tensors.size).toBe(3);
    expect(() => readSafetensors(names(4), { maxTensors: 3 })).toThrow('the file holds 4 tensors, more than 3');
    expect(() => readSafetensors(names(100_002))).toThrow('has a header that has more than 100001 names');
    // What comes behind the names that are too many is no JSON.
    const begun = `${new TextDecoder().decode(names(6).subarray(8)).slice(0, -1)},}}`;
    expect(() => readSafetensors(file(begun), { maxTensors: 3 })).toThrow('has a header that has more than 4 names');
    expect(() => readSafetensors(names(1), { maxTensors: -1 })).toThrow('maxTensors is -1, expected an integer');
    expect(() => readSafetensors(names(1), { tensors: 3 } as object)).toThrow('option tensors is unknown');
  });

  it('may say null for no metadata', () => {
    const header = { __metadata__: null, t: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } };
    const { metadata, tensors } = readSafetensors(file(header, Uint8Array.of(5)));
    expect(metadata).toEqual({});
    expect(tensors.get('t')!.data).toEqual(Uint8Array.of(5));
  });

  it('are not written where nobody could read them', () => {
    const tensors = { t: { data: Float32Array.of(1), shape: [1] } };
    for (const [metadata, message] of [
      [{ a: 1 }, 'writeSafetensors: metadata.a is 1, expected a text'],
      [{ a: null }, 'metadata.a is null, expected a text'],
      [{ a: undefined }, 'metadata.a is undefined, expected a text'],
      [{ a: { b: 'c' } }, 'metadata.a is Object, expected a text'],
      [null, 'metadata is null, expected texts by name'],
      [['a'], 'metadata is Array, expected texts by name'],
      [new Map([['a', 'b']]), 'metadata is Map, expected texts by name'],
      [{ a: 'half a pair: \ud83d' }, 'expected well-formed Unicode'],
      [{ '\udc00': 'a' }, 'expected well-formed Unicode'],
    ] as const) {
      expect(() => writeSafetensors(tensors, metadata as never), message).toThrow(message);
    }
    const pair = { smile: '😀', empty: '', ' ': '\u0000' };
    expect(readSafetensors(writeSafetensors(tensors, pair)).metadata).toEqual(pair);
    expect(() => writeSafetensors({ '\ud83d': tensors.t })).toThrow('the name of a tensor is "\\ud83d", expected well');
    expect(() => writeSafetensors({ t: null as never })).toThrow('t is null, expected an object');
    expect(() => writeSafetensors({ t: { data: Float32Array.of(1) } as never })).toThrow('shape of t is undefined');
    expect(() => writeSafetensors({ t: { data: [1] as never, shape: [1] } })).toThrow(
      't is Array, expected a typed array',
    );
    expect(() => writeSafetensors(null as never)).toThrow('tensors is null, expected an object');
    expect(() => writeSafetensors(tensors, { a: 'x'.repeat(100_000_000) })).toThrow(
      'expected at most 100000000: no program reads more',
    );
  });

  it.skipIf(!pythonIsThere)('are what the reference implementation reads and writes', () => {
    const random = randomSource(1);
    const path = join(folder, 'a.safetensors');
    const floats = Float32Array.from({ length: 6 }, random.normal);
    floats[2] = Number.NaN;
    const tensors = {
      bytes: { data: Uint8Array.of(1, 2, 3), shape: [3] },
      floats: { data: floats, shape: [2, 3] },
      doubles: { data: Float64Array.of(Math.E, -Infinity), shape: [2] },
      ints: { data: Int32Array.of(-5), shape: [1] },
    };
    writeFileSync(path, writeSafetensors(tensors, { note: 'from here' }));
    const script = `
import sys, numpy, safetensors
from safetensors.numpy import load_file, save
with safetensors.safe_open(sys.argv[1], 'numpy') as file: assert file.metadata() == {'note': 'from here'}, file.metadata()
tensors = load_file(sys.argv[1])
assert tensors['floats'].shape == (2, 3) and numpy.isnan(tensors['floats'][0, 2])
tensors['halves'] = numpy.array([1.5, -2], 'f2')
sys.stdout.buffer.write(save(tensors, {'note': 'from there'}))
`;
    const { stdout, stderr, status } = spawnSync(python, ['-c', script, path]);
    expect(status, String(stderr)).toBe(0);
    const back = readSafetensors(stdout);
    expect(back.metadata).toEqual({ note: 'from there' });
    for (const [name, { data, shape }] of Object.entries(tensors)) {
      expect(back.tensors.get(name)!.shape).toEqual(shape);
      expect(bits(back.tensors.get(name)!.data)).toEqual(bits(data));
    }
    expect(back.tensors.get('halves')!.data).toEqual(Float32Array.of(1.5, -2));
  });
});

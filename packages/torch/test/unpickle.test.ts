import { readTorchCheckpoint, type TorchObject } from '@subspace/torch';
import fc from 'fast-check';
import { Parser } from 'pickleparser';
import { describe, expect, it } from 'vitest';
import { bytesOf, floats, int32, named, storage, stream, tensor, word } from './pickles.ts';

const refusal = (steps: string, storages?: string) =>
  readTorchCheckpoint(stream(steps, storages)).then(
    (value) => ({ message: 'none', value }),
    (error: Error & { code?: string }) => ({ message: error.message, code: error.code }),
  );

describe('what a pickle may do', () => {
  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'eval'],
    ['builtins', 'getattr'],
    ['subprocess', 'Popen'],
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['torch._utils', '_rebuild_tensor_v2.__globals__'],
    ['__proto__', 'constructor'],
    ['constructor', 'constructor'],
    ['collections', '__proto__'],
  ])('calls to %s.%s are refused by name, in each way to call', async (module, name) => {
    const message = expect.stringContaining(
      `the file calls ${module.replace('__builtin__', 'builtins')}.${name}, which is not allowed`,
    );
    const refused = { message, code: 'INVALID_ARGUMENT' };
    expect(await refusal(`${named(module, name)}(${word('echo')}tR`)).toEqual(refused);
    expect(await refusal(`${word(module)}${word(name)}\x93${word('echo')}\x85R`)).toEqual(refused);
    expect(await refusal(`(${word('echo')}i${module}\n${name}\n`)).toEqual(refused);
    expect(await refusal(`(${named(module, name)}${word('echo')}o`)).toEqual(refused);
    expect(await refusal(`${named('torch._tensor', '_rebuild_from_type_v2')}(${named(module, name)}N)NtR`)).toEqual(
      refused,
    );
  });

  it('names and objects of other classes are inert data', async () => {
    expect(await readTorchCheckpoint(stream(named('os', 'system')))).toEqual({
      kind: 'global',
      module: 'os',
      name: 'system',
    });
    const object = `${named('os', 'system')}${word('echo')}\x85\x81}${word('a')}K\x01sb`;
    expect(await readTorchCheckpoint(stream(object))).toMatchObject({
      kind: 'instance',
      module: 'os',
      name: 'system',
      args: ['echo'],
      state: new Map([['a', 1]]),
    });
  });

  it('items are set of dictionaries only (CVE-2026-24747)', async () => {
    for (const target of [
      tensor([8], [1]),
      storage(),
      named('torch', 'float32'),
      ']',
      ')',
      'N',
      word('a'),
      '\x8f',
      'K\x01',
    ]) {
      expect(await refusal(`${target}K\0K\x01s`, floats('0', 8))).toMatchObject({
        message: expect.stringContaining('it sets an item of something that is no dict'),
        code: 'INVALID_ARGUMENT',
      });
      expect((await refusal(`${target}(K\0K\x01u`, floats('0', 8))).message).toContain('something that is no dict');
    }
    expect((await refusal('}(K\x01u')).message).toContain('a key without a value');
  });

  it('values are appended to lists only, not to tuples', async () => {
    for (const target of [tensor([8], [1]), storage(), '}', ')', 'N)\x85', word('a'), named('a', 'b')]) {
      expect((await refusal(`${target}Na`, floats('0', 8))).message).toMatch(/no list|values left over/);
      expect((await refusal(`${target}(Ne`, floats('0', 8))).message).toMatch(/no list|values left over/);
    }
    expect((await refusal(']N\x90')).message).toContain('a mark that is not there');
    expect((await refusal('](N\x90')).message).toContain('no set');
  });

  it('state is set of what has one', async () => {
    for (const target of ['N', ']', ')', word('a'), named('a', 'b'), storage(), '\x8f']) {
      expect((await refusal(`${target}}b`, floats('0', 8))).message).toContain('the state of something that has none');
    }
  });

  it('keys such as __proto__ are data', async () => {
    const value = (await readTorchCheckpoint(stream(`}${word('__proto__')}}${word('polluted')}\x88ss`))) as Map<
      string,
      unknown
    >;
    expect(value.get('__proto__')).toEqual(new Map([['polluted', true]]));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    ['a step that is none', '\xff', '255 is no step of a pickle'],
    ['protocol 6', '\x80\x06N', 'protocol 6, expected at most 5'],
    ['an empty stack', '', 'an empty stack'],
    ['two values', 'NN', 'values left over'],
    ['a mark for a value', '(', 'a mark for a value'],
    ['no mark', 'Nt', 'a mark that is not there'],
    ['an integer of great length', `\x8b${int32(5000)}`, 'an integer has 5000 bytes'],
    ['a negative length', `T${int32(-1)}`, 'a length is -1'],
    ['extension registries', '\x82\x01', 'extension registry'],
    ['bytes outside', '\x97', 'bytes outside'],
    ['text that is none', `X${int32(1)}\xff`, 'a text is none'],
    ['a name of a million letters', named('a'.repeat(1e6), 'b'), 'more than 1000 letters'],
    ['a call of no function', 'N)R', 'it calls what is no function'],
    ['arguments that are no tuple', `${named('a', 'b')}NR`, 'arguments that are no tuple'],
    ['an object of no class', 'N)\x81', 'an object of what is no class'],
    ['a persistent id that is none', 'NQ', 'a persistent id is no tuple'],
    ['a tensor in no storage', `${named('torch._utils', '_rebuild_tensor_v2')}(NK\0))tR`, 'lies in no storage'],
    ['more axes than strides', tensor([1, 1], [1]), '2 axes and 1 strides'],
    ['a negative offset', tensor([1], [1], -1), 'the offset of a tensor is no list of counts'],
    ['a negative stride', tensor([1], [-1]), 'the strides of a tensor'],
    ['a tensor beyond its storage', tensor([9], [1]), 'reaches element 8 of storage "0", which has 8'],
    ['strides beyond its storage', tensor([2, 2], [8, 1]), 'reaches element 9'],
    ['a storage of another type', tensor([1], [1], 0, storage({ type: 'QInt8Storage' })), 'torch.QInt8Storage'],
    ['a storage of two sizes', `${storage()}0${storage({ size: 9 })}`, 'storage "0" has two sizes'],
    ['a tensor of 65 axes', tensor(Array(65).fill(1), Array(65).fill(1)), 'the shape of a tensor is no list of counts'],
  ])('refuses %s', async (_, steps, message) => {
    expect(await refusal(steps, floats('0', 8))).toMatchObject({
      message: expect.stringContaining(message),
      code: 'INVALID_ARGUMENT',
    });
  });

  it.each([
    ['of another size than the pickle says', floats('0', 8, 9), 'storage "0" has 9 elements, expected 8'],
    ['of a great size', floats('0', 8, -1), 'storage "0" has 4294967295 elements, expected 8'],
    ['that no tensor asks for', floats('1', 8), 'storage "1" is not one of its tensors'],
    ['that is missing', '\x80\x02].', 'it has no storage "0"'],
    ['that is cut off', floats('0', 8).slice(0, -4), 'cut off'],
    ['whose keys are no list', '\x80\x02}.', 'the keys of its storages are no list'],
    ['whose key is a list', '\x80\x02]]a.', 'storage Array is not one'],
  ])('refuses a storage %s', async (_, storages, message) => {
    expect((await refusal(tensor([8], [1]), storages)).message).toContain(message);
  });
});

/** A plain pickle of JSON's values, as Python would write it. */
function pickled(value: unknown): string {
  if (value === null) return 'N';
  if (typeof value === 'boolean') return value ? '\x88' : '\x89';
  if (typeof value === 'number') {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return `J${int32(value)}`;
    return `G${String.fromCharCode(...new Uint8Array(new Float64Array([value]).buffer).reverse())}`;
  }
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    return `X${int32(bytes.length)}${String.fromCharCode(...bytes)}`;
  }
  if (Array.isArray(value)) return `](${value.map(pickled).join('')}e`;
  const entries = Object.entries(value as object);
  return `}(${entries.map(([key, item]) => pickled(key) + pickled(item)).join('')}u`;
}

/** With dictionaries as lists of pairs, whose order counts. */
function plain(value: TorchObject): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (Object.prototype.toString.call(value) !== '[object Map]') return value;
  return [...(value as Map<string, TorchObject>)].map(([key, item]) => [key, plain(item)]);
}

describe('plain data', () => {
  it('are read as pickleparser reads them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const parser = new Parser({ unpicklingTypeOfDictionary: 'Map' });
        const theirs = parser.parse(bytesOf(`\x80\x02${pickled(value)}.`));
        expect(plain(await readTorchCheckpoint(stream(pickled(value))))).toEqual(plain(theirs as TorchObject));
      }),
    );
  });

  it.each<[string, TorchObject]>([
    ['I12\n', 12],
    ['I01\n', true],
    ['I00\n', false],
    ['L-7L\n', -7],
    ['F1.5\n', 1.5],
    ['F-inf\n', -Infinity],
    ['F1e-05\n', 1e-5],
    ["S'a\\'b\\n\\x41'\n", "a'b\nA"],
    ['Va\\u0041\\U0001f600\n', 'aA😀'],
    ['U\x02ab', 'ab'],
    ['T\x01\0\0\0\xff', 'ÿ'],
    ['\x8a\x00', 0],
    ['\x8a\x01\xff', -1],
    ['\x8a\x02\x00\xff', -256],
    ['\x8a\x08\0\0\0\0\0\0\0\x80', -(2n ** 63n)],
    ['\x8a\x07\xff\xff\xff\xff\xff\xff\x1f', 2 ** 53 - 1],
    ['\x8a\x07\0\0\0\0\0\0\x20', 2n ** 53n],
    ['(lp0\nI1\nag0\n0', [1]],
    ['(dp0\n', new Map()],
    ['(I1\nI2\nt', [1, 2]],
    ['C\x02\x00\xff', Uint8Array.of(0, 255)],
    ['N20', null],
    ['(NN1N', null],
    ['(N0' + '0' + 'N', null],
  ])('%j', async (steps, value) => {
    expect(await readTorchCheckpoint(stream(steps))).toEqual(value);
  });
});

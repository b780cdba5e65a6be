import { readTorchCheckpoint, stateDict } from '@subspace/torch';
import { describe, expect, it } from 'vitest';
import { bytesOf, floats, int32, named, stream, tensor, word } from './pickles.ts';
import { zip } from './zip.ts';

describe('limits', () => {
  it('memberBytes: what compressed members inflate to, together', async () => {
    const bomb = new Uint8Array(5_000_000);
    const steps = `\x80\x02${tensor([8], [1])}.`;
    const archive = (size: number) =>
      zip([
        { name: 'a/data.pkl', bytes: bytesOf(steps), deflate: true },
        { name: 'a/data/0', bytes: bomb.subarray(0, size), deflate: true },
      ]);
    expect(archive(5_000_000).length).toBeLessThan(10_000);
    await expect(
      readTorchCheckpoint(archive(32), { limits: { memberBytes: steps.length + 32 } }),
    ).resolves.toBeDefined();
    await expect(readTorchCheckpoint(archive(32), { limits: { memberBytes: steps.length + 31 } })).rejects.toThrow(
      /a\/data\/0 inflates to 32 bytes, with those before to \d+; limits.memberBytes allows/,
    );
    const pickle = zip([{ name: 'a/data.pkl', bytes: bomb, deflate: true }]);
    await expect(readTorchCheckpoint(pickle, { limits: { memberBytes: 1e6 } })).rejects.toThrow('limits.memberBytes');
  });

  it('memberBytes: a member that inflates to more than it says is held no further', async () => {
    const bomb = zip([{ name: 'a/data.pkl', bytes: new Uint8Array(5_000_000), deflate: true, size: 100 }]);
    await expect(readTorchCheckpoint(bomb)).rejects.toThrow('a/data.pkl does not inflate to its 100 bytes');
  });

  it('opcodes', async () => {
    const long = stream(`${'N0'.repeat(600)}N`);
    await expect(readTorchCheckpoint(long, { limits: { opcodes: 1000 } })).rejects.toThrow(
      'the pickle has more than 1000 steps; limits.opcodes allows 1000',
    );
    await expect(readTorchCheckpoint(long, { limits: { opcodes: 1210 } })).resolves.toBeNull();
  });

  it('memo: how many values, and sparse numbers of them', async () => {
    const many = stream(`]${Array.from({ length: 20 }, (_, i) => `q${String.fromCharCode(i)}`).join('')}`);
    await expect(readTorchCheckpoint(many, { limits: { memo: 19 } })).rejects.toThrow('limits.memo allows 19');
    await expect(readTorchCheckpoint(many, { limits: { memo: 20 } })).resolves.toEqual([]);
    await expect(readTorchCheckpoint(stream(`]r${int32(0x7fffffff)}`))).rejects.toThrow('one as number 2147483647');
    await expect(readTorchCheckpoint(stream(']p99999999999999999999\n'))).rejects.toThrow('by what is no number');
    await expect(readTorchCheckpoint(stream(']p-1\n'))).rejects.toThrow('by what is no number');
    await expect(readTorchCheckpoint(stream('h\x05'))).rejects.toThrow('it asks for value 5');
  });

  it('depth: of marks', async () => {
    await expect(readTorchCheckpoint(stream('('.repeat(600)))).rejects.toThrow('more than 500 levels deep');
  });

  it.each([
    ['lists', `]${']'.repeat(600)}${'a'.repeat(600)}`],
    ['tuples', `N${'\x85'.repeat(600)}`],
    ['sets of tuples', `\x8f(N${'\x85'.repeat(600)}\x90`],
    ['keys', `}N${'\x85'.repeat(600)}Ns`],
    ['objects', `N${`q\x000${named('a', 'B')})\x81h\0b`.repeat(600)}`],
    ['what is remembered', `]q\0${`0]h\0aq\0`.repeat(600)}`],
  ])('depth: of %s', async (_, steps) => {
    const bytes = stream(steps);
    await expect(readTorchCheckpoint(bytes)).rejects.toThrow('more than 500 levels deep; limits.depth allows 500');
  });

  it('depth: of what is shared, by its deepest place', async () => {
    // Lists in lists, 300 levels, in one list beside 299 more levels that hold them.
    const deep = `]q\0${`]h\0aq\0`.repeat(299)}`;
    const steps = `(${deep}h\0${`q\x01]h\x01a`.repeat(299)}l`;
    await expect(readTorchCheckpoint(stream(steps))).rejects.toThrow('more than 500 levels deep');
    await expect(readTorchCheckpoint(stream(steps), { limits: { depth: 601 } })).resolves.toHaveLength(600);
  });

  it('elements: of a tensor that repeats what it sees', async () => {
    const file = (rows: number) => stream(tensor([rows, 8], [0, 1]), floats('0', 8));
    await expect(readTorchCheckpoint(file(1e6))).rejects.toThrow(
      /the file asks for copies of 80\d+ elements; limits.elements allows 1000000/,
    );
    await expect(readTorchCheckpoint(file(10), { limits: { elements: 10 } })).rejects.toThrow('limits.elements');
    expect(await readTorchCheckpoint(file(10))).toMatchObject({ shape: [10, 8], data: { length: 80 } });
  });

  it('elements: of a tensor larger than numbers are', async () => {
    const file = stream(tensor([0x7fffffff, 0x7fffffff, 0x7fffffff], [0, 0, 0]), floats('0', 8));
    await expect(readTorchCheckpoint(file)).rejects.toThrow('limits.elements');
  });

  it.each([
    ['dictionaries', 'collections', 'OrderedDict'],
    ['sets', 'builtins', 'set'],
    ['lists', 'builtins', 'list'],
    ['sizes', 'torch', 'Size'],
  ])('elements: of %s that are copied again and again', async (_, module, name) => {
    const entries = Array.from({ length: 2000 }, (__, i) => `J${int32(i)}J${int32(i)}\x86`).join('');
    const steps = `](${entries}lq\0\x85q\x010(${`${named(module, name)}h\x01R`.repeat(2000)}e`;
    await expect(readTorchCheckpoint(stream(steps))).rejects.toThrow('limits.elements allows 1000000');
  });

  it('elements: of bytes that are made of one text again and again', async () => {
    const steps = `](${word('x'.repeat(100_000))}${word('latin1')}\x86q\x010${`${named('_codecs', 'encode')}h\x01R`.repeat(20)}e`;
    await expect(readTorchCheckpoint(stream(steps))).rejects.toThrow('limits.elements allows 1000000');
  });

  it('lists in themselves, and doubled sixty times, are read as what they are, and quickly', async () => {
    const itself = (await readTorchCheckpoint(stream(']q\0h\0a'))) as unknown[];
    expect(itself[0]).toBe(itself);
    const steps = `]q\x000${'](h\0h\0eq\x000'.repeat(60)}h\0`;
    const value = await readTorchCheckpoint(stream(steps));
    expect(value).toHaveLength(2);
    expect(() => stateDict(value)).toThrow('there are no weights');
    expect(() => stateDict(new Map<object, object>([[value as object, value as object]]))).toThrow(
      'the file has Array',
    );
    // As the key of a storage, a device, a type: nothing of ours writes it out.
    for (const call of [
      `${named('torch', 'device')}h\0\x85R`,
      `${named('numpy', 'dtype')}h\0\x89\x88\x87R`,
      `${named('torch._utils', '_rebuild_tensor_v3')}(NK\0))\x89Nh\0tR`,
      `(${word('storage')}${named('torch', 'FloatStorage')}h\0${word('cpu')}K\x08NtQ`,
      `(h\0h\0h\0tQ`,
    ]) {
      const outcome = await readTorchCheckpoint(stream(steps.replace(/h\0$/, call))).catch((error) => error);
      expect(String(outcome?.message ?? '').length).toBeLessThan(500);
    }
  });

  it('decimals in a text are read in a time that their length allows', async () => {
    for (const line of [
      `I${'1'.repeat(1e6)}\n`,
      `L${'7'.repeat(1e6)}L\n`,
      `F${'1'.repeat(1e6)}x\n`,
      `F${'1'.repeat(1e6)}.x\n`,
    ]) {
      await expect(readTorchCheckpoint(stream(line))).rejects.toThrow('is no number');
    }
  });

  it('are counts, and of known names', async () => {
    await expect(readTorchCheckpoint(stream('N'), { limits: { depth: 0.5 } })).rejects.toThrow('limits.depth is 0.5');
    await expect(readTorchCheckpoint(stream('N'), { limits: { bytes: 1 } as object })).rejects.toThrow('option bytes');
  });
});

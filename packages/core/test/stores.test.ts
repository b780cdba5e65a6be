import 'fake-indexeddb/auto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStore, indexedDbStore, memoryStore } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'subspace-stores-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(folder, `store-${made++}`, 'within');

async function bytes(store: CheckpointStore, name: string): Promise<number[] | undefined> {
  const chunks = await store.read(name);
  if (!chunks) return undefined;
  const all: number[] = [];
  for await (const chunk of chunks) for (const byte of chunk) all.push(byte);
  return all;
}

const stores: [string, () => CheckpointStore][] = [
  ['memoryStore', memoryStore],
  ['fileStore', () => fileStore(fresh())],
  ['indexedDbStore', () => indexedDbStore(`store-${made++}`)],
];

describe.each(stores)('%s', (_name, make) => {
  it('gives back what was written, nothing for a name never written, and nothing but bytes for an empty entry', async () => {
    const store = make();
    expect(await bytes(store, 'entry')).toBeUndefined();
    await store.write('entry', [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    await store.write('empty', []);
    expect(await bytes(store, 'entry')).toEqual([1, 2, 3]);
    expect(await bytes(store, 'empty')).toEqual([]);
    await store.write('entry', [Uint8Array.of(9)]);
    expect(await bytes(store, 'entry')).toEqual([9]);
  });

  it('appends to an entry, which it makes if need be', async () => {
    const store = make();
    await store.append('log', Uint8Array.of(1));
    await store.append('log', Uint8Array.of(2, 3));
    expect(await bytes(store, 'log')).toEqual([1, 2, 3]);
    await store.write('log', [Uint8Array.of(7)]);
    await store.append('log', Uint8Array.of(8));
    expect(await bytes(store, 'log')).toEqual([7, 8]);
  });

  it('keeps the old entry when writing the new one fails half-way, and writes it when asked again', async () => {
    const store = make();
    await store.write('entry', [Uint8Array.of(1)]);
    async function* failing() {
      yield Uint8Array.of(2);
      throw new Error('out of order');
    }
    await expect(store.write('entry', failing())).rejects.toThrow('out of order');
    await expect(store.write('other', failing())).rejects.toThrow('out of order');
    expect(await bytes(store, 'entry')).toEqual([1]);
    expect(await bytes(store, 'other')).toBeUndefined();
    await store.write('other', [Uint8Array.of(3)]);
    expect(await bytes(store, 'other')).toEqual([3]);
  });

  it('keeps no reference to the bytes it was given', async () => {
    const store = make();
    // A Buffer, whose `slice` is a view.
    const given = Buffer.from([1, 2]);
    await store.write('entry', [given]);
    await store.append('entry', given);
    given[0] = 5;
    expect(await bytes(store, 'entry')).toEqual([1, 2, 1, 2]);
  });

  it('takes one buffer used again for every chunk', async () => {
    const store = make();
    const buffer = new Uint8Array(1);
    await store.write(
      'entry',
      (function* () {
        for (buffer[0] = 0; buffer[0] < 5; buffer[0]++) yield buffer;
      })(),
    );
    expect(await bytes(store, 'entry')).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses names that would not do as files', async () => {
    for (const name of ['', '../up', 'a/b', 'Capital', '.hidden', 'x'.repeat(101)]) {
      await expect(make().write(name, [])).rejects.toThrow('expected up to 100 small letters');
      await expect(make().read(name)).rejects.toThrow('expected up to 100 small letters');
    }
  });
});

describe('fileStore', () => {
  it('leaves no temporary files', async () => {
    const path = fresh();
    const store = fileStore(path);
    await store.write('entry', [Uint8Array.of(1)]);
    await store.write('entry', [Uint8Array.of(2)]);
    expect(await bytes(store, 'entry')).toEqual([2]);
    expect(readdirSync(path)).toEqual(['.writer', 'entry']);
    expect([...readFileSync(join(path, 'entry'))]).toEqual([2]);
  });

  it.skipIf(!process.getuid)('loses nothing in a folder that became read-only', async () => {
    const path = fresh();
    await asAnybody(async () => {
      const store = fileStore(path);
      await store.write('entry', [Uint8Array.of(1)]);
      await store.append('log', Uint8Array.of(2));
      chmodSync(path, 0o555);
      await expect(store.write('entry', [Uint8Array.of(3)])).rejects.toMatchObject({ code: 'EACCES' });
      await expect(store.write('other', [Uint8Array.of(4)])).rejects.toMatchObject({ code: 'EACCES' });
      expect(await bytes(store, 'entry')).toEqual([1]);
      expect(await bytes(store, 'log')).toEqual([2]);
      expect(await bytes(store, 'other')).toBeUndefined();
      chmodSync(path, 0o755);
      await store.write('entry', [Uint8Array.of(5)]);
      expect(await bytes(store, 'entry')).toEqual([5]);
    });
  });

  it('says so when its folder is a file', async () => {
    const path = join(folder, 'a-file');
    writeFileSync(path, 'x');
    await expect(fileStore(path).write('entry', [])).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path, 'utf8')).toBe('x');
  });
});

/** Root may write to any folder: while `body` runs, such a process is somebody else. */
async function asAnybody(body: () => Promise<void>): Promise<void> {
  if (process.getuid!() !== 0) return body();
  chmodSync(folder, 0o777);
  process.seteuid!(65534);
  try {
    await body();
  } finally {
    process.seteuid!(0);
  }
}

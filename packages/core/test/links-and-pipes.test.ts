import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore } from '@subspace/core/node';
import { afterAll, describe, expect, it } from 'vitest';
import { draw } from './resumable-run.ts';

const root = mkdtempSync(join(tmpdir(), 'subspace-links-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** A folder with something that is no file of its own, and a file elsewhere that must stay as it is. */
function trap(name: string, kind: string): { folder: string; elsewhere: string } {
  const folder = join(root, `folder-${made++}`);
  mkdirSync(folder);
  const elsewhere = join(root, `elsewhere-${made}`);
  writeFileSync(elsewhere, 'precious');
  const path = join(folder, name);
  if (kind === 'symbolic link') symlinkSync(elsewhere, path);
  if (kind === 'link to nothing') symlinkSync(join(root, 'nothing'), path);
  if (kind === 'hard link') linkSync(elsewhere, path);
  if (kind === 'pipe') execFileSync('mkfifo', [path]);
  if (kind === 'folder') mkdirSync(path);
  return { folder, elsewhere };
}

const one = Uint8Array.of(1);
const refused = {
  code: 'NOT_A_FILE',
  message: expect.stringMatching(/^fileStore: .*, expected a regular file of its own$/),
};

describe.skipIf(process.platform === 'win32')('fileStore', () => {
  it.each(['symbolic link', 'link to nothing', 'pipe', 'folder'])(
    'refuses a %s in the place of an entry',
    async (kind) => {
      const { folder, elsewhere } = trap('sample', kind);
      const store = fileStore(folder);
      await expect(store.write('sample', [one])).rejects.toMatchObject(refused);
      await expect(store.append('sample', one)).rejects.toMatchObject(refused);
      await expect(store.read('sample')).rejects.toMatchObject(refused);
      await expect(draw(store)).rejects.toMatchObject(refused);
      expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
      expect(lstatSync(join(folder, 'sample')).isFile()).toBe(false);
    },
  );

  it('reads what has a second name, replaces it, and adds nothing to it', async () => {
    const { folder, elsewhere } = trap('sample', 'hard link');
    const store = fileStore(folder);
    for await (const chunk of (await store.read('sample'))!) expect(Buffer.from(chunk).toString()).toBe('precious');
    await expect(store.append('sample', one)).rejects.toMatchObject({
      message: expect.stringContaining('has 2 names'),
    });
    await store.write('sample', [one]);
    await store.append('sample', one);
    expect([...readFileSync(join(folder, 'sample'))]).toEqual([1, 1]);
    expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
  });

  it.each(['symbolic link', 'link to nothing', 'hard link', 'pipe'])(
    'never writes through a %s in the place of a half',
    async (kind) => {
      for (const half of ['sample.PART', `sample.${process.pid}-0.PART`]) {
        const { folder, elsewhere } = trap(half, kind);
        const store = fileStore(folder);
        await store.write('sample', [one]);
        expect([...readFileSync(join(folder, 'sample'))]).toEqual([1]);
        expect(lstatSync(join(folder, 'sample')).isFile()).toBe(true);
        expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
      }
    },
  );

  it.each(['symbolic link', 'link to nothing', 'pipe', 'folder'])(
    'refuses a %s in the place of the writer’s name',
    async (kind) => {
      const { folder, elsewhere } = trap('.writer', kind);
      await expect(fileStore(folder).write('sample', [one])).rejects.toMatchObject(refused);
      expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
    },
  );

  it('follows a link to its folder, which is the user’s own', async () => {
    const { folder } = trap('sample', 'none');
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    await fileStore(link).write('sample', [one]);
    expect([...readFileSync(join(folder, 'sample'))]).toEqual([1]);
  });
});

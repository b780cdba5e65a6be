import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileStore } from '@subspace/core/node';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { draw, train } from './resumable-run.ts';

const root = mkdtempSync(join(tmpdir(), 'subspace-writers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(root, `folder-${made++}`);

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Another process, which has written to the folder. */
async function otherWriter(folder: string, ending: 'wait' | 'end'): Promise<ChildProcess> {
  const tsx = pathToFileURL(createRequire(join(import.meta.dirname, '../../../package.json')).resolve('tsx')).href;
  const worker = join(import.meta.dirname, 'one-writer.worker.mjs');
  const child = spawn(process.execPath, ['--conditions=@subspace/source', '--import', tsx, worker, folder, ending]);
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

const one = [Uint8Array.of(1)];

/** A folder whose `.writer` is made by hand. */
function foreign(writer: unknown, age: number): string {
  const folder = fresh();
  mkdirSync(folder);
  const path = join(folder, '.writer');
  writeFileSync(path, typeof writer === 'string' ? writer : JSON.stringify(writer));
  const then = new Date(Date.now() - 1000 * age);
  utimesSync(path, then, then);
  return folder;
}

describe('a folder', () => {
  it('has one writer: the second is told who the first is, and may read', async () => {
    const folder = fresh();
    const child = await otherWriter(folder, 'wait');
    const store = fileStore(folder);
    const { since } = JSON.parse(readFileSync(join(folder, '.writer'), 'utf8'));
    const message = `fileStore: process ${child.pid} on ${hostname()} has been writing since ${since} to ${folder}, expected`;
    for (const attempt of [store.write('entry', one), store.append('entry', one[0])]) {
      await expect(attempt).rejects.toMatchObject({ code: 'STORE_IN_USE', message: expect.stringContaining(message) });
    }
    await expect(draw(store)).rejects.toMatchObject({ code: 'STORAGE', cause: { code: 'STORE_IN_USE' } });
    await expect(train(store)).rejects.toMatchObject({ code: 'STORAGE', message: expect.stringContaining(message) });
    expect(await store.read('entry')).toBeDefined();
    expect(readdirSync(folder)).toEqual(['.writer', 'entry']);
  }, 60_000);

  it('is taken over from one that was killed, with the halves of files that it left', async () => {
    const folder = fresh();
    const child = await otherWriter(folder, 'wait');
    child.kill('SIGKILL');
    await once(child, 'exit');
    writeFileSync(join(folder, 'entry.0.PART'), 'half of something');
    await fileStore(folder).write('other', one);
    expect(readdirSync(folder)).toEqual(['.writer', 'entry', 'other']);
    expect(JSON.parse(readFileSync(join(folder, '.writer'), 'utf8')).pid).toBe(process.pid);
  }, 60_000);

  it('is free again when its writer has ended of itself', async () => {
    const folder = fresh();
    const child = await otherWriter(folder, 'end');
    if (child.exitCode === null) await once(child, 'exit');
    expect(readdirSync(folder)).toEqual(['entry']);
  }, 60_000);

  it('is taken over from a process of which only the number is there', async () => {
    const start = existsSync('/proc/self/stat') ? 'long ago' : undefined;
    const folder = foreign({ pid: process.ppid, host: hostname(), since: 'then', start: 'long ago' }, 0);
    if (start) await fileStore(folder).write('entry', one);
    else await expect(fileStore(folder).write('entry', one)).rejects.toThrow(`process ${process.ppid}`);
  });

  it('is taken over from another host ten minutes after its last write, and not before', async () => {
    const writer = { pid: 7, host: 'elsewhere', since: '2026-01-01T00:00:00.000Z' };
    const folder = foreign(writer, 540);
    await expect(fileStore(folder).write('entry', one)).rejects.toThrow(
      `process 7 on elsewhere has been writing since ${writer.since} to ${folder}, expected a folder of its own for each run`,
    );
    await fileStore(foreign(writer, 660)).write('entry', one);
  });

  it('is taken over from one that ended while it wrote its name', async () => {
    for (const half of ['', '{"pid":', '{"pid":-1,"host":"x"}', 'null', '[]']) {
      await expect(fileStore(foreign(half, 0)).write('entry', one)).rejects.toThrow('another process begins to write');
      await fileStore(foreign(half, 10)).write('entry', one);
    }
  });

  it('is written to by one process in turns, by whichever store, and not twice at a time', async () => {
    const folder = fresh();
    const [first, second] = [fileStore(folder), fileStore(join(folder, '..', folder.split('/').at(-1)!))];
    await first.write('entry', one);
    await second.write('entry', [Uint8Array.of(2)]);
    let goOn = () => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = first.write(
      'entry',
      (async function* () {
        yield one[0];
        await waiting;
        yield one[0];
      })(),
    );
    await expect(second.write('entry', one)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await second.write('other', one);
    goOn();
    await slow;
    expect([...readFileSync(join(folder, 'entry'))]).toEqual([1, 1]);
    await second.write('entry', one);
    expect(readdirSync(folder)).toEqual(['.writer', 'entry', 'other']);
  });

  it('that another process took over in the meantime is not written to', async () => {
    const folder = fresh();
    const store = fileStore(folder);
    await store.write('entry', one);
    const taken = store.write(
      'entry',
      (async function* () {
        yield Uint8Array.of(2);
        const writer = { pid: 7, host: 'elsewhere', since: 'now' };
        writeFileSync(join(folder, '.writer'), JSON.stringify(writer));
        writeFileSync(join(folder, 'entry.7-0.PART'), 'its half');
      })(),
    );
    await expect(taken).rejects.toThrow('process 7 on elsewhere');
    expect([...readFileSync(join(folder, 'entry'))]).toEqual([1]);
    expect(readdirSync(folder)).toEqual(['.writer', 'entry', 'entry.7-0.PART']);
    rmSync(join(folder, '.writer'));
  });

  it('may be removed and made again', async () => {
    const folder = fresh();
    const store = fileStore(folder);
    await store.write('entry', one);
    rmSync(folder, { recursive: true });
    await store.append('entry', one[0]);
    expect(readdirSync(folder)).toEqual(['.writer', 'entry']);
  });
});

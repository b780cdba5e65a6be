import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openResults } from '@subspace/uci/node';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { program } from '../src/main.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-uci-cli-'));
const small = ['--dataset=yacht', '--methods=sgd', '--epochs=4', '--swag_start=2', '--workers=1'];

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the command writes, to standard output and beside it. */
async function uci(words: readonly string[], onTold = () => {}): Promise<{ out: string; told: string }> {
  const written = { out: '', told: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.told += text;
    onTold();
    return true;
  });
  const command = program();
  for (const one of [command, ...command.commands]) one.exitOverride();
  await command.parseAsync(['node', 'uci', ...words]);
  vi.restoreAllMocks();
  return written;
}

async function splitsIn(database: string): Promise<readonly unknown[]> {
  const results = await openResults(database);
  const rows = await results.rows('regression');
  results.close();
  return rows.map(({ split }) => split);
}

describe('uci', () => {
  it('resumes what was cancelled, with the settings it was begun with, wherever its database has gone', async () => {
    const begun = join(folder, 'begun.db');
    // Ctrl-C at the first line of progress: the last of three splits can't be done.
    let told = 0;
    const stopped = await uci(['run', ...small, '--splits=1..3', `--database_path=${begun}`], () => {
      told += 1;
      if (told === 1) process.emit('SIGINT');
    });
    expect(stopped.told).toContain('uci resume goes on');
    const before = await splitsIn(begun);
    expect(before.length).toBeLessThan(3);
    const moved = join(folder, 'moved.db');
    for (const ending of ['', '.sweep.json']) renameSync(begun + ending, moved + ending);
    const resumed = await uci(['resume', `--database_path=${moved}`]);
    expect(resumed.told).toContain(`${3 - before.length} results added to ${moved}`);
    expect([...(await splitsIn(moved))].sort()).toEqual([1, 2, 3]);
    expect(existsSync(begun)).toBe(false);
    expect((await uci(['resume', `--database_path=${moved}`])).told).toContain('0 results added');
    const { out } = await uci(['report', '--metric=test_rmse', `--database_path=${moved}`, '--format=csv']);
    expect(out).toMatch(/^metric,.*\ntest_rmse,yacht,SGD,3,/);
  });

  it('refuses to resume or to report what was never run, and makes no database of it', async () => {
    const nowhere = join(folder, 'nowhere.db');
    await expect(uci(['resume', `--database_path=${nowhere}`])).rejects.toThrow('nothing was run');
    await expect(uci(['report', `--database_path=${nowhere}`])).rejects.toThrow('nothing was run');
    expect(existsSync(nowhere)).toBe(false);
  });
});

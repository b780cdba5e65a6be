import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

/** A namespace of its own to mount in, which ends with the process: root makes one, and others do where the system lets them. */
const alone = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])];

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'subspace-mount-'));
  try {
    execFileSync('unshare', [...alone, 'mount', '-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!canMount())('a disk of 512 kB', () => {
  const tsx = pathToFileURL(createRequire(join(import.meta.dirname, '../../../package.json')).resolve('tsx')).href;

  it('loses nothing that was saved when it is full or read-only', () => {
    const folder = mkdtempSync(join(tmpdir(), 'subspace-disk-'));
    try {
      const worker = join(import.meta.dirname, 'full-disk.worker.ts');
      const node = [process.execPath, '--conditions=@subspace/source', '--import', tsx, worker, folder];
      const said = execFileSync('unshare', [...alone, ...node], { encoding: 'utf8' });
      const seen: Record<string, number> = JSON.parse(said);
      expect(Object.keys(seen).sort()).toEqual([
        'fit: STORAGE ENOSPC, nothing saved, resumed',
        'fit: STORAGE ENOSPC, some saved, resumed',
        'fit: none, some saved, resumed',
        'read-only: STORAGE EROFS, resumed',
        'sample: STORAGE ENOSPC, nothing saved, resumed',
        'sample: STORAGE ENOSPC, some saved, resumed',
        'sample: none, some saved, resumed',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

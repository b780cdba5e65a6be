import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { threadId } from 'node:worker_threads';
import { argumentError } from '../argument.ts';
import { type CheckpointStore, type Chunks, requireEntryName } from './checkpoint-store.ts';
import { beginWriting, claimFolder, notRegular } from './folder-writer.ts';

/** Bytes read or written in one call: below the limit of 2 GiB, and little memory. */
const PIECE = 2 ** 22;

/**
 * A store in a folder: one file an entry. For Node; import it from `@subspace/core/node`.
 *
 * An entry is written to a temporary file, synchronised to the disk and then renamed, so that a crash or a full disk leaves the old one. The
 * folder is made when something is first written.
 *
 * One process at a time may write: its file `.writer` says which, and since when. Another one gets an error that names it, unless it is gone. Links, pipes
 * and folders in the place of an entry are refused, and never followed, waited for or written to.
 *
 * @param folder its path
 * @throws on an empty path; when writing, an error with `code: 'STORE_IN_USE'` if another process writes to the folder; on what is no regular file; reading
 * and writing pass on the errors of the file system
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { fileStore } from '@subspace/core/node';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'example-'));
 * const store = fileStore(folder);
 * await store.write('entry', [Uint8Array.of(1, 2)]);
 * for await (const chunk of (await store.read('entry'))!) chunk.length; // 2
 * await rm(folder, { recursive: true });
 * ```
 */
export function fileStore(folder: string): CheckpointStore {
  if (typeof folder !== 'string' || folder === '') {
    throw argumentError('fileStore', `folder is ${JSON.stringify(folder)}, expected the path of a folder`);
  }
  const path = resolve(folder);
  return {
    async write(name, chunks) {
      requireEntryName('fileStore.write', name);
      const entry = join(path, name);
      // Before anything is waited for: of two writes that overlap, the one that was called first goes on.
      const end = beginWriting(entry);
      try {
        await mkdir(path, { recursive: true });
        claimFolder(path);
        await replaceEntry(path, entry, chunks);
      } finally {
        end();
      }
      await syncFolder(path);
    },

    async read(name) {
      requireEntryName('fileStore.read', name);
      const entry = join(path, name);
      try {
        await (await opened(entry, constants.O_RDONLY)).close();
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw error;
      }
      return pieces(entry);
    },

    async append(name, bytes) {
      requireEntryName('fileStore.append', name);
      await mkdir(path, { recursive: true });
      claimFolder(path);
      const file = await opened(join(path, name), constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
      let before: number;
      try {
        const stats = await file.stat();
        if (stats.nlink > 1) throw notRegular(join(path, name), `has ${stats.nlink} names`);
        before = stats.size;
        try {
          await writeAll(file, bytes);
          await file.sync();
        } catch (error) {
          await file.truncate(before).catch(() => {});
          throw error;
        }
      } finally {
        await file.close();
      }
      if (before === 0) await syncFolder(path);
    },
  };
}

/** Writes an entry beside the old one, and puts it in its place. */
async function replaceEntry(folder: string, entry: string, chunks: Chunks): Promise<void> {
  // Capitals can't be in an entry's name, so that this is none. Processes and threads have files of their own: who has taken over goes on with his.
  const temporary = `${entry}.${process.pid}-${threadId}.PART`;
  try {
    await requireRegular(entry);
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of chunks) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    claimFolder(folder);
    await rename(temporary, entry);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Opens a regular file: follows no link, and waits for no other end of a pipe. */
async function opened(path: string, flags: number): Promise<FileHandle> {
  await requireRegular(path);
  // It may have become something else by now.
  const file = await open(path, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw notRegular(path);
}

async function requireRegular(path: string): Promise<void> {
  try {
    if (!(await lstat(path)).isFile()) throw notRegular(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(PIECE, bytes.length - done));
    done += bytesWritten;
  }
}

async function* pieces(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await opened(path, constants.O_RDONLY);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE), 0, PIECE, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Makes a new or renamed file's name itself survive a crash. Windows neither can nor needs to open folders. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(path, 'r');
  } catch (error) {
    if (['EISDIR', 'EPERM', 'EACCES'].includes(String(codeOf(error)))) return;
    throw error;
  }
  try {
    await folder.sync();
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'ENOTSUP'].includes(String(codeOf(error)))) throw error;
  } finally {
    await folder.close();
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

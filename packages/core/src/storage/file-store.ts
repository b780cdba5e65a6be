import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { argumentError } from '../argument.ts';
import { type CheckpointStore, requireEntryName } from './checkpoint-store.ts';

/** Bytes read or written in one call: below the limit of 2 GiB, and little memory. */
const PIECE = 2 ** 22;

/**
 * A store in a folder: one file an entry. For Node; import it from `@subspace/core/node`.
 *
 * An entry is written to a temporary file, synchronised to the disk and then renamed, so that a crash or a full disk leaves the old one. The
 * folder is made when something is first written. One process at a time may write.
 *
 * @param path of the folder
 * @throws on an empty path; reading and writing pass on the errors of the file system
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
export function fileStore(path: string): CheckpointStore {
  if (typeof path !== 'string' || path === '') {
    throw argumentError('fileStore', `path is ${JSON.stringify(path)}, expected the path of a folder`);
  }
  return {
    async write(name, chunks) {
      requireEntryName('fileStore.write', name);
      await mkdir(path, { recursive: true });
      // Capitals can't be in an entry's name, so that this is none.
      const temporary = join(path, `${name}.PART`);
      try {
        const file = await open(temporary, 'w');
        try {
          for await (const chunk of chunks) await writeAll(file, chunk);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, join(path, name));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        throw error;
      }
      await syncFolder(path);
    },

    async read(name) {
      requireEntryName('fileStore.read', name);
      const file = join(path, name);
      try {
        await access(file, constants.R_OK);
      } catch (error) {
        if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
        throw error;
      }
      return pieces(file);
    },

    async append(name, bytes) {
      requireEntryName('fileStore.append', name);
      await mkdir(path, { recursive: true });
      const file = await open(join(path, name), 'a');
      let before: number;
      try {
        before = (await file.stat()).size;
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

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(PIECE, bytes.length - done));
    done += bytesWritten;
  }
}

async function* pieces(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, 'r');
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
    if (['EISDIR', 'EPERM', 'EACCES'].includes(String((error as { code?: unknown }).code))) return;
    throw error;
  }
  try {
    await folder.sync();
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'ENOTSUP'].includes(String((error as { code?: unknown }).code))) throw error;
  } finally {
    await folder.close();
  }
}

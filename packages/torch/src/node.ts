import { open } from 'node:fs/promises';
import type { AsyncBuffer } from './async-buffer.ts';

/** A file as bytes that are read in parts; `close` it. */
export interface FileBuffer extends AsyncBuffer {
  slice(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a file of Node's, for `readTorchCheckpoint` and its like.
 *
 * @throws if there is no such file
 * @example
 * ```ts
 * import { mkdtemp, rm, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { fileBuffer } from '@subspace/torch/node';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'example-'));
 * await writeFile(join(folder, 'model.pt'), Uint8Array.of(1, 2, 3, 4));
 * const file = await fileBuffer(join(folder, 'model.pt'));
 * await file.slice(1, 3); // Uint8Array [2, 3]
 * await file.close();
 * await rm(folder, { recursive: true });
 * ```
 */
export async function fileBuffer(path: string): Promise<FileBuffer> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  return {
    byteLength: size,
    async slice(start, end) {
      const bytes = new Uint8Array(end - start);
      let at = 0;
      while (at < bytes.length) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return at === bytes.length ? bytes : bytes.subarray(0, at);
    },
    close: () => file.close(),
  };
}

/**
 * Opens files one after another, each when it is asked for, and closes it when the next one is: for `collectCheckpoints`.
 *
 * @throws at a file that is not there, when it is its turn
 * @example
 * ```ts
 * import { mkdtemp, rm, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { fileBuffers } from '@subspace/torch/node';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'example-'));
 * const paths = ['epoch-1.pt', 'epoch-2.pt'].map((name) => join(folder, name));
 * for (const path of paths) await writeFile(path, Uint8Array.of(1, 2, 3));
 * for await (const file of fileBuffers(paths)) file.byteLength; // 3, and again 3
 * await rm(folder, { recursive: true });
 * ```
 */
export async function* fileBuffers(paths: Iterable<string>): AsyncGenerator<FileBuffer, void, undefined> {
  for (const path of paths) {
    const file = await fileBuffer(path);
    try {
      yield file;
    } finally {
      await file.close();
    }
  }
}

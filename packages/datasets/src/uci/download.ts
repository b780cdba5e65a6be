import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CancelSignal } from '@subspace/core';
import { abortError, messageOf, requireCount, requireKnownOptions } from '@subspace/core/internals';

export interface DownloadOptions {
  /** What the file's bytes must come to, in hexadecimals. Default: whatever they come to. */
  readonly sha256?: string;
  /** How often to go on after the connection broke. Default 3. */
  readonly retries?: number;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

export interface DownloadProgress {
  readonly url: string;
  /** Bytes, those of an earlier try too. */
  readonly received: number;
  /** Bytes, where the server says how many. */
  readonly total?: number;
}

/**
 * Downloads a file. Until it is whole, and its checksum is right, it lies beside its place; a call that gives up leaves it as `<path>.PART`, from where a later one
 * goes on, as it does from what a killed process left. Calls at the same time, of any process, have a part each.
 *
 * @param path where it goes; folders are made
 * @returns its checksum
 * @throws `DOWNLOAD_FAILED` naming the URL and the path, with the bytes so far kept, and `CHECKSUM` where the bytes are others than expected, which are not kept
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { download } from '@subspace/datasets/node';
 *
 * const server = createServer((_, response) => response.end('1 2 3\n'));
 * await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
 * const { port } = server.address() as { port: number };
 * const { sha256 } = await download(`http://127.0.0.1:${port}/data.txt`, '/tmp/subspace-example/data.txt');
 * sha256.slice(0, 8); // 'd3e5a3d4'
 * server.close();
 * ```
 */
export async function download(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<{ readonly sha256: string }> {
  requireKnownOptions('download', options, ['sha256', 'retries', 'signal', 'onProgress']);
  const { sha256: expected, retries = 3, signal, onProgress } = options;
  requireCount('download', 'retries', retries, 0);
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}.PART`;
  const continued = await takeOver(path, part);
  try {
    for (let broken = 0; ; broken++) {
      if (signal?.aborted) throw abortError('download', signal, { part: `${path}.PART` });
      try {
        await receive(url, part, signal, onProgress);
        break;
      } catch (error) {
        if (signal?.aborted) throw abortError('download', signal, { part: `${path}.PART` });
        if ((error as { final?: boolean }).final || broken >= retries) throw await failed(url, path, part, error);
      }
    }
  } catch (error) {
    if ((await sizeOf(part)) > 0) await rename(part, `${path}.PART`);
    else await rm(part, { force: true });
    throw error;
  }
  const came = await checksumOf(part);
  if (expected !== undefined && came !== expected.toLowerCase()) {
    await rm(part, { force: true });
    // The part may be of a file that has since been replaced.
    if (continued) return await download(url, path, options);
    throw Object.assign(
      new Error(
        `download: ${url} has SHA-256 ${came}, expected ${expected}: the file there is another one, or was damaged on its way`,
      ),
      { code: 'CHECKSUM' as const },
    );
  }
  await rename(part, path);
  return { sha256: came };
}

/** Makes what an earlier call left this one's part: one that gave up, or whose process is gone. Of several that ask, one gets it. */
async function takeOver(path: string, part: string): Promise<boolean> {
  const [folder, prefix] = [dirname(path), `${basename(path)}.`];
  for (const name of await readdir(folder)) {
    const match = name.startsWith(prefix) && /^(?:(.+)-(\d+)-[0-9a-f]{8}\.)?PART$/.exec(name.slice(prefix.length));
    if (!match) continue;
    const [, host, pid] = match;
    if (host !== undefined && (host !== hostname() || isRunning(Number(pid)))) continue;
    const took = await rename(join(folder, name), part).then(
      () => true,
      () => false,
    );
    if (took) return true;
  }
  return false;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH';
  }
}

/** Appends to the part what it lacks. */
async function receive(
  url: string,
  part: string,
  signal: CancelSignal | undefined,
  onProgress: DownloadOptions['onProgress'],
): Promise<void> {
  let received = await sizeOf(part);
  const stop = new AbortController();
  const response = await fetch(url, {
    // A server that packs what it sends would count other bytes.
    headers: { 'accept-encoding': 'identity', ...(received > 0 ? { range: `bytes=${received}-` } : {}) },
    signal: stop.signal,
  });
  if (response.status === 416) {
    // Nothing is left to send, or the part is of a longer file: the checksum, or a new start, tells.
    const size = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    await response.body?.cancel();
    if (Number(size) === received) return;
    await rm(part, { force: true });
    throw new Error('the part is longer than the file');
  }
  const goesOn = response.status === 206;
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const final = response.status < 500 && response.status !== 408 && response.status !== 429;
    throw Object.assign(new Error(`the server answered ${response.status} ${response.statusText}`.trim()), { final });
  }
  if (!goesOn) received = 0;
  const encoded = response.headers.get('content-encoding');
  const length = response.headers.get('content-length');
  const total = length !== null && (!encoded || encoded === 'identity') ? received + Number(length) : undefined;
  const file = createWriteStream(part, { flags: goesOn ? 'a' : 'w' });
  const source = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
  source.on('data', (chunk: Uint8Array) => {
    received += chunk.length;
    onProgress?.({ url, received, ...(total === undefined ? {} : { total }) });
    if (signal?.aborted) stop.abort();
  });
  await pipeline(source, file);
  if (total !== undefined && received !== total)
    throw new Error(`the connection ended after ${received} of ${total} bytes`);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** The SHA-256 of a file, in hexadecimals. */
export async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function failed(url: string, path: string, part: string, error: unknown): Promise<Error> {
  const cause = (error as { cause?: unknown }).cause;
  const reason = cause ? `${messageOf(error)}: ${messageOf(cause)}` : messageOf(error);
  const kept = (await sizeOf(part)) > 0 ? `what came is kept in ${path}.PART` : `expected the file for ${path}`;
  return Object.assign(new Error(`download: ${url}: ${reason}; ${kept}`, { cause: error }), {
    code: 'DOWNLOAD_FAILED' as const,
  });
}

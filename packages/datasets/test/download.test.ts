import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from '@subspace/datasets/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'subspace-download-'));
let file = 0;
const isWhole = (path: string) => readFileSync(path).equals(content);
const place = () => join(folder, `new/${++file}/data.bin`);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answer: Answer;
let asked: (string | undefined)[] = [];
const server = createServer((request, response) => {
  asked.push(request.headers.range);
  answer(request, response);
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/data.bin`;
});
afterEach(() => {
  asked = [];
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** A server that goes on where it is asked to, and breaks off after `most` bytes. */
const inPieces =
  (most: number): Answer =>
  (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const rest = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length });
    if (rest.length <= most) response.end(rest);
    else response.write(rest.subarray(0, most), () => setTimeout(() => response.destroy(), 20));
  };

describe('download', () => {
  it('writes the file whole, makes its folder, and tells how far it is', async () => {
    answer = inPieces(Infinity);
    const path = place();
    const seen: { received: number; total?: number }[] = [];
    expect(await download(url, path, { sha256: sha256.toUpperCase(), onProgress: (one) => seen.push(one) })).toEqual({
      sha256,
    });
    expect(isWhole(path)).toBe(true);
    expect(seen.at(-1)).toEqual({ url, received: content.length, total: content.length });
    expect(existsSync(`${path}.PART`)).toBe(false);
  });

  it('goes on where a connection broke off', async () => {
    answer = inPieces(120_000);
    const path = place();
    await download(url, path, { sha256 });
    expect(isWhole(path)).toBe(true);
    expect(asked.length).toBe(3);
    expect(asked.slice(1).every((range) => range !== undefined)).toBe(true);
  });

  it('keeps what came when it gives up, and a later call goes on', async () => {
    answer = inPieces(120_000);
    const path = place();
    await expect(download(url, path, { sha256, retries: 0 })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    expect(existsSync(path)).toBe(false);
    const kept = statSync(`${path}.PART`).size;
    expect(kept).toBeGreaterThan(0);
    answer = inPieces(Infinity);
    await download(url, path, { sha256 });
    expect(asked.at(-1)).toBe(`bytes=${kept}-`);
    expect(isWhole(path)).toBe(true);
  });

  it('begins anew where the server does not go on, and finishes a part that was whole', async () => {
    const path = place();
    await download(url, path, { sha256 });
    writeFileSync(`${path}.PART`, content.subarray(0, 1000));
    answer = (_, response) => response.end(content);
    await download(url, path, { sha256 });
    expect(isWhole(path)).toBe(true);
    answer = inPieces(Infinity);
    writeFileSync(`${path}.PART`, content);
    await download(url, path, { sha256 });
    expect(isWhole(path)).toBe(true);
    writeFileSync(`${path}.PART`, Buffer.concat([content, content]));
    await download(url, path, { sha256 });
    expect(isWhole(path)).toBe(true);
  });

  it('takes a part of another file for what it is', async () => {
    answer = inPieces(Infinity);
    const path = place();
    await download(url, path);
    writeFileSync(`${path}.PART`, Buffer.alloc(1000));
    await download(url, path, { sha256 });
    expect(isWhole(path)).toBe(true);
  });

  it('has a part for each call, and goes on from that of a process that is gone, not of one that runs', async () => {
    answer = inPieces(120_000);
    const path = place();
    await Promise.all([1, 2, 3].map(() => download(url, path)));
    expect(isWhole(path)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['data.bin']);
    answer = inPieces(Infinity);
    const gone = spawnSync(process.execPath, ['--version']).pid;
    const part = (pid: number, of = path, host = hostname()) => `${of}.${host}-${pid}-0123abcd.PART`;
    const others = [part(process.pid), part(gone, path, 'elsewhere'), part(gone, `${path}.gz`)];
    for (const other of others) writeFileSync(other, 'others');
    writeFileSync(part(gone), content.subarray(0, 1000));
    asked = [];
    await download(url, path);
    expect(asked).toEqual(['bytes=1000-']);
    expect(isWhole(path)).toBe(true);
    expect(existsSync(part(gone))).toBe(false);
    for (const other of others) expect(readFileSync(other, 'utf8')).toBe('others');
  });

  it('refuses a file that has another checksum, and does not keep it', async () => {
    answer = inPieces(Infinity);
    const path = place();
    const wrong = '0'.repeat(64);
    const refused = download(url, path, { sha256: wrong });
    await expect(refused).rejects.toMatchObject({ code: 'CHECKSUM' });
    await expect(refused).rejects.toThrow(`download: ${url} has SHA-256 ${sha256}, expected ${wrong}`);
    expect(existsSync(path) || existsSync(`${path}.PART`)).toBe(false);
  });

  it('says what the server answered, once where asking again is no use', async () => {
    answer = (_, response) => response.writeHead(404).end('no');
    await expect(download(url, place())).rejects.toThrow(`download: ${url}: the server answered 404 Not Found`);
    expect(asked.length).toBe(1);
    answer = (_, response) => response.writeHead(503).end();
    await expect(download(url, place(), { retries: 2 })).rejects.toThrow('503');
    expect(asked.length).toBe(4);
    const path = place();
    const refused = download('http://127.0.0.1:1/x', path, { retries: 0 });
    await expect(refused).rejects.toThrow('download: http://127.0.0.1:1/x: fetch failed');
    await expect(refused).rejects.toThrow(`expected the file for ${path}`);
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  it('stops when told to, and keeps what came', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 1000));
    };
    const stop = new AbortController();
    const path = place();
    await expect(download(url, path, { signal: stop.signal, onProgress: () => stop.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(existsSync(path)).toBe(false);
    await expect(download(url, path, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(download(url, path, { checksum: '' } as never)).rejects.toThrow('option checksum is unknown');
    await expect(download(url, path, { retries: -1 })).rejects.toThrow('retries is -1');
  });
});

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ByteSource, readBytes, readTorchCheckpoint, stateDict, urlBuffer } from '@subspace/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bytes = new Uint8Array(readFileSync(new URL('./fixtures/state-dict-zip.pt', import.meta.url)));
const asked: string[] = [];
const server = createServer((request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')?.map(Number) ?? [];
  asked.push(request.headers.range ?? '');
  if (request.url === '/whole') return response.end(bytes);
  if (request.url === '/missing') return response.writeHead(404).end();
  const range = request.url === '/unknown' ? `bytes ${first}-${last}/*` : `bytes ${first}-${last}/${bytes.length}`;
  return response.writeHead(206, { 'content-range': range }).end(bytes.subarray(first, last + 1));
});
let root: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('one port', () => {
  it.each<[string, () => ByteSource | Promise<ByteSource>]>([
    ['bytes', () => bytes],
    ['an ArrayBuffer', () => bytes.slice().buffer],
    ['a part of a buffer', () => new Uint8Array([...new Uint8Array(3), ...bytes]).subarray(3)],
    ['a Blob', () => new Blob([bytes])],
    [
      'what hyparquet reads',
      () => ({ byteLength: bytes.length, slice: async (from: number, to: number) => bytes.slice(from, to).buffer }),
    ],
    ['a URL with ranges', () => urlBuffer(`${root}/file`)],
  ])('%s', async (_, source) => {
    const dict = stateDict(await readTorchCheckpoint(await source()));
    expect([...dict.keys()]).toEqual([...stateDict(await readTorchCheckpoint(bytes)).keys()]);
    expect(dict).toEqual(stateDict(await readTorchCheckpoint(bytes)));
    expect(await readBytes(await source())).toEqual(bytes);
  });

  it('asks for no part of a URL that it does not need', async () => {
    asked.length = 0;
    const file = await urlBuffer(`${root}/file`, { headers: { authorization: 'me' } });
    expect(await file.slice(10, 10)).toEqual(new Uint8Array(0));
    expect(await file.slice(10, 12)).toEqual(bytes.subarray(10, 12));
    expect(asked).toEqual(['bytes=0-0', 'bytes=10-11']);
  });

  it.each([
    ['whole', 'the server answers 200'],
    ['missing', 'the server answers 404'],
    ['unknown', 'does not say how long'],
  ])('refuses a server whose answer is %s', async (path, message) => {
    await expect(urlBuffer(`${root}/${path}`)).rejects.toThrow(message);
  });

  it('refuses what is none, and sources that give fewer bytes than they say', async () => {
    for (const source of [null, 'model.pt', {}, { byteLength: 3 }, { size: -1.5, slice: () => bytes }]) {
      await expect(readTorchCheckpoint(source as never)).rejects.toThrow('expected bytes, a Blob or');
    }
    const short = { byteLength: 100, slice: () => new Uint8Array(3) };
    await expect(readTorchCheckpoint(short)).rejects.toThrow('the source gave 3 bytes, expected 100 from byte 0');
  });
});

import { argumentError, requireKnownOptions } from '@subspace/core/internals';
import type { AsyncBuffer } from './async-buffer.ts';

export interface UrlBufferOptions {
  /** Sends the requests; the platform's `fetch` by default. */
  readonly fetch?: typeof fetch;
  /** Of each request: an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A file at a URL, of which only the parts that are asked for are loaded: the server must know ranges.
 *
 * @throws where the server does not answer, does not say how long the file is, or gives all of it when a part is asked for
 * @example
 * ```ts
 * import { urlBuffer } from '@subspace/torch';
 *
 * // A server of four bytes; leave `fetch` out for one that is there.
 * const bytes = Uint8Array.of(1, 2, 3, 4);
 * const answer = async (_: unknown, init?: RequestInit) => {
 *   const [, start, end] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range')!)!.map(Number);
 *   return new Response(bytes.slice(start, end + 1), { status: 206, headers: { 'content-range': `bytes ${start}-${end}/4` } });
 * };
 * const file = await urlBuffer('https://example.org/model.pt', { fetch: answer });
 * await file.slice(1, 3); // Uint8Array [2, 3]
 * ```
 */
export async function urlBuffer(url: string | URL, options: UrlBufferOptions = {}): Promise<AsyncBuffer> {
  const where = 'urlBuffer';
  requireKnownOptions(where, options, ['fetch', 'headers']);
  const send = options.fetch ?? globalThis.fetch;
  const part = async (start: number, end: number): Promise<Response> => {
    const response = await send(url, { headers: { ...options.headers, range: `bytes=${start}-${end - 1}` } });
    if (response.status === 206) return response;
    await response.body?.cancel();
    const problem = response.ok ? 'gives the whole file, expected the part that is asked for' : 'has no such part';
    throw argumentError(where, `the server answers ${response.status} for ${url}: it ${problem}`);
  };
  const first = await part(0, 1);
  await first.body?.cancel();
  const size = /^bytes \d+-\d+\/(\d+)$/.exec(first.headers.get('content-range') ?? '')?.[1];
  if (size === undefined)
    throw argumentError(where, `the server does not say how long ${url} is, expected its size in content-range`);
  return {
    byteLength: Number(size),
    async slice(start, end) {
      if (start === end) return new Uint8Array(0);
      return new Uint8Array(await (await part(start, end)).arrayBuffer());
    },
  };
}

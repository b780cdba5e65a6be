import type { Chunks } from './checkpoint-store.ts';

/** Bytes read by count, however they are cut into chunks, each once and without a copy. */
export interface ByteReader {
  /** The next bytes, so many, or as many as there are; to be read to their end before others are asked for. */
  next(count: number): AsyncGenerator<Uint8Array, void, undefined>;
  /** Lets go of the chunks, read to their end or not. */
  close(): Promise<void>;
}

export function byteReader(chunks: Chunks): ByteReader {
  const iterator = (async function* () {
    yield* chunks;
  })();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    async *next(count) {
      for (let missing = count; missing > 0; ) {
        if (rest.length === 0) {
          const { done, value } = await iterator.next();
          if (done) return;
          rest = value;
        }
        const piece = rest.subarray(0, missing);
        rest = rest.subarray(piece.length);
        missing -= piece.length;
        yield piece;
      }
    },
    async close() {
      await iterator.return();
    },
  };
}

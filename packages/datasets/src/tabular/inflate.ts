import { argumentError, messageOf } from '@subspace/core/internals';

/**
 * The bytes that gzip (`'gzip'`) or zlib (`'deflate'`) packed.
 *
 * @throws if they are damaged, or end too soon
 */
export async function inflate(where: string, bytes: Uint8Array, format: 'gzip' | 'deflate'): Promise<Uint8Array> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  // What goes wrong is said to the reader too.
  writer.write(Uint8Array.from(bytes)).catch(() => {});
  writer.close().catch(() => {});
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      size += value.length;
    }
  } catch (error) {
    const kind = format === 'gzip' ? 'gzip' : 'zlib';
    throw argumentError(
      where,
      `the ${kind} data are damaged or end too soon (${messageOf(error)}), expected a whole file`,
    );
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

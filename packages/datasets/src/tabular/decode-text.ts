import { argumentError, show } from '@subspace/core/internals';
import { inflate } from './inflate.ts';

/**
 * The text of a file: UTF-8 or UTF-16, with or without a byte order mark, gzipped or not.
 *
 * @throws if it is no text, or damaged
 */
export async function decodeText(where: string, file: Uint8Array | ArrayBuffer | string): Promise<string> {
  // A byte order mark that was read as a character.
  if (typeof file === 'string') return file.replace(/^\uFEFF/, '');
  const isBytes = Object.prototype.toString.call(file) === '[object ArrayBuffer]' || ArrayBuffer.isView(file);
  if (!isBytes) throw argumentError(where, `the file is ${show(file)}, expected its bytes or its text`);
  const came = ArrayBuffer.isView(file) ? file : new Uint8Array(file);
  const bytes = came[0] === 0x1f && came[1] === 0x8b ? await inflate(where, came, 'gzip') : came;
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes);
  const nul = text.indexOf('\0');
  if (nul >= 0) throw argumentError(where, `the file has a byte 0 at ${nul}, expected a text`);
  return text;
}

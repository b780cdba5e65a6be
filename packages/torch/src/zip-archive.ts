import { argumentError, crc32 } from '@subspace/core/internals';
import type { ByteReader } from './async-buffer.ts';
import type { ReadLimits } from './limits.ts';

/** A file in a zip archive. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  /** Where its local header lies. */
  readonly offset: number;
  /** Where the next member lies, or the directory. */
  readonly limit: number;
}

export interface ZipArchive {
  readonly members: ReadonlyMap<string, ZipMember>;
  /** The bytes of a member, its checksum compared unless told not to. */
  read(member: ZipMember): Promise<Uint8Array>;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** More names than any checkpoint has. */
const MOST_MEMBERS = 1_000_000;

/**
 * The central directory of a zip archive, of which members are read one by one: stored bytes as they lie there, deflated ones by the platform's own
 * `DecompressionStream`.
 *
 * @throws on what could be read in two ways: two members of one name or place, names or encryption that the local header says otherwise; on a wrong checksum
 * @see PKWARE's APPNOTE.TXT 6.3, Section 4.3
 */
export async function zipArchive(
  where: string,
  file: ByteReader,
  limits: Required<ReadLimits>,
  checksums: boolean,
): Promise<ZipArchive> {
  const damaged = (problem: string) => argumentError(where, `the zip archive is damaged: ${problem}`);
  const { start, size, count } = await directoryOf(file, damaged);
  if (count > MOST_MEMBERS) throw damaged(`it has ${count} members, expected at most ${MOST_MEMBERS}`);
  const members = membersOf(await file.read(start, start + size), start, count, damaged);
  let inflated = 0;
  return {
    members,
    async read(member) {
      const { name, method, flags, compressed, offset } = member;
      const local = viewOf(await file.read(offset, offset + 30));
      const nameLength = local.getUint16(26, true);
      const begin = offset + 30 + nameLength + local.getUint16(28, true);
      if (local.getUint32(0, true) !== LOCAL) throw damaged(`${name} does not begin where the directory says`);
      if (decode(await file.read(offset + 30, offset + 30 + nameLength)) !== name)
        throw damaged(`${name} has another name where it lies`);
      if ((local.getUint16(6, true) & ENCRYPTED) !== (flags & ENCRYPTED))
        throw damaged(`${name} is encrypted by one of its two headers`);
      if (flags & ENCRYPTED)
        throw argumentError(where, `${name} is encrypted, expected a file as torch.save writes it`);
      if (method !== 0 && method !== 8)
        throw argumentError(where, `${name} is compressed by method ${method}, expected none or deflate`);
      if (method === 8) {
        inflated += member.size;
        if (inflated > limits.memberBytes) {
          const bytes = `${name} inflates to ${member.size} bytes, with those before to ${inflated}`;
          throw argumentError(where, `${bytes}; limits.memberBytes allows ${limits.memberBytes}`);
        }
      }
      if (begin + compressed > member.limit) throw damaged(`${name} reaches into what lies behind it`);
      const stored = await file.read(begin, begin + compressed);
      const bytes =
        method === 0
          ? stored
          : await inflate(stored, member.size, () => damaged(`${name} does not inflate to its ${member.size} bytes`));
      if (bytes.length !== member.size) throw damaged(`${name} has ${bytes.length} bytes, expected ${member.size}`);
      if (checksums && crc32(bytes) !== member.crc) throw damaged(`the checksum of ${name} is wrong`);
      return bytes;
    },
  };
}

/** Flag bits: encrypted, or with names of the directory masked. */
const ENCRYPTED = 0x2041;

async function directoryOf(file: ByteReader, damaged: (problem: string) => Error) {
  const tail = await file.read(Math.max(0, file.byteLength - 65_557), file.byteLength);
  const from = file.byteLength - tail.length;
  const view = viewOf(tail);
  let end = tail.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw damaged('it has no directory; is the file cut off?');
  const plain = {
    count: view.getUint16(end + 10, true),
    size: view.getUint32(end + 12, true),
    start: view.getUint32(end + 16, true),
  };
  const locator = end - 20;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64) return plain;
  const place = Number(view.getBigUint64(locator + 8, true));
  if (!(place + 56 <= from + locator)) throw damaged('its directory lies outside of it');
  const large = viewOf(await file.read(place, place + 56));
  if (large.getUint32(0, true) !== END_64) throw damaged('its directory does not end where it says');
  const [count, size, start] = [32, 40, 48].map((at) => Number(large.getBigUint64(at, true)));
  return { count, size, start };
}

function membersOf(
  directory: Uint8Array,
  start: number,
  count: number,
  damaged: (problem: string) => Error,
): ReadonlyMap<string, ZipMember> {
  const members = new Map<string, ZipMember & { limit: number }>();
  const view = viewOf(directory);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== ENTRY)
      throw damaged(`it has ${i} members, expected ${count}`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > directory.length) throw damaged(`member ${i} reaches beyond the directory`);
    const name = decode(directory.subarray(at + 46, at + 46 + nameLength));
    if (members.has(name)) throw damaged(`it has two members of the name ${JSON.stringify(name)}`);
    const sizes = [24, 20, 42].map((field) => view.getUint32(at + field, true));
    large(directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength), sizes);
    const [size, compressed, offset] = sizes;
    members.set(name, {
      name,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      size,
      compressed,
      offset,
      limit: start,
    });
    at = end;
  }
  // Members that lie in each other would be read again and again.
  const sorted = [...members.values()].sort((a, b) => a.offset - b.offset);
  for (let i = 0; i + 1 < sorted.length; i++) sorted[i].limit = sorted[i + 1].offset;
  return members;
}

/** Sizes and places that four bytes are too few for lie in the extra field 1, in this order. */
function large(extra: Uint8Array, sizes: number[]): void {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    at += 4;
    if (id === 1) {
      let field = at;
      for (let i = 0; i < sizes.length; i++) {
        if (sizes[i] !== 0xffffffff || field + 8 > Math.min(at + length, extra.length)) continue;
        sizes[i] = Number(view.getBigUint64(field, true));
        field += 8;
      }
    }
    at += length;
  }
}

/** No more than is expected is ever held. */
async function inflate(stored: Uint8Array, size: number, wrong: () => Error): Promise<Uint8Array> {
  const result = new Uint8Array(size);
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  // What goes wrong is seen by the reader.
  writer.write(stored as Uint8Array<ArrayBuffer>).catch(() => {});
  writer.close().catch(() => {});
  const reader = stream.readable.getReader();
  let at = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (at + value.length > size) throw wrong();
      result.set(value, at);
      at += value.length;
    }
  } catch {
    reader.cancel().catch(() => {});
    throw wrong();
  }
  if (at !== size) throw wrong();
  return result;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

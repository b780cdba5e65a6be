import { deflateRawSync } from 'node:zlib';
import { crc32 } from '@subspace/core/internals';

/** A member of an archive to be, and what shall be wrong with it. */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
  readonly flags?: number;
  readonly crc?: number;
  /** What the directory says of its size. */
  readonly size?: number;
  readonly localName?: string;
  readonly method?: number;
  /** Where the directory says that it lies. */
  readonly offset?: number;
}

/** A zip archive, small and without extras. */
export function zip(members: readonly Member[], options: { count?: number } = {}): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, deflate, flags = 0, size = bytes.length, localName = name, ...given } of members) {
    const stored = deflate ? deflateRawSync(bytes) : Buffer.from(bytes);
    const crc = given.crc ?? crc32(bytes);
    const method = given.method ?? (deflate ? 8 : 0);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(stored.length, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(Buffer.byteLength(localName), 26);
    parts.push(local, Buffer.from(localName), stored);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(stored.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(given.offset ?? offset, 42);
    directory.push(entry, Buffer.from(name));
    offset += 30 + Buffer.byteLength(localName) + stored.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.count ?? members.length, 8);
  end.writeUInt16LE(options.count ?? members.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, end]));
}

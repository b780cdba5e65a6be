/** Thrown where the bytes at hand end before the pickle does: there may be more in the file. */
export const MORE_BYTES: unique symbol = Symbol('more bytes');

/** Reads the arguments of opcodes, little-endian, one after the other. */
export interface PickleCursor {
  /** Where the next byte lies. */
  readonly offset: number;
  byte(): number;
  uint16(): number;
  int32(): number;
  uint32(): number;
  /** A length of eight bytes; beyond 2⁵³ it is longer than any file. */
  length64(): number;
  /** Big-endian, as pickle has it. */
  float64(): number;
  /** A view of so many bytes. */
  bytes(length: number): Uint8Array;
  /** Up to the next line feed, which is passed over. */
  line(): string;
}

export function pickleCursor(bytes: Uint8Array, start: number): PickleCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = start;
  const take = (length: number): number => {
    if (!(length <= bytes.length - offset)) throw MORE_BYTES;
    offset += length;
    return offset - length;
  };
  return {
    get offset() {
      return offset;
    },
    byte: () => bytes[take(1)],
    uint16: () => view.getUint16(take(2), true),
    int32: () => view.getInt32(take(4), true),
    uint32: () => view.getUint32(take(4), true),
    length64: () => Number(view.getBigUint64(take(8), true)),
    float64: () => view.getFloat64(take(8)),
    bytes(length) {
      const from = take(length);
      return bytes.subarray(from, from + length);
    },
    line() {
      const end = bytes.indexOf(10, offset);
      if (end < 0) throw MORE_BYTES;
      const from = take(end + 1 - offset);
      return latin1(bytes.subarray(from, end));
    },
  };
}

/** Each byte as the character of its number. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

/** The bits of a value, functions left out: `toEqual` on typed arrays takes −0 for 0. */
export function bits(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    ArrayBuffer.isView(item)
      ? Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString('base64')
      : typeof item === 'number' && !Number.isFinite(item)
        ? String(item)
        : item,
  );
}

/** Bytes of a text in which each character is a byte. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A pickle of protocol 2 of these steps, in a stream as PyTorch wrote it before 1.6, with no storages. */
export function stream(steps: string, storages = ''): Uint8Array {
  const head = '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.';
  return bytesOf(`${head}\x80\x02${steps}.${storages || '\x80\x02].'}`);
}

/** The step that names a global. */
export const named = (module: string, name: string): string => `c${module}\n${name}\n`;

export const int32 = (value: number): string =>
  String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);

/** The step of a text. */
export const word = (text: string): string => `X${int32(text.length)}${text}`;

/** The steps of a storage: eight floats as a rule. */
export const storage = (options: { type?: string; key?: string; size?: number } = {}): string =>
  `(${word('storage')}${named('torch', options.type ?? 'FloatStorage')}${word(options.key ?? '0')}${word('cpu')}J${int32(options.size ?? 8)}NtQ`;

/** The steps of a tensor that sees a storage so. */
export const tensor = (shape: readonly number[], strides: readonly number[], offset = 0, from = storage()): string => {
  const tuple = (values: readonly number[]) => `(${values.map((value) => `J${int32(value)}`).join('')}t`;
  return `${named('torch._utils', '_rebuild_tensor_v2')}(${from}J${int32(offset)}${tuple(shape)}${tuple(strides)}\x89NtR`;
};

/** Behind the pickle: one storage of so many floats. */
export const floats = (key: string, count: number, says = count): string =>
  `\x80\x02](${word(key)}e.${int32(says)}\0\0\0\0${'\0\0\x80?'.repeat(count)}`;

/** A two's complement integer of any length, little-endian: a number where it is one exactly. */
export function longOf(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  let hex = '';
  for (let i = bytes.length - 1; i >= 0; i--) hex += bytes[i].toString(16).padStart(2, '0');
  return exact(BigInt.asIntN(8 * bytes.length, BigInt(`0x${hex}`)));
}

/** The decimal text of protocol 0: `12`, `-7`, `123L`; `undefined` where it is none, or longer than Python reads. */
export function decimalOf(text: string): number | bigint | undefined {
  if (text.length > LONGEST_DECIMAL) return undefined;
  const digits = /^\s*([+-]?\d+)L?\s*$/.exec(text)?.[1];
  return digits === undefined ? undefined : exact(BigInt(digits.replace('+', '')));
}

/** Reading decimals takes longer than their length. */
const LONGEST_DECIMAL = 4300;

/** Python's `repr` of a float: `1.5`, `1e+20`, `inf`, `nan`; `undefined` where it is none. */
export function floatOf(text: string): number | undefined {
  const word = text.trim().toLowerCase();
  const named: Record<string, number> = {
    inf: Infinity,
    '+inf': Infinity,
    '-inf': -Infinity,
    nan: Number.NaN,
    '-nan': Number.NaN,
  };
  if (Object.hasOwn(named, word)) return named[word];
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(word) ? Number(word) : undefined;
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

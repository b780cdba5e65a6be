import { readdirSync, readFileSync } from 'node:fs';
import { randomSource } from '@subspace/core';
import { readTorchCheckpoint } from '@subspace/torch';
import { int32, named, storage, stream, tensor, word } from './pickles.ts';

type Random = () => number;

const folder = new URL('./fixtures/', import.meta.url);
const originals = readdirSync(folder)
  .filter((file) => file.endsWith('.pt'))
  .sort()
  .map((file) => new Uint8Array(readFileSync(new URL(file, folder))));

/** Steps of pickles, most of them as they should be. */
const STEPS: readonly ((random: Random) => string)[] = [
  ...[
    'N',
    '\x88',
    '\x89',
    ')',
    ']',
    '}',
    '\x8f',
    '(',
    't',
    'l',
    'd',
    'a',
    'e',
    's',
    'u',
    '0',
    '1',
    '2',
    '\x85',
    '\x86',
    '\x87',
  ],
  ...[
    'R',
    'b',
    'o',
    '\x81',
    '\x90',
    '\x91',
    '\x92',
    '\x93',
    'Q',
    '\x94',
    '.',
    '\x82\x01',
    '\x97',
    '\x98',
    'P0\n',
    'ios\nsystem\n',
  ],
  storage(),
  named('os', 'system'),
  named('collections', 'OrderedDict'),
  named('builtins', 'set'),
  named('torch', 'Size'),
  named('torch._utils', '_rebuild_tensor_v2'),
  named('torch._utils', '_rebuild_parameter'),
  named('numpy', 'dtype'),
  named('numpy._core.multiarray', '_reconstruct'),
  named('numpy._core.multiarray', 'scalar'),
  named('numpy._core.numeric', '_frombuffer'),
  named('_codecs', 'encode'),
  word('f8'),
  word('__proto__'),
]
  .map((text) => (_random: Random) => text)
  .concat([
    (random: Random) => `h${String.fromCharCode(Math.floor(random() * 8))}`,
    (random: Random) => `q${String.fromCharCode(Math.floor(random() * 8))}`,
    (random: Random) => `r${int32(Math.floor(random() * 2 ** 31))}`,
    (random: Random) => `J${int32(Math.floor(random() * 2 ** 32))}`,
    (random: Random) => `K${String.fromCharCode(Math.floor(random() * 256))}`,
    (random: Random) => `\x8a${String.fromCharCode(Math.floor(random() * 9))}${'\xff'.repeat(8)}`,
    (random: Random) => `X${int32(Math.floor(random() * 2 ** 31))}`,
    (random: Random) =>
      tensor([Math.floor(random() * 4), 2 ** Math.floor(random() * 31)], [1, Math.floor(random() * 2)]),
  ]);

/** Input number i of a seed: every third one made of a pickle's steps, the others a file of PyTorch with some bytes or parts exchanged. */
export function damagedFile(seed: number, i: number): Uint8Array {
  const source = randomSource(`${seed} ${i}`);
  const random = () => source.uniform();
  return i % 3 === 0 ? madeOfSteps(random) : mutated(random);
}

function madeOfSteps(random: Random): Uint8Array {
  // Something to remember and to take from; what is left over goes into a list.
  let steps = `(]q\0}q\x01)q\x02K\x07q\x03${word('latin1')}q\x04\x8fq\x05${named('torch', 'Size')}q\x06`;
  for (let length = Math.floor(random() * 60); length >= 0; length--) {
    const piece = STEPS[Math.floor(random() * STEPS.length)](random);
    steps += random() < 0.05 ? piece.repeat(Math.floor(random() * 700)) : piece;
  }
  return stream(`${steps}l`);
}

function mutated(random: Random): Uint8Array {
  const pick = (below: number) => Math.floor(random() * below);
  let bytes = originals[pick(originals.length)].slice();
  for (let changes = 1 + pick(4); changes > 0 && bytes.length > 0; changes--) {
    const at = pick(bytes.length);
    const length = pick(Math.min(64, bytes.length - at)) + 1;
    const kind = pick(6);
    if (kind === 0) bytes[at] ^= 1 << pick(8);
    else if (kind === 1) bytes[at] = pick(256);
    else if (kind === 2) bytes = bytes.slice(0, at);
    else if (kind === 3) bytes.copyWithin(pick(bytes.length), at, at + length);
    else if (kind === 4) bytes.fill(random() < 0.5 ? 0 : 255, at, at + Math.min(8, length));
    else bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length), random() < 0.5);
  }
  return bytes;
}

/** What lay between is cut out, or what follows is there twice. */
function joined(before: Uint8Array, after: Uint8Array, twice: boolean): Uint8Array<ArrayBuffer> {
  const parts = twice ? [before, after, after] : [before, after];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads it, without looking at checksums half of the time: else these find every change first. What is neither a value nor a clear error is thrown. */
export async function outcomeOf(bytes: Uint8Array, checksums: boolean): Promise<'value' | 'error'> {
  try {
    await readTorchCheckpoint(bytes, { checksums });
    return 'value';
  } catch (error) {
    if ((error as { code?: string }).code === 'INVALID_ARGUMENT') return 'error';
    throw error;
  }
}

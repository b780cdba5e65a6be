import {
  type CheckpointStore,
  type Draws,
  loadPosterior,
  memoryStore,
  type RandomSource,
  randomSource,
  readSafetensors,
  writeSafetensors,
} from '@subspace/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { draw, type Trained, train } from './resumable-run.ts';

/** A store of given entries. */
async function storeOf(entries: Readonly<Record<string, Uint8Array>>): Promise<CheckpointStore> {
  const store = memoryStore();
  for (const [name, bytes] of Object.entries(entries)) await store.write(name, [bytes]);
  return store;
}

async function bytesOf(store: CheckpointStore, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await store.read(name))!) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** One way or another, not the bytes that were written. */
function damage(bytes: Uint8Array, random: RandomSource): Uint8Array {
  const at = (below: number) => Math.floor(random.uniform() * below);
  const copy = bytes.slice();
  switch (at(6)) {
    case 0:
      return copy.subarray(0, at(bytes.length));
    case 1:
      copy[at(bytes.length)] ^= 1 << at(8);
      return copy;
    case 2: {
      // A stretch of other bytes.
      const start = at(bytes.length);
      const end = Math.min(bytes.length, start + 1 + at(64));
      for (let i = start; i < end; i++) copy[i] = at(256);
      // By chance the same.
      copy[start] = bytes[start] ^ (1 + at(255));
      return copy;
    }
    case 3: {
      // A byte gone.
      const gone = at(bytes.length);
      return Uint8Array.from([...bytes.subarray(0, gone), ...bytes.subarray(gone + 1)]);
    }
    case 4: {
      // Early bytes, where the header is.
      copy[at(Math.min(200, bytes.length))] ^= 1 + at(255);
      return copy;
    }
    default:
      return Uint8Array.from({ length: at(300) }, () => at(256));
  }
}

let trained: Trained;
let drawn: Draws;
let fitBytes: Uint8Array;
let sampleBytes: Uint8Array;
let logBytes: Uint8Array;
const small = { draws: 20, warmup: 10 };
beforeAll(async () => {
  const store = memoryStore();
  trained = await train(store, { epochs: 8 });
  fitBytes = await bytesOf(store, 'fit');
  drawn = await draw(store, small);
  sampleBytes = await bytesOf(store, 'sample');
  logBytes = await bytesOf(store, 'draws-0');
});

/** Resolves to the error's message, which must be one clear sentence of ours; fails on a result. */
async function refusal(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => new Error('it was taken for good'),
    (reason: Error & { code?: string }) => reason,
  );
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
  return error.message;
}

describe('damaged files', () => {
  it('are refused: 4000 states of fit', async () => {
    const random = randomSource('damaged fit');
    for (let i = 0; i < 4000; i++) {
      const store = await storeOf({ fit: damage(fitBytes, random) });
      expect(await refusal(train(store, { epochs: 8 }))).toMatch(/^fit: the file['s ]/);
    }
    const whole = await train(await storeOf({ fit: fitBytes }), { epochs: 8, onEpoch: () => expect.unreachable() });
    expect(whole).toEqual(trained);
  });

  it('are refused: 4000 states of sample', async () => {
    const random = randomSource('damaged sample');
    for (let i = 0; i < 4000; i++) {
      const store = await storeOf({ sample: damage(sampleBytes, random), 'draws-0': logBytes });
      expect(await refusal(draw(store, small))).toMatch(/^sample: the file['s ]/);
    }
    const whole = await draw(await storeOf({ sample: sampleBytes, 'draws-0': logBytes }), small);
    expect([whole.positions, whole.infos]).toEqual([drawn.positions, drawn.infos]);
    expect([whole.totals, whole.divergent]).toEqual([drawn.totals, drawn.divergent]);
  });

  it('are refused: 4000 logs of draws', async () => {
    const random = randomSource('damaged log');
    for (let i = 0; i < 4000; i++) {
      const store = await storeOf({ sample: sampleBytes, 'draws-0': damage(logBytes, random) });
      expect(await refusal(draw(store, small))).toMatch(/^sample: the (file|log draws-0)['s ]/);
    }
    expect(await refusal(draw(await storeOf({ sample: sampleBytes }), small))).toMatch(
      /^sample: the log draws-0 is damaged/,
    );
  });

  it('give an error or a file, and never a crash: 20000 safetensors without a checksum', () => {
    const random = randomSource('damaged safetensors');
    const bytes = writeSafetensors(
      { a: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }, b: { data: Uint8Array.of(1, 2, 3), shape: [3] } },
      { note: 'x' },
    );
    let refused = 0;
    for (let i = 0; i < 20_000; i++) {
      try {
        readSafetensors(damage(bytes, random));
      } catch (error) {
        refused++;
        expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
        expect((error as Error).message).toMatch(
          /^readSafetensors: the file .*, expected a whole \.safetensors file$/s,
        );
      }
    }
    expect(refused).toBeGreaterThan(10_000);
  });
});

describe('files of others', () => {
  it('are refused at the 100,001st array, however many there are: what comes behind is not read', async () => {
    // Behind the names that are too many comes what is no JSON.
    const empty = '{"dtype":"F64","shape":[0],"data_offsets":[0,0]}';
    const names = Array.from({ length: 100_002 }, (_, i) => `"tensor-${i}":${empty}`);
    const header = new TextEncoder().encode(`{${names.join()}}}}`);
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    const store = await storeOf({ fit: bytes, sample: bytes, posterior: bytes });
    for (const run of [train(store, { epochs: 8 }), draw(store, small), loadPosterior(store)]) {
      expect(await refusal(run)).toMatch('the file has a header that has more than 100001 names');
    }
  });

  it('are named: another program’s safetensors, another kind of entry, another run’s log', async () => {
    const foreign = writeSafetensors({ w: { data: Float32Array.of(1), shape: [1] } }, { format: 'pt' });
    expect(await refusal(train(await storeOf({ fit: foreign }), { epochs: 8 }))).toBe(
      'fit: the file\'s format is "pt", expected "subspace"',
    );
    expect(await refusal(train(await storeOf({ fit: sampleBytes }), { epochs: 8 }))).toBe(
      'fit: the file holds "sample", expected "fit"',
    );
    const other = memoryStore();
    await draw(other, { ...small, seed: 8 });
    const store = await storeOf({ sample: sampleBytes, 'draws-0': await bytesOf(other, 'draws-0') });
    expect(await refusal(draw(store, small))).toMatch(/^sample: the log draws-0 is damaged/);
  });

  it('of a newer version say so, whatever else is new in them', async () => {
    const { tensors, metadata } = readSafetensors(fitBytes);
    const newer = writeSafetensors(Object.fromEntries(tensors), { ...metadata, version: '2' });
    expect(await refusal(train(await storeOf({ fit: newer }), { epochs: 8 }))).toBe(
      'fit: the file has format version 2, expected 1 or less: it was written by a newer @subspace/core',
    );
  });
});

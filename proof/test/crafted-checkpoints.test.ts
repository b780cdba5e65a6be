import {
  arraysDataset,
  type CheckpointStore,
  drawsFrom,
  fit,
  gaussianLikelihood,
  loadPosterior,
  memoryStore,
  randomSource,
  savePosterior,
  sgd,
  subspace,
} from '@subspace/core';
import { checksum } from '@subspace/core/internals';
import { denseNetwork } from '@subspace/dense';
import { swagMoments } from '@subspace/swag';
import { afterAll, expect, it } from 'vitest';
import { methods, runMethod } from '../src/resumable-methods.ts';

/** Contents that are wrong behind a checksum that fits: of another program, of another version, or of somebody who wishes harm. */
const CASES = 150;
const JUNK: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 1e15, 2 ** 53, 1e300, '', 'x', [], [null], {}, { length: 1e9 }, { code: 1 }],
  ...[{ $: 'NaN' }, { $: 'undefined' }, { $: '-Infinity' }, { $: 0 }, { $: 1 }, { $: 2 }, { $: 99 }, { $: [['a', 1]] }],
];

type Json = Record<string, unknown>;

async function bytesOf(store: CheckpointStore, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of (await store.read(name))!) parts.push(new Uint8Array(chunk));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The entry with another manifest, its lengths and checksum put right. */
function rewritten(bytes: Uint8Array, change: (manifest: Json) => Json): Uint8Array {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  header.__metadata__.manifest = JSON.stringify(change(JSON.parse(header.__metadata__.manifest)));
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(8 * Math.ceil(text.length / 8)).fill(32);
  padded.set(text);
  const result = new Uint8Array(8 + padded.length + bytes.length - 8 - length);
  const view = new DataView(result.buffer);
  view.setBigUint64(0, BigInt(padded.length), true);
  result.set(padded, 8);
  result.set(bytes.subarray(8 + length), 8 + padded.length);
  const sum = checksum([result.subarray(0, -4)]).replace('crc32 ', '');
  view.setUint32(result.length - 4, Number.parseInt(sum, 16), true);
  return result;
}

/** Every place in the manifest, by its path; typed arrays are one place each. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Object.hasOwn(value, '$')) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], junk: unknown): unknown {
  if (key === undefined) return junk;
  const copy: Json = Array.isArray(value) ? ([...value] as unknown as Json) : { ...(value as Json) };
  if (rest.length === 0 && junk === undefined) delete copy[key];
  else copy[key] = replaced(copy[key], rest, junk);
  return copy;
}

const x = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i));
const data = arraysDataset({ inputs: { data: x, shape: [12, 1] }, targets: { data: x, shape: [12] } });
const network = denseNetwork({ sizes: [1, 3, 1], seed: 1, threads: 1 });
afterAll(() => network.dispose());
const plane = subspace({ layout: network.layout, shift: new Float32Array(10), basis: [new Float32Array(10).fill(1)] });
const likelihood = gaussianLikelihood({ variance: 1 });

const runs: Readonly<Record<string, readonly [entry: string, run: (store: CheckpointStore) => Promise<unknown>]>> = {
  ...Object.fromEntries(
    Object.keys(methods).map((name) => {
      const entry =
        name === 'sequentialMonteCarlo'
          ? 'smc'
          : /meanField|fullRank|realNvp|inverse/.test(name)
            ? 'variational'
            : 'sample';
      return [name, [entry, (store: CheckpointStore) => runMethod(name, store)] as const];
    }),
  ),
  fit: [
    'fit',
    (store) => {
      const collect = { into: swagMoments(network.layout, { rank: 3 }), from: 1 };
      const options = {
        epochs: 4,
        batchSize: 4,
        optimizer: sgd({ momentum: 0.5 }),
        learningRate: 0.01,
        seed: 1,
        collect,
      };
      return fit(network, data, { ...options, likelihood, validation: { data }, checkpoint: { store, resume: true } });
    },
  ],
  loadPosterior: ['posterior', loadPosterior],
};

it.each(Object.keys(runs))('%s goes on, or says in words what is wrong', { timeout: 120_000 }, async (name) => {
  const [entry, run] = runs[name];
  const store = memoryStore();
  const draws = drawsFrom([[Float64Array.of(1)], [Float64Array.of(2)]]);
  if (name === 'loadPosterior')
    await savePosterior(store, { network: { sizes: [1] }, subspace: plane, draws, likelihood });
  else await run(store);
  const bytes = await bytesOf(store, entry);
  const random = randomSource('crafted').fork(name);
  const any = <T>(items: readonly T[]): T => items[Math.floor(random.uniform() * items.length)];
  let refused = 0;
  for (let i = 0; i < CASES; i++) {
    let crafted = '';
    const changed = rewritten(bytes, (manifest) => {
      // What a run must have in common is compared as a whole: the state is where there is something to find.
      const path = any(places(manifest).filter(([first], j) => j % 4 === 0 || first !== 'identity'));
      const junk = any([undefined, ...JUNK]);
      crafted = `${path.join('.')} = ${JSON.stringify(junk)}`;
      return replaced(manifest, path, junk) as Json;
    });
    await store.write(entry, [changed]);
    try {
      await run(store);
    } catch (error) {
      refused++;
      const { code, message } = error as { code?: string; message: string };
      expect(`${code} ${message}`, crafted).toMatch(/^INVALID_ARGUMENT \w+(\.\w+)?: .+expected/);
    }
  }
  expect(refused).toBeGreaterThan(CASES / 2);
});

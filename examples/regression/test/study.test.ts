import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openEngine } from '../src/engine.ts';
import type { Part } from '../src/part.ts';
import { syntheticProblem } from '../src/problem.ts';
import { study } from '../src/study.ts';
import { least } from './least-effort.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-study-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const engine = await openEngine();
const run = (parts: readonly Part[], seed = 1, resume = true) =>
  study({ engine, problem: syntheticProblem(1), effort: least, seed, parts, checkpoint: { folder, resume } });
const noted = (name: string, give: () => Promise<string>): Part => ({
  name,
  section: name,
  run: async () => ({ methods: [], figures: [], notes: [await give()] }),
});

it('the first part that fails is told of, and the others are stopped', async () => {
  const waits: Part = {
    name: 'waits',
    section: 'waits',
    async run({ signal }) {
      while (!signal!.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
      throw Object.assign(new Error('stopped'), { code: 'ABORTED' });
    },
  };
  const fails = noted('fails', async () => {
    throw new Error('the reason');
  });
  await expect(run([waits, fails])).rejects.toThrow('the reason');
});

it('the result of a part is kept, and is not of another seed', async () => {
  let times = 0;
  const counts = noted('counts', async () => `${++times}`);
  expect((await run([counts])).notes).toEqual(['1']);
  expect((await run([counts])).notes).toEqual(['1']);
  await expect(run([counts], 2)).rejects.toThrow(
    'study: seed is 2, but the checkpoint was made with 1; expected the same to resume',
  );
  expect((await run([counts], 2, false)).notes).toEqual(['2']);
});

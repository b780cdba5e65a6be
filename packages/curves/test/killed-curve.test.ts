import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomSource } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { bits, killedProcess, suite } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { resumableCurve } from './resumable-curve.ts';

const KILLS = suite === 'test' ? 2 : 20;

const folder = mkdtempSync(join(tmpdir(), 'subspace-killed-curve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
describe('a curve whose training is killed', () => {
  it(`goes on bit for bit after SIGKILL in ${KILLS} random epochs`, async () => {
    const random = randomSource('kills of a curve');
    const { points, loss } = await resumableCurve();
    let kills = 0;
    for (let run = 0; kills < KILLS; run++) {
      const place = join(folder, `run-${run}`);
      // Once there are enough, a process is left to come to its end.
      while (!(await killedIn(place, kills < KILLS ? Math.floor(30 * random.uniform()) : Infinity))) kills++;
      const last = await resumableCurve(fileStore(place));
      expect(bits([last.points, last.loss])).toBe(bits([points, loss]));
    }
  });
});

/** Runs the worker, kills it when it has come so many epochs further; true if it had finished by then. */
async function killedIn(place: string, epochs: number): Promise<boolean> {
  const worker = join(import.meta.dirname, 'killed-curve.worker.ts');
  const output = await killedProcess(worker, [place], (text, kill) => {
    if (text.split('epoch\n').length - 1 > epochs) kill();
  });
  if (output !== undefined) expect(output).toMatch(/done\n$/);
  return output !== undefined;
}

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Draws, randomSource } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { bits, killedProcess, suite } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { draw, train } from './resumable-run.ts';

const KILLS = suite === 'test' ? 3 : 36;

const folder = mkdtempSync(join(tmpdir(), 'subspace-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const drawn = ({ positions, infos, totals, divergent }: Draws) => bits({ positions, infos, totals, divergent });
describe('killed processes', () => {
  it(`go on bit for bit after SIGKILL at ${KILLS} random moments: in training, in warmup, among draws, while saving`, async () => {
    const random = randomSource('kills');
    const wholeTraining = bits(await train());
    const wholeDraws = drawn(await draw());
    let kills = 0;
    let run = 0;
    while (kills < KILLS) {
      const place = join(folder, `killed-${run++}`);
      for (;;) {
        // Once there are enough, a process is left to come to its end.
        const finished = await killedAfter(place, kills < KILLS ? 20 + 330 * random.uniform() : undefined);
        if (finished) break;
        kills++;
      }
      // Nothing is left to do: what is in the store is what the processes computed.
      expect(bits(await train(fileStore(join(place, 'fit'))))).toBe(wholeTraining);
      expect(drawn(await draw(fileStore(join(place, 'sample'))))).toBe(wholeDraws);
      expect(existsSync(join(place, 'sample', 'sample'))).toBe(true);
      expect(readdirSync(join(place, 'sample')).length).toBeGreaterThan(1);
    }
  });
});

/** Runs the worker, kills it so many milliseconds after it has begun, if at all; true if it had finished by then. */
async function killedAfter(place: string, milliseconds: number | undefined): Promise<boolean> {
  const worker = join(import.meta.dirname, 'resume.worker.ts');
  const output = await killedProcess(worker, [place], (text, kill) => {
    if (text === 'begun\n' && milliseconds !== undefined) setTimeout(kill, milliseconds);
  });
  if (output !== undefined) expect(output).toMatch(/done\n$/);
  return output !== undefined;
}

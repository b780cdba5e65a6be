import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Draws, randomSource } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { bits, suite } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { draw, train } from './resumable-run.ts';

const KILLS = suite === 'test' ? 3 : 36;

const folder = mkdtempSync(join(tmpdir(), 'subspace-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const drawn = ({ positions, infos, totals, divergent }: Draws) => bits({ positions, infos, totals, divergent });
const tsx = pathToFileURL(createRequire(join(import.meta.dirname, '../../../package.json')).resolve('tsx')).href;

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
function killedAfter(place: string, milliseconds: number | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = join(import.meta.dirname, 'resume.worker.ts');
    const child = spawn(process.execPath, ['--conditions=@subspace/source', '--import', tsx, worker, place]);
    let output = '';
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.on('data', (text) => {
      output += text;
      if (output === 'begun\n' && milliseconds !== undefined) setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0 && output.endsWith('done\n')) resolve(true);
      else reject(new Error(`worker ended with ${code}: ${errors}`));
    });
  });
}

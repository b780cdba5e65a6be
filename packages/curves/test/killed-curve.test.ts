import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomSource } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { bits, suite } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { resumableCurve } from './resumable-curve.ts';

const KILLS = suite === 'test' ? 2 : 20;

const folder = mkdtempSync(join(tmpdir(), 'subspace-killed-curve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tsx = pathToFileURL(createRequire(join(import.meta.dirname, '../../../package.json')).resolve('tsx')).href;

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
function killedIn(place: string, epochs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const worker = join(import.meta.dirname, 'killed-curve.worker.ts');
    const child = spawn(process.execPath, ['--conditions=@subspace/source', '--import', tsx, worker, place]);
    let output = '';
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.on('data', (text) => {
      output += text;
      if (output.split('epoch\n').length - 1 > epochs) child.kill('SIGKILL');
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(false);
      else if (code === 0 && output.endsWith('done\n')) resolve(true);
      else reject(new Error(`worker ended with ${code}: ${errors}`));
    });
  });
}

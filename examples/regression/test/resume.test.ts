import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomSource } from '@subspace/core';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'subspace-killed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Kills of each backend; with the 36 of core's own test, more than 50. */
const KILLS = 8;

/** Runs the worker; kills it so many milliseconds after it has begun, if it still runs. Gives what it wrote, or undefined if it was killed. */
function worker(args: readonly string[], milliseconds?: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [
      '--conditions=@subspace/source',
      '--import',
      tsx,
      join(import.meta.dirname, 'resume.worker.ts'),
      ...args,
    ]);
    let output = '';
    let errors = '';
    let planned = false;
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.on('data', (text) => {
      output += text;
      if (milliseconds === undefined || planned) return;
      planned = true;
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(output);
      else reject(new Error(`the worker ended with ${code}: ${errors}`));
    });
  });
}

describe.concurrent.each(['cpu', 'wasm'] as const)('training and sampling on %s', (backend) => {
  it(`killed at ${KILLS} random moments give every bit of the uninterrupted run`, { timeout: 180_000 }, async ({
    expect,
  }) => {
    const begun = performance.now();
    const whole = (await worker([backend]))!.replace('begun\n', '').trim();
    // About what the work takes once the program is loaded; kills within the first half of it, so that most hit.
    const milliseconds = Math.min(2000, (performance.now() - begun) / 3);
    const random = randomSource(`kills on ${backend}`);
    let kills = 0;
    for (let run = 0; kills < KILLS; run++) {
      const place = join(folder, `${backend}-${run}`);
      mkdirSync(place);
      while (
        (await worker([backend, place], kills < KILLS ? milliseconds * random.uniform() : undefined)) === undefined
      ) {
        kills++;
      }
      expect(readFileSync(join(place, 'result.json'), 'utf8') === whole).toBe(true);
    }
  });
});

it('the uninterrupted run has no trivial numbers', async () => {
  const { loss, positions, infos } = JSON.parse((await worker(['cpu']))!.replace('begun\n', ''));
  expect(loss).toHaveLength(40);
  expect(loss[39]).toBeLessThan(loss[0]);
  expect(positions.map(({ length }: string[]) => length)).toEqual([60, 60, 60]);
  expect(new Set(positions.flat()).size).toBe(180);
  expect(infos[2][59].angle).not.toBe(0);
});

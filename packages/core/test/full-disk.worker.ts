import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Draws } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { bits } from '@subspace-internal/testing';
import { draw, train } from './resumable-run.ts';

// Runs in a mount namespace of its own, whose root it is: fills a small disk again and again, and says what was lost.
const [folder] = process.argv.slice(2);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]);

const ballast = join(folder, 'ballast');
/** Leaves so many pages free. */
function fill(pages: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast, new Uint8Array((bavail - pages) * bsize));
}

const trained = bits(await train());
const drawn = ({ positions, infos }: Draws) => bits({ positions, infos });
const whole = drawn(await draw());
const runs = {
  fit: async (path: string) => bits(await train(fileStore(path))) === trained,
  sample: async (path: string) => drawn(await draw(fileStore(path))) === whole,
};

const seen: Record<string, number> = {};
for (const [name, run] of Object.entries(runs)) {
  // So little room that even the first save fails, up to so much that none does.
  for (let pages = 0; pages < 40; pages++) {
    const path = join(folder, `${name}-${pages}`);
    mkdirSync(path);
    fill(pages);
    const problem = await run(path).then(
      (same) => (same ? 'none' : 'wrong numbers'),
      (error) => `${error.code} ${error.cause?.code}`,
    );
    const saved = existsSync(join(path, name));
    rmSync(ballast);
    // What was saved is whole, and the run goes on from there.
    const resumed = await run(path);
    const outcome = `${name}: ${problem}, ${saved ? 'some' : 'nothing'} saved, ${resumed ? 'resumed' : 'resumed wrongly'}`;
    seen[outcome] = (seen[outcome] ?? 0) + 1;
    rmSync(path, { recursive: true });
  }
}

// The same disk, read-only from the middle of a run on.
const path = join(folder, 'read-only');
await draw(fileStore(path), { draws: 60 });
execFileSync('mount', ['-o', 'remount,bind,ro', folder]);
const problem = await draw(fileStore(path)).catch((error) => `${error.code} ${error.cause?.code}`);
execFileSync('mount', ['-o', 'remount,bind,rw', folder]);
seen[`read-only: ${problem}, ${(await runs.sample(path)) ? 'resumed' : 'resumed wrongly'}`] = 1;
process.stdout.write(JSON.stringify(seen));

import { setTimeout as sleep } from 'node:timers/promises';
import { denseNetwork } from '@subspace/dense';
import { expect, it, vi } from 'vitest';
import { control } from '../src/threads/shared-program.ts';
import { likelihoodOf, points, sizes } from './threads-problem.ts';
import { watchWorkers } from './watched-workers.ts';

// Together whenever there are workers, also on a machine where that is slower.
vi.mock('../src/threads/pace.ts', () => ({ pace: () => ({ together: () => true, took() {} }) }));

const watched = watchWorkers();
const { workers, controls } = watched;

/** Milliseconds of processors that all threads of this process have used since `before`. */
function usedSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Repeats `work` until workers take part. */
function untilShared(work: () => void): void {
  const end = performance.now() + 30_000;
  do {
    if (performance.now() > end) throw new Error('no worker took part in 30 s');
    work();
  } while (controls.length === 0 || Atomics.load(controls[0], control.done) === 0);
}

it('workers sleep after a call, and use no processor until the next', async () => {
  const network = denseNetwork({ sizes, seed: 1, threads: 3 });
  const many = likelihoodOf(network);
  const values = many.values(points);
  untilShared(() => many.values(points));
  const before = process.cpuUsage();
  await sleep(1000);
  expect(Atomics.load(controls[0], control.asleep)).toBe(workers.length);
  expect(usedSince(before)).toBeLessThan(100);
  // They get up for the next.
  Atomics.store(controls[0], control.done, 0);
  untilShared(() => expect(many.values(points)).toEqual(values));
  network.dispose();
});

it('a thread that waits for workers sleeps, and gives the event loop its turn where they are late', async () => {
  const nap = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);';
  watched.change = (program) => program.replace('arena.kernels.perform(', `${nap} $&`);
  const network = denseNetwork({ sizes, seed: 1, threads: 2 });
  const many = likelihoodOf(network);
  const end = performance.now() + 60_000;
  let took = 0;
  let used = 0;
  do {
    if (performance.now() > end) throw new Error('no worker took part in a minute');
    const [start, before] = [performance.now(), process.cpuUsage()];
    await many.values(points);
    [took, used] = [performance.now() - start, usedSince(before)];
  } while (controls.length === 0 || Atomics.load(controls[0], control.done) === 0);
  expect(took).toBeGreaterThan(400);
  expect(used).toBeLessThan(took / 2);
  network.dispose();
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CoordinateSampler, memoryStore, randomSource } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import * as ess from '@subspace/ess';
import * as nuts from '@subspace/nuts';
import * as sgmcmc from '@subspace/sgmcmc';
import * as smc from '@subspace/smc';
import * as vi from '@subspace/vi';
import { bits, killedProcess } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { methods, runMethod } from '../src/resumable-methods.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-kill-and-resume-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Of each method, all in one run. */
const KILLS = 3;
/** Milliseconds that a whole run takes longer: the dying process has done more than it was killed at. */
const LENGTH = 300;

describe('a checkpoint', () => {
  it('is proved here for every function that takes one, and for no others are there samplers', () => {
    // Over networks, and proved where they are.
    const overNetworks = ['cyclicalSgld', 'mile', 'sghmc', 'sgld'];
    // An ascent of seconds, matrices at a point, weights of draws: nothing to save.
    const withoutLoop = [
      ...overNetworks,
      'cloudPosterior',
      'findMap',
      'gridPosterior',
      'importanceResample',
      'laplace',
      'pathfinder',
      'systematicResampling',
    ];
    const exported = [ess, nuts, sgmcmc, smc, vi].flatMap((room) => Object.keys(room));
    expect(exported.filter((name) => !withoutLoop.includes(name)).sort()).toEqual(Object.keys(methods).sort());
  });

  it.each(Object.keys(methods))(`of %s goes on bit for bit after ${KILLS} SIGKILLs`, async (name) => {
    const random = randomSource(`kills of ${name}`);
    const { result, evaluations } = await runMethod(name);
    const whole = everything(result);
    expect(everything((await runMethod(name, memoryStore())).result)).toBe(whole);
    const store = fileStore(join(folder, name));
    let killed = 0;
    for (let run = 0; run < KILLS; run++) {
      // An eighth to three eighths of the whole run further on than the last time, or than what was saved then.
      const at = Math.floor((evaluations * (1 + 2 * random.uniform())) / 8);
      if (await killedAt([name, join(folder, name), String(at), String(LENGTH / evaluations)])) killed++;
    }
    expect(killed).toBeGreaterThan(1);
    const last = await runMethod(name, store);
    expect(everything(last.result)).toBe(whole);
    expect((await runMethod(name, store)).evaluations).toBeLessThan(evaluations / 2);
  });
});

/** All that a result has to tell, and draws of it. */
function everything(result: CoordinateSampler): string {
  return bits([result, result.sample(randomSource('draws'), 10)]);
}

/** Runs the worker, and kills it when it says that it has come there; false if it has finished, having had less to do. */
async function killedAt(args: readonly string[]): Promise<boolean> {
  const file = join(import.meta.dirname, 'kill-and-resume.worker.ts');
  const output = await killedProcess(file, args, (text, kill) => {
    if (text.startsWith('now\n')) kill();
  });
  if (output !== undefined) expect(output).toMatch(/done\n$/);
  return output === undefined;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore, randomSource } from '@subspace/core';
import { fileStore } from '@subspace/core/node';
import { cyclicalSgld, sghmc, sgld } from '@subspace/sgmcmc';
import { bits, killedProcess, suite } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { data, likelihood, line, priorStd } from './line.ts';
import { chains, resumableChain } from './resumable-chain.ts';

const KILLS = suite === 'test' ? 1 : 8;
const options = { likelihood, priorStd, batchSize: 8, learningRate: 0.1, draws: 5, seed: 1 };

const folder = mkdtempSync(join(tmpdir(), 'subspace-killed-chain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(Object.keys(chains))('a checkpoint of %s', (name) => {
  it(`goes on bit for bit after SIGKILL at ${KILLS} random steps`, async () => {
    const random = randomSource(`kills of ${name}`);
    const whole = await resumableChain(name);
    let kills = 0;
    for (let run = 0; kills < KILLS; run++) {
      const place = join(folder, `${name}-${run}`);
      while (!(await killedIn(name, place, kills < KILLS ? Math.floor(150 * random.uniform()) : Infinity))) kills++;
      expect(bits(await resumableChain(name, fileStore(place)))).toBe(bits(whole));
    }
  });

  it('goes on bit for bit from where it was cancelled, wherever that was', async () => {
    const whole = await resumableChain(name);
    const store = memoryStore();
    const signal = { aborted: false };
    let kept = -1;
    for (;;) {
      let steps = 0;
      const until = () => {
        // Long enough for a rest to be due: that is where signals are looked at.
        if (++steps !== 37) return;
        signal.aborted = true;
        for (const end = performance.now() + 15; performance.now() < end; );
      };
      signal.aborted = false;
      try {
        expect(bits(await resumableChain(name, store, until, signal))).toBe(bits(whole));
        break;
      } catch (error) {
        const { code, members } = error as { code: string; members: readonly Float32Array[] };
        expect(code).toBe('ABORTED');
        expect(members.length).toBeGreaterThanOrEqual(kept);
        expect(bits(members)).toBe(bits(whole.members.slice(0, members.length)));
        kept = members.length;
      }
    }
    expect(kept).toBeGreaterThan(0);
  });
});

describe('a chain', () => {
  it('goes on with more draws than before, and refuses fewer, other options, another start and other rates', async () => {
    const store = memoryStore();
    const from = { checkpoint: { store, resume: true } };
    await sgld(line(), data, { ...options, ...from, warmup: 3 });
    const longer = { ...options, warmup: 3, draws: 9 };
    const grown = await sgld(line(), data, { ...longer, ...from });
    expect(grown.members).toEqual((await sgld(line(), data, longer)).members);
    const refused = (changed: object) => expect(sgld(line(), data, { ...longer, ...from, ...changed })).rejects;
    await refused({ draws: 5 }).toThrow('sgld: the checkpoint has 30 steps, expected at most 18');
    await refused({ warmup: 4 }).toThrow('sgld: warmup is 4, but the checkpoint was made with 3');
    await refused({ seed: 2 }).toThrow('sgld: seed is "2", but the checkpoint was made with "1"');
    await refused({ preconditioner: 'rmsprop' }).toThrow('sgld: preconditioned is Object');
    await refused({ learningRate: 0.2 }).toThrow('sgld: learningRate is 0.2, but the checkpoint was made with 0.1');
    const elsewhere = { ...line(), readWeights: () => Float32Array.of(1, 1) };
    await expect(sgld(elsewhere, data, { ...longer, ...from })).rejects.toThrow('sgld: start is ');
    await expect(sghmc(line(), data, { ...longer, ...from })).rejects.toThrow('sghmc: method is "sghmc"');
  });

  it('compares a schedule by the rates of steps that are done', async () => {
    const store = memoryStore();
    const run = (learningRate: (step: number) => number) =>
      sgld(line(), data, { ...options, learningRate, checkpoint: { store, resume: true } });
    await run((step) => 0.1 / (1 + step));
    await run((step) => 0.1 / (1 + step));
    await expect(run((step) => 0.1 / (2 + step))).rejects.toThrow(
      'sgld: learningRate(0) is 0.05, but the checkpoint was made with 0.1',
    );
    await expect(run((step) => (step < 5 ? 0.1 / (1 + step) : 0))).rejects.toThrow('sgld: learningRate(7) is 0, but');
  });

  it('reports its steps, and the last of them', async () => {
    const reports: { step: number; of: number; draws: number }[] = [];
    await sgld(line(), data, { ...options, onProgress: ({ step, of, draws }) => reports.push({ step, of, draws }) });
    expect(reports.at(-1)).toEqual({ step: 22, of: 22, draws: 5 });
  });

  it('starts no step where it is cancelled before', async () => {
    const steps: number[] = [];
    const promise = sgld(
      line((step) => steps.push(step)),
      data,
      { ...options, signal: { aborted: true, reason: 'enough' } },
    );
    await expect(promise).rejects.toMatchObject({ code: 'ABORTED', members: [], cause: 'enough' });
    expect(steps).toEqual([]);
  });

  it('says at which step a loss was not finite, and whether the rate may be why', async () => {
    let steps = 0;
    const network = line(
      (step) => {
        steps = step;
      },
      (value) => (steps === 12 ? Number.NaN : value),
    );
    await expect(sgld(network, data, options)).rejects.toThrow(
      'sgld: loss is NaN at step 12, expected a finite number. Is the learning rate 0.1 too large?',
    );
    await expect(sghmc(line(), data, { ...options, learningRate: 1e6, draws: 100 })).rejects.toThrow(
      /^sghmc: loss is (NaN|Infinity) at step \d+,/,
    );
    await expect(
      cyclicalSgld(line(), data, {
        ...options,
        draws: undefined,
        cycles: 2,
        cycleSteps: 100,
        learningRate: 1e6,
      } as never),
    ).rejects.toThrow('cyclicalSgld: option draws is unknown');
  });

  it('keeps no weights that are not finite', async () => {
    let steps = 0;
    const network = line(
      (step) => {
        steps = step;
      },
      (value) => value,
    );
    const lossAndGradient: typeof network.lossAndGradient = (...args) => {
      const answer = network.lossAndGradient(...args) as { loss: number; gradient: Float32Array };
      if (steps === 9) answer.gradient.fill(Number.NaN);
      return answer;
    };
    await expect(
      sgld({ ...network, lossAndGradient }, data, { ...options, warmup: 0, thin: 1, draws: 10 }),
    ).rejects.toThrow('sgld: weights after step 9: weights[0] is NaN, expected a finite number');
  });
});

/** Runs the worker, kills it when it has come so many steps further; true if it had finished by then. */
async function killedIn(name: string, place: string, steps: number): Promise<boolean> {
  const worker = join(import.meta.dirname, 'weight-chain.worker.ts');
  const output = await killedProcess(worker, [name, place], (text, kill) => {
    if (text.split('\n').length - 1 > steps) kill();
  });
  if (output !== undefined) expect(output).toMatch(/done\n$/);
  return output !== undefined;
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import {
  type CurvedLogDensity,
  type DifferentiableLogDensity,
  type Evaluation,
  type GradientAlgorithm,
  isotropicGaussian,
  type LogDensity,
  memoryStore,
  posterior,
  randomSource,
  sample,
  type ValueAlgorithm,
  type Vector,
} from '@subspace/core';
import {
  serveLogDensity,
  type WorkerLike,
  type WorkerLogDensityOptions,
  workerLogDensity,
} from '@subspace/core/worker';
import { afterEach, describe, expect, it } from 'vitest';
import { fault, target } from './worker/target.ts';

const source = new URL('../src/worker.ts', import.meta.url).href;
const file = new URL('./worker/served.mjs', import.meta.url);
const started: Worker[] = [];
const create = (workerData: object = {}) => {
  const worker = new Worker(file, { workerData: { entry: source, ...workerData } });
  started.push(worker);
  return worker;
};
const script = (code: string) => () => {
  const worker = new Worker(code, { eval: true });
  started.push(worker);
  return worker;
};
/** A worker that speaks the protocol by hand, with what it does when it is asked. */
const serving = (answer: string) => `
  const { parentPort } = require('worker_threads');
  parentPort.on('message', ({ kind, id }) => {
    if (kind === 'init') parentPort.postMessage({ kind: 'ready', dim: 3, questions: ['values'] });
    else { ${answer} }
  });
  parentPort.postMessage({ kind: 'hello', protocol: 1 });`;
const exitOf = (worker: Worker) =>
  worker.threadId === -1 ? undefined : new Promise((resolve) => worker.once('exit', resolve));

const serve = (options: Partial<WorkerLogDensityOptions> = {}) =>
  workerLogDensity<CurvedLogDensity>(() => create(), { workers: 2, init: { dim: 3 }, ...options });
const at = (...z: number[]) => Float64Array.from([...z, 0, 0, 0].slice(0, 3));
const failure = (promise: unknown): Promise<Error & { code?: unknown; worker?: unknown; cause?: { code?: unknown } }> =>
  Promise.resolve(promise).then(
    () => expect.fail('expected to reject'),
    (error) => error,
  );

const random = randomSource(1);
const points = Array.from({ length: 17 }, () => Float64Array.from({ length: 3 }, () => 2 * random.normal()));

afterEach(async () => {
  await Promise.all(started.splice(0).map((worker) => worker.terminate()));
});

/** Random-walk Metropolis. */
function walk(density: LogDensity): ValueAlgorithm<{ z: Vector; log: number }, object> {
  return {
    name: 'walk',
    needs: 'values',
    target: density,
    prior: isotropicGaussian(3, 1),
    position: (state) => state.z,
    *init(_random, z) {
      return { z, log: yield z };
    },
    *step(stream, state) {
      const z = state.z.map((x) => x + stream.normal());
      const log = yield z;
      return { state: Math.log(1 - stream.uniform()) < log - state.log ? { z, log } : state, info: {} };
    },
  };
}

/** Unadjusted Langevin: every bit of the gradient moves the chain. */
function langevin(density: DifferentiableLogDensity): GradientAlgorithm<{ z: Vector; at: Evaluation }, object> {
  return {
    name: 'langevin',
    needs: 'gradients',
    target: density,
    prior: isotropicGaussian(3, 1),
    position: (state) => state.z,
    *init(_random, z) {
      return { z, at: yield z };
    },
    *step(stream, state) {
      const z = state.z.map((x, k) => x + 0.05 * state.at.gradient[k] + Math.sqrt(0.1) * stream.normal());
      return { state: { z, at: yield z }, info: {} };
    },
  };
}

describe('workerLogDensity', () => {
  it.each([1, 2, 3])('has the bits of the single-threaded density, with %i workers', async (workers) => {
    const here = target({ dim: 3 });
    const there = await serve({ workers });
    expect(started.length).toBe(workers);
    expect(there.dim).toBe(3);
    expect(await there.values(points)).toEqual(await here.values(points));
    expect(await there.valuesAndGradients(points)).toEqual(await here.valuesAndGradients(points));
    expect(await there.gaussNewton(points[0])).toEqual(await here.gaussNewton(points[0]));
    for (const count of [0, 1, 2, 4]) {
      expect(await there.values(points.slice(0, count))).toEqual(await here.values(points.slice(0, count)));
    }
    // Many open calls at once: each gets its own answers.
    const calls = await Promise.all(points.map((point) => there.values([point])));
    expect(calls.map(([value]) => value)).toEqual([...(await here.values(points))]);

    const options = { draws: 30, warmup: 5, chains: 4, seed: 1 };
    expect((await sample(walk(there), options)).positions).toEqual((await sample(walk(here), options)).positions);
    expect((await sample(langevin(there), options)).positions).toEqual(
      (await sample(langevin(here), options)).positions,
    );
    there.dispose();
  });

  it('keeps NaN, infinities and the sign of zero, and the caller keeps its points', async () => {
    const density = await serve({ workers: 1 });
    const point = at(Number.NaN, 1, -0);
    expect(await density.values([point, at(800)])).toEqual(Float64Array.of(Number.NaN, -Infinity));
    expect([...point]).toEqual([Number.NaN, 1, -0]);
    density.dispose();
  });

  it('works on all workers at once', async () => {
    const density = await serve({ init: { dim: 3, meet: new SharedArrayBuffer(4) }, timeout: 20_000 });
    expect((await density.values([at(0), at(1)])).length).toBe(2);
    density.dispose();
  });

  it('can do what the served density can, and no more', async () => {
    const values = await workerLogDensity<LogDensity>(() => create(), { workers: 1, init: { dim: 3, only: 'values' } });
    expect(Object.keys(values).sort()).toEqual(['dim', 'dispose', 'values']);
    const gradients = await workerLogDensity(() => create(), { workers: 1, init: { dim: 3, only: 'gradients' } });
    expect(Object.keys(gradients).sort()).toEqual(['dim', 'dispose', 'values', 'valuesAndGradients']);
    values.dispose();
    gradients.dispose();
  });

  it('has the engine of the served density, which checkpoints name', async () => {
    const store = memoryStore();
    const run = async (engine: string) => {
      const density = await serve({ init: { dim: 3, engine } });
      expect(density.engine).toBe(engine);
      return sample(walk(density), { draws: 5, chains: 2, seed: 1, checkpoint: { store, resume: true } });
    };
    await run('abacus 1');
    expect((await failure(run('abacus 2'))).message).toBe(
      'sample: target.engine is "abacus 2", but the checkpoint was made with "abacus 1"; expected the same to resume',
    );
  });

  it('is freed with the posterior around it, which terminates the workers', async () => {
    const target = posterior({ logLikelihood: await serve(), priorStd: 1 });
    await target.values([at(0)]);
    const exits = started.map(exitOf);
    target.dispose();
    target.dispose();
    await Promise.all(exits);
    expect((await failure(target.logLikelihood.values([at(0)]))).message).toMatch('the density is disposed');
  });

  it('rejects what is open when it is disposed', async () => {
    const density = await serve();
    const open = [fault.neverAnswers, fault.neverAnswers, 0].map((x) => density.values([at(x)]));
    density.dispose();
    for (const { message } of await Promise.all(open.map(failure))) expect(message).toMatch('the density is disposed');
  });

  it('reports how many workers are ready', async () => {
    const seen: unknown[] = [];
    const density = await serve({ onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { ready: 1, of: 2 },
      { ready: 2, of: 2 },
    ]);
    density.dispose();
  });

  it("works with a browser's Worker", async () => {
    const create_ = (): WorkerLike => {
      const worker = create({ browser: true });
      return {
        postMessage: (message: unknown, transfer: ArrayBuffer[]) => worker.postMessage(message, transfer),
        terminate: () => worker.terminate(),
        addEventListener: (event: string, listener: (event: object) => void) =>
          event === 'error'
            ? worker.on('error', ({ message }) => listener({ message, filename: 'served.js', lineno: 7 }))
            : worker.on(event, (data) => listener({ data })),
      } as WorkerLike;
    };
    const density = await workerLogDensity(create_, { workers: 2, init: { dim: 3 } });
    expect(await density.valuesAndGradients(points)).toEqual(await target({ dim: 3 }).valuesAndGradients(points));
    const { message } = await failure(density.values([at(fault.crashes)]));
    expect(message).toMatch(/worker \d of 2 failed: out of the blue \(served.js:7\) while it was evaluating 1 point/);
  });

  it('keeps a Node program alive while a call is open, and no longer', async () => {
    const program = new URL('./worker/idle.mjs', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [program, source], { timeout: 30_000 });
    expect(stdout).toBe('2');
  });
});

describe('workerLogDensity, cancelled', () => {
  it('leaves the draws to sample, and goes on for the next one', async () => {
    const density = await serve();
    const controller = new AbortController();
    const options = { draws: 100_000, warmup: 0, chains: 3, seed: 1, signal: controller.signal };
    setTimeout(() => controller.abort(), 300);
    const error = (await failure(sample(walk(density), options))) as Error & { draws: { size: number } };
    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(error.draws.size).toBeGreaterThan(0);
    expect((await density.values(points)).length).toBe(17);
    density.dispose();
  });

  it('ends an evaluation that hangs, if it has the signal, and sample keeps its draws', async () => {
    const controller = new AbortController();
    const density = await serve({ workers: 1, signal: controller.signal });
    let calls = 0;
    const hanging = { dim: 3, values: (z: readonly Vector[]) => density.values(++calls > 5 ? [at(fault.spins)] : z) };
    const exits = started.map(exitOf);
    setTimeout(() => controller.abort(new Error('enough')), 300);
    const error = await failure(sample(walk(hanging), { draws: 100, warmup: 0, chains: 1, seed: 1 }));
    expect(error).toMatchObject({ code: 'ABORTED', draws: { size: 4 }, cause: { message: 'enough' } });
    await Promise.all(exits);
    expect(await failure(density.values([at(0)]))).toMatchObject({ code: 'ABORTED' });
  });

  it('ends a start', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const options = { workers: 1, signal: controller.signal };
    const silent = script('setInterval(() => {}, 1000)');
    expect(await failure(workerLogDensity(silent, options))).toMatchObject({ code: 'ABORTED' });
    expect(await failure(workerLogDensity(silent, options))).toMatchObject({ code: 'ABORTED' });
  });

  it('looks at a plain { aborted } before each call', async () => {
    const signal = { aborted: false };
    const density = await serve({ workers: 1, signal });
    signal.aborted = true;
    expect(await failure(density.values([at(0)]))).toMatchObject({ code: 'ABORTED' });
  });
});

describe('workerLogDensity, when a worker fails', () => {
  it('names the worker that throws at its start, with its message, and terminates all', async () => {
    const error = await failure(serve({ init: { throws: 'no such data set' } }));
    expect(error.message).toMatch(/^workerLogDensity: worker [12] of 2 could not start: no such data set$/);
    expect(error).toMatchObject({ code: 'WORKER_FAILED', cause: { name: 'TypeError', message: 'no such data set' } });
    expect([1, 2]).toContain(error.worker);
    await Promise.all(started.map(exitOf));
  });

  it('rejects the call whose evaluation throws, and goes on', async () => {
    const density = await serve();
    for (let i = 0; i < 5; i++) {
      const error = await failure(density.valuesAndGradients([at(0), at(fault.throws), at(1), at(2)]));
      expect(error.message).toBe(`workerLogDensity: worker ${error.worker} of 2 threw: the simulation diverged`);
      expect(error).toMatchObject({ code: 'WORKER_FAILED', cause: { name: 'RangeError', code: 'DIVERGED' } });
    }
    expect(await density.values(points)).toEqual(await target({ dim: 3 }).values(points));
    const sampled = sample(walk(density), { draws: 5, chains: 1, initial: [at(fault.throws)], seed: 1 });
    expect((await failure(sampled)).message).toMatch('the simulation diverged');
    density.dispose();
  });

  const broken = [
    ['exits', /worker \d of 2 exited with code 3 while it was evaluating 1 point$/],
    ['crashes', /worker \d of 2 failed: out of the blue while it was evaluating 1 point$/],
    [
      'talks',
      /worker \d of 2 sent "nonsense", expected a message of serveLogDensity, while it was evaluating 1 point$/,
    ],
  ] as const;
  it.each(broken)('breaks when a worker %s: all open and later calls reject, none hangs', async (kind, expected) => {
    const density = await serve();
    const open = [at(fault[kind]), at(fault.neverAnswers), at(0), at(1)].map((point) => density.values([point]));
    for (const error of await Promise.all(open.map(failure))) {
      expect(error.message).toMatch(expected);
      expect(error.code).toBe('WORKER_FAILED');
    }
    expect((await failure(density.gaussNewton(at(0)))).message).toMatch(expected);
    await Promise.all(started.map(exitOf));
  });

  it.each([
    ['never answers', ''],
    ['spins', 'for (;;);'],
  ])('gives up on a worker that %s after the timeout', async (_, answer) => {
    const density = await workerLogDensity(script(serving(answer)), { workers: 2, timeout: 2000 });
    const before = performance.now();
    const error = await failure(density.values([at(0)]));
    expect(error.message).toMatch(/worker \d of 2 did not answer within 2000 ms while it was evaluating 1 point$/);
    expect(performance.now() - before).toBeGreaterThan(1990);
    await Promise.all(started.map(exitOf));
  });

  it('allows as many timeouts as a worker is sent points', async () => {
    const answer = `setTimeout(() => parentPort.postMessage({ kind: 'answer', id, values: new Float64Array(3) }), 2500);`;
    const density = await workerLogDensity(script(serving(answer)), { workers: 1, timeout: 2000 });
    expect((await density.values([at(0), at(1), at(2)])).length).toBe(3);
    density.dispose();
  });

  it('does not blame a worker for the time in which this thread was busy', async () => {
    const answer = `parentPort.postMessage({ kind: 'answer', id, values: new Float64Array(1) });`;
    const density = await workerLogDensity(script(serving(answer)), { workers: 1, timeout: 2000 });
    const open = density.values([at(0)]);
    const until = performance.now() + 2200;
    while (performance.now() < until);
    expect((await open).length).toBe(1);
    density.dispose();
  });

  it('says what is wrong with a file that does not serve', async () => {
    const start = (code: string, timeout?: number) => failure(workerLogDensity(script(code), { workers: 1, timeout }));
    const hint = '(its file has to call serveLogDensity)';
    expect((await start('')).message).toBe(
      `workerLogDensity: worker 1 of 1 exited with code 0 while it was starting ${hint}`,
    );
    expect((await start('setInterval(() => {}, 1000)', 2000)).message).toBe(
      `workerLogDensity: worker 1 of 1 did not answer within 2000 ms while it was starting ${hint}`,
    );
    expect((await start('throw new Error("no")')).message).toBe(
      'workerLogDensity: worker 1 of 1 failed: no while it was starting',
    );
    const post = (message: string) => start(`require('worker_threads').parentPort.postMessage(${message})`);
    for (const message of ['7', 'null', '{}', '{ kind: "toString" }', '{ kind: "ready", dim: 0, questions: [] }']) {
      expect((await post(message)).message).toMatch(/sent .*, expected a message of serveLogDensity, while/);
    }
    expect((await post('{ kind: "answer", id: 1, values: new Float64Array(1) }')).message).toMatch(
      'sent a message of kind "answer" that was not asked for while it was starting',
    );
    expect((await post('{ kind: "hello", protocol: 99 }')).message).toMatch(
      'speaks version 99 of the worker protocol, expected 1: its @subspace/core is another version',
    );
    const missing = () => new Worker(new URL('./worker/missing.mjs', import.meta.url));
    expect((await failure(workerLogDensity(missing, { workers: 1 }))).message).toMatch(/failed: Cannot find module/);
  });

  it('rejects an answer of another size', async () => {
    const answer = `parentPort.postMessage({ kind: 'answer', id, values: new Float64Array(9) });`;
    const density = await workerLogDensity(script(serving(answer)), { workers: 1 });
    expect((await failure(density.values([at(0)]))).message).toBe(
      'workerLogDensity: worker 1 of 1 sent 9 + 0 numbers, expected 1 + 0',
    );
  });

  it('refuses workers that serve different densities, and what is no density', async () => {
    const dims = new SharedArrayBuffer(4);
    new Int32Array(dims)[0] = 3;
    const { message } = await failure(serve({ init: { dims } }));
    expect(message).toMatch(/worker 2 serves [34] coordinates and .*, expected as worker 1: [34] coordinates and/);
    const returned = await failure(serve({ init: { returns: { dim: 3 } } }));
    expect(returned.message).toMatch('what create returned is Object, expected a log density');
  });
});

describe('the arguments of workerLogDensity and serveLogDensity', () => {
  it('are refused with a reason', async () => {
    const never = () => expect.fail('no worker is made');
    const call = async (options: unknown, make: unknown = never) =>
      (await failure(workerLogDensity(make as () => WorkerLike, options as WorkerLogDensityOptions))).message;
    expect(await call({ workers: 2, worker: 1 })).toMatch(
      'workerLogDensity: option worker is unknown, expected one of',
    );
    expect(await call({ workers: 0 })).toBe('workerLogDensity: workers is 0, expected an integer of at least 1');
    expect(await call(undefined)).toMatch('workers is undefined');
    expect(await call({ workers: 1, timeout: 0 })).toMatch('timeout is 0');
    expect(await call({ workers: 1 }, 'posterior.js')).toMatch('create is no function');
    expect(await call({ workers: 1 }, () => ({}))).toMatch('what create returned is Object, expected a Worker');
    const one = create();
    expect(await call({ workers: 2 }, () => one)).toMatch('create returned the same worker twice');
    expect(await call({ workers: 1, signal: { aborted: true } })).toBe('workerLogDensity: cancelled');
    expect(await call({ workers: 1, init: () => 0 }, () => create())).toMatch('worker 1 of 1 cannot be sent the init');
  });

  it('includes the points, which need K coordinates', async () => {
    const density = await serve({ workers: 1 });
    expect((await failure(density.values([at(0), Float64Array.of(1)]))).message).toBe(
      'workerLogDensity: points[1] has length 1, expected 3',
    );
    density.dispose();
  });

  it('serveLogDensity is for workers, and takes a function', async () => {
    // (The test may itself run in a worker, whose port it must not take.)
    expect((await failure(serveLogDensity({} as never))).message).toMatch('serveLogDensity: create is Object');
  });
});

const dist = (name: string) => new URL(`../dist/${name}`, import.meta.url);

describe.skipIf(!existsSync(dist('worker.js')))('the build', () => {
  it.each(['worker.js', 'worker.cjs'])('serves from %s', async (name) => {
    const density = await workerLogDensity(() => create({ entry: dist(name).href }), { workers: 2, init: { dim: 3 } });
    expect(await density.valuesAndGradients(points)).toEqual(await target({ dim: 3 }).valuesAndGradients(points));
    density.dispose();
  });
});

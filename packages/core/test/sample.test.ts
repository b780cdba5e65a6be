import {
  coordinateChains,
  drawsFrom,
  isotropicGaussian,
  type LogDensity,
  logDensity,
  memoryStore,
  sample,
  sampleIterator,
  type ValueAlgorithm,
  type Vector,
} from '@subspace/core';
import { describe, expect, it, vi } from 'vitest';

interface State {
  readonly position: Vector;
  readonly value: number;
  readonly width: number;
}

/** Random-walk Metropolis that widens its proposals in warmup, if asked to: a stand-in for any sampler. */
function walk(
  target: LogDensity,
  options: { adaptive?: boolean; prior?: boolean } = {},
): ValueAlgorithm<State, { accepted: boolean }> {
  const algorithm: ValueAlgorithm<State, { accepted: boolean }> = {
    name: 'walk',
    needs: 'values',
    target,
    prior: options.prior === false ? undefined : isotropicGaussian(target.dim, 2),
    position: (state) => state.position,
    *init(_random, position) {
      return { position, value: yield position, width: 1 };
    },
    *step(random, state) {
      const position = state.position.map((x) => x + state.width * random.normal());
      const value = yield position;
      const accepted = Math.log(1 - random.uniform()) < value - state.value;
      return { state: accepted ? { ...state, position, value } : state, info: { accepted } };
    },
    describe: (info) => (info.accepted ? 'accepted' : 'rejected'),
  };
  if (!options.adaptive) return algorithm;
  return {
    ...algorithm,
    *warmupStep(random, state, at) {
      expect(at.index).toBeLessThan(at.of);
      const { state: next, info } = yield* algorithm.step(random, state);
      return { state: { ...next, width: next.width + 0.01 }, info };
    },
  };
}

const normal = (dim = 2) => logDensity(dim, (z) => -0.5 * z.reduce((sum, x) => sum + x * x, 0));
const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const spin = (milliseconds: number) => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};

describe('sample', () => {
  it('draws from the target: mean and variance within four standard errors, measured between independent runs', async () => {
    const runs = await Promise.all(
      Array.from({ length: 16 }, (_, seed) => sample(walk(normal()), { draws: 500, warmup: 200, chains: 2, seed })),
    );
    for (const k of [0, 1]) {
      for (const [moment, exact] of [
        [(x: number) => x, 0],
        [(x: number) => x * x, 1],
      ] as const) {
        const means = runs.map((draws) => average(draws.positions.flat().map((z) => moment(z[k]))));
        const error = Math.sqrt(average(means.map((mean) => (mean - average(means)) ** 2)) / (means.length - 1));
        expect(Math.abs(average(means) - exact)).toBeLessThan(4 * error);
      }
    }
  });

  it('has the shape asked for, four chains by default, and the same numbers for the same seed', async () => {
    const draws = await sample(walk(normal()), { draws: 7, seed: 'a' });
    expect(draws.positions.map((chain) => chain.length)).toEqual([7, 7, 7, 7]);
    expect(draws.infos.map((chain) => chain.length)).toEqual([7, 7, 7, 7]);
    expect([draws.dim, draws.size]).toEqual([2, 28]);
    expect((await sample(walk(normal()), { draws: 7, seed: 'a' })).positions).toEqual(draws.positions);
    expect((await sample(walk(normal()), { draws: 7, seed: 'b' })).positions).not.toEqual(draws.positions);
  });

  it('gives a chain the same draws however many others run, and whether the target answers at once or later', async () => {
    const later: LogDensity = { dim: 2, values: async (points) => normal().values(points) };
    const alone = await sample(walk(normal()), { draws: 50, chains: 1, seed: 3 });
    const many = await sample(walk(normal()), { draws: 50, chains: 9, seed: 3 });
    const promised = await sample(walk(later), { draws: 50, chains: 9, seed: 3 });
    expect(many.positions[0]).toEqual(alone.positions[0]);
    expect(promised.positions).toEqual(many.positions);
  });

  it('keeps every thin-th step after warmup', async () => {
    const all = await sample(walk(normal()), { draws: 60, warmup: 0, chains: 2, seed: 4 });
    const thinned = await sample(walk(normal()), { draws: 10, warmup: 30, thin: 3, chains: 2, seed: 4 });
    for (const c of [0, 1]) {
      expect(thinned.positions[c]).toEqual(
        Array.from({ length: 10 }, (_, i) => all.positions[c][30 + 3 * (i + 1) - 1]),
      );
    }
  });

  it('adapts in warmup and never again', async () => {
    const draws = await sample(walk(normal(), { adaptive: true }), { draws: 20, warmup: 100, chains: 1, seed: 5 });
    const plain = await sample(walk(normal()), { draws: 20, warmup: 100, chains: 1, seed: 5 });
    expect(draws.positions).not.toEqual(plain.positions);
    const none = await sample(walk(normal(), { adaptive: true }), { draws: 20, warmup: 0, chains: 1, seed: 5 });
    expect(none.positions).toEqual(
      (await sample(walk(normal()), { draws: 20, warmup: 0, chains: 1, seed: 5 })).positions,
    );
  });

  it('starts chains in the prior by default, each elsewhere, and where it is told to otherwise', async () => {
    const frozen = logDensity(1, () => 0);
    const still: ValueAlgorithm<Vector, object> = {
      name: 'still',
      needs: 'values',
      target: frozen,
      prior: { mean: Float64Array.of(100), cholesky: Float64Array.of(3) },
      position: (state) => state,
      *init(_random, position) {
        yield position;
        return position;
      },
      *step(_random, state) {
        yield state;
        return { state, info: {} };
      },
    };
    const draws = await sample(still, { draws: 1, warmup: 0, chains: 400, seed: 6 });
    const starts = draws.positions.map((chain) => chain[0][0]);
    const mean = starts.reduce((a, b) => a + b, 0) / 400;
    const variance = starts.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 399;
    expect(Math.abs(mean - 100)).toBeLessThan(4 * (3 / 20));
    expect(Math.abs(variance / 9 - 1)).toBeLessThan(4 * Math.sqrt(2 / 400));
    const told = await sample(still, {
      draws: 1,
      warmup: 0,
      chains: 2,
      seed: 6,
      initial: [Float64Array.of(7), Float64Array.of(8)],
    });
    expect(told.positions.map((chain) => chain[0][0])).toEqual([7, 8]);
  });

  it('asks for all open requests in one batch when the target answers later', async () => {
    const sizes: number[] = [];
    const target: LogDensity = {
      dim: 2,
      values: async (points) => {
        sizes.push(points.length);
        return normal().values(points);
      },
    };
    await sample(walk(target), { draws: 10, warmup: 0, chains: 6, seed: 7 });
    expect(sizes.slice(1, 10).every((size) => size === 6)).toBe(true);
  });

  it('reports progress: steps, phase, words of the algorithm, evaluations', async () => {
    const seen: string[] = [];
    let evaluations = 0;
    await sample(walk(normal()), {
      draws: 10,
      warmup: 5,
      chains: 2,
      seed: 8,
      onProgress(progress) {
        for (const chain of progress.chains) seen.push(`${chain.phase} ${chain.step}/${chain.of} ${chain.summary}`);
        evaluations = progress.evaluations;
        expect(progress.secondsLeft).toBe(0);
      },
    });
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatch(/^draws 15\/15 (accepted|rejected)$/);
    expect(evaluations).toBe(2 * 16);
  });

  it('reports the seconds left of each chain by its own pace', async () => {
    // The second chain asks for nine evaluations a step.
    const uneven: ValueAlgorithm<State, { accepted: boolean }> = {
      ...walk(normal()),
      *init(_random, position) {
        return { position, value: yield position, width: position[0] };
      },
      *step(_random, state) {
        for (let i = 0; i < state.width; i++) yield state.position;
        return { state, info: { accepted: true } };
      },
    };
    const seen: { left: number[]; overall: number; seconds: number; steps: number[] }[] = [];
    const slow = logDensity(2, () => {
      spin(1);
      return 0;
    });
    const started = performance.now();
    await sample(
      { ...uneven, target: slow },
      {
        draws: 100,
        warmup: 0,
        chains: 2,
        seed: 8,
        initial: [Float64Array.of(1, 0), Float64Array.of(9, 0)],
        onProgress: ({ chains, secondsLeft }) =>
          seen.push({
            left: chains.map((chain) => chain.secondsLeft),
            overall: secondsLeft,
            seconds: (performance.now() - started) / 1000,
            steps: chains.map(({ step }) => step),
          }),
      },
    );
    const midway = seen.filter(({ steps }) => steps[0] === 100 && steps[1] >= 10 && steps[1] < 100);
    expect(midway.length).toBeGreaterThan(0);
    for (const { left, overall, seconds, steps } of midway) {
      expect(left[0]).toBe(0);
      const expected = ((100 - steps[1]) / steps[1]) * seconds;
      expect(left[1]).toBeGreaterThan(0.8 * expected);
      expect(left[1]).toBeLessThan(1.2 * expected);
      expect(overall).toBeLessThan(left[1]);
    }
    expect(seen[seen.length - 1].left).toEqual([0, 0]);
  });

  it('adds up what the steps of a phase have to tell, also of those before a checkpoint', async () => {
    const counting = {
      ...walk(normal(), { adaptive: true }),
      tally: (info: { accepted: boolean }) => ({ accepted: info.accepted ? 1 : 0 }),
      describe: (_info: { accepted: boolean }, { steps, accepted }: Readonly<Record<string, number>>) =>
        `${accepted} of ${steps} accepted`,
    };
    const run = async (draws: number, store = memoryStore()) => {
      const lines: string[] = [];
      const result = await sample(counting, {
        draws,
        warmup: 5,
        thin: 3,
        chains: 1,
        seed: 8,
        checkpoint: { store, resume: true },
        onProgress: ({ chains }) => lines.push(chains[0].summary),
      });
      return { result, line: lines[lines.length - 1] };
    };
    const { line, result } = await run(20);
    const accepted = Number(/^(\d+) of 60 accepted$/.exec(line)![1]);
    // All steps count, those that thinning leaves out too; of warmup, none.
    expect(accepted).toBeGreaterThan(result.infos[0].filter((info) => info.accepted).length);
    const store = memoryStore();
    await run(7, store);
    expect((await run(20, store)).line).toBe(line);
  });

  it('passes an error of the target on', async () => {
    const broken = logDensity(1, () => {
      throw new Error('the model is gone');
    });
    await expect(sample(walk(broken), { draws: 1, seed: 1 })).rejects.toThrow('the model is gone');
    const short: LogDensity = { dim: 1, values: () => new Float64Array(0) };
    await expect(sample(walk(short), { draws: 1, seed: 1 })).rejects.toThrow(
      'the target answered 0 points, expected 1',
    );
  });

  it('rejects bad options, each with one clear error', async () => {
    const target = normal();
    const run = (options: object) => sample(walk(target), { draws: 10, seed: 1, ...options });
    await expect(run({ draws: 0 })).rejects.toThrow('sample: draws is 0, expected an integer of at least 1');
    await expect(run({ draws: Infinity })).rejects.toThrow('sample: draws is Infinity');
    await expect(sample(null as never, { draws: 1, seed: 1 })).rejects.toThrow('sample: algorithm is null');
    await expect(run({ draws: 1.5 })).rejects.toThrow('draws is 1.5');
    await expect(run({ warmup: -1 })).rejects.toThrow('warmup is -1');
    await expect(run({ chains: 0 })).rejects.toThrow('chains is 0');
    await expect(run({ thin: 0 })).rejects.toThrow('thin is 0');
    await expect(run({ seed: Number.NaN })).rejects.toThrow('seed is NaN');
    await expect(run({ chain: 2 })).rejects.toThrow('option chain is unknown');
    await expect(run({ initial: 'zero' })).rejects.toThrow('initial is "zero"');
    await expect(run({ initial: [Float64Array.of(0, 0)] })).rejects.toThrow('initial has length 1, expected 4');
    await expect(run({ chains: 1, initial: [Float64Array.of(0)] })).rejects.toThrow(
      'initial[0] has length 1, expected 2',
    );
    await expect(run({ chains: 1, initial: [Float64Array.of(0, Infinity)] })).rejects.toThrow(
      'initial[0][1] is Infinity',
    );
    await expect(sample(walk(target, { prior: false }), { draws: 1, seed: 1 })).rejects.toThrow(
      'walk has no prior to start from',
    );
  });
});

describe('cancelling', () => {
  it('stops a synchronous target at a timer, and loses no draw', async () => {
    const controller = new AbortController();
    let evaluations = 0;
    const tick = () => {
      if (evaluations >= 20) controller.abort('enough');
      else setTimeout(tick, 1);
    };
    setTimeout(tick, 1);
    const slow = logDensity(2, (z) => {
      evaluations++;
      spin(1);
      return -0.5 * (z[0] ** 2 + z[1] ** 2);
    });
    const error = await sample(walk(slow), {
      draws: 1e6,
      warmup: 0,
      chains: 2,
      seed: 9,
      signal: controller.signal,
    }).then(
      () => undefined,
      (reason) => reason,
    );
    expect([error.name, error.code, error.cause]).toEqual(['AbortError', 'ABORTED', 'enough']);
    const kept = error.draws.positions.map((chain: Vector[]) => chain.length);
    expect(Math.min(...kept)).toBeGreaterThan(3);
    const whole = await sample(walk(normal()), { draws: Math.max(...kept), warmup: 0, chains: 2, seed: 9 });
    for (const c of [0, 1]) expect(error.draws.positions[c]).toEqual(whole.positions[c].slice(0, kept[c]));
  });

  it('gives the event loop a turn every 20 ms, or after each longer evaluation', async () => {
    for (const milliseconds of [0.01, 0.4, 3, 9, 11, 30]) {
      // A clock that only the target moves: what is measured is the driver's promise, not how busy the machine is.
      let clock = 0;
      const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
      let last = 0;
      let worst = 0;
      let turns = 0;
      let running = true;
      const turn = () => {
        worst = Math.max(worst, clock - last);
        last = clock;
        turns++;
        if (running) setImmediate(turn);
      };
      setImmediate(turn);
      const target = logDensity(2, (z) => {
        clock += milliseconds;
        return -0.5 * (z[0] ** 2 + z[1] ** 2);
      });
      await sample(walk(target), { draws: Math.ceil(200 / milliseconds / 4), warmup: 0, chains: 4, seed: 10 });
      running = false;
      now.mockRestore();
      expect(turns, `evaluations of ${milliseconds} ms`).toBeGreaterThan(6);
      expect(worst, `evaluations of ${milliseconds} ms`).toBeLessThanOrEqual(Math.max(20, milliseconds) + 1e-9);
    }
  });

  it('gives it turns also while many chains start, hears its signal there, and keeps what a checkpoint has', async () => {
    const starting = (onStart: () => void) => ({
      ...walk(normal()),
      *init(_random: unknown, position: Vector): Generator<Vector, State, number> {
        onStart();
        return { position, value: yield position, width: 1 };
      },
    });
    const options = { draws: 2, warmup: 0, chains: 200, seed: 10 };
    const whole = await sample(walk(normal()), options);
    let clock = 0;
    const now = vi.spyOn(performance, 'now').mockImplementation(() => clock);
    let [started, last, worst] = [0, 0, 0];
    const turn = () => {
      worst = Math.max(worst, clock - last);
      last = clock;
      if (started < 200) setImmediate(turn);
    };
    setImmediate(turn);
    const one = () => {
      clock += 1;
      started++;
    };
    expect((await sample(starting(one), options)).positions).toEqual(whole.positions);
    expect(worst).toBeLessThanOrEqual(20);

    const store = memoryStore();
    const signal = { aborted: false };
    started = 0;
    const abort = () => {
      one();
      signal.aborted = started === 100;
    };
    const error = await sample(starting(abort), { ...options, signal, checkpoint: { store } }).catch((e) => e);
    now.mockRestore();
    expect([error.code, error.draws.size, started]).toEqual(['ABORTED', 0, 100]);
    const resumed = await sample(walk(normal()), { ...options, checkpoint: { store, resume: true } });
    expect(resumed.positions).toEqual(whole.positions);
  });

  it('does nothing when the signal is aborted before', async () => {
    let evaluated = 0;
    const target = logDensity(1, () => ++evaluated);
    const error = await sample(walk(target), { draws: 1, seed: 1, signal: AbortSignal.abort() }).catch((e) => e);
    expect([error.message, error.draws.size]).toEqual(['sample: cancelled', 0]);
    expect(evaluated).toBe(0);
  });
});

describe('sampleIterator', () => {
  it('yields the draws of sample as they come', async () => {
    const options = { draws: 20, warmup: 5, thin: 2, chains: 3, seed: 11 };
    const draws = await sample(walk(normal()), options);
    const positions: Vector[][] = [[], [], []];
    for await (const { chain, position, info } of sampleIterator(walk(normal()), options)) {
      positions[chain].push(position);
      expect(typeof info.accepted).toBe('boolean');
    }
    expect(positions).toEqual(draws.positions);
  });

  it('has no end without draws, and stops when the loop is left', async () => {
    let count = 0;
    for await (const { position } of sampleIterator(walk(normal()), { chains: 1, seed: 12 })) {
      expect(position).toHaveLength(2);
      if (++count === 500) break;
    }
    expect(count).toBe(500);
  });

  it('is cancelled by its signal', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const drain = async () => {
      for await (const _ of sampleIterator(walk(normal()), { chains: 1, seed: 13, signal: controller.signal }));
    };
    await expect(drain()).rejects.toThrow('sampleIterator: cancelled');
  });
});

describe('drawsFrom', () => {
  it('yields each draw once, evenly thinned over chains and time', () => {
    const chains = [0, 1].map((c) => Array.from({ length: 10 }, (_, i) => Float64Array.of(10 * c + i)));
    const draws = drawsFrom(chains);
    const random = { uniform: () => 0, normal: () => 0, fork: () => random, state: () => ({ kind: 'none' }) };
    expect(draws.sample(random, 4).map((z) => z[0])).toEqual([2, 7, 12, 17]);
    expect(draws.sample(random, 100)).toHaveLength(20);
    expect(draws.sample(random, 0)).toEqual([]);
    expect(() => draws.sample(random, -1)).toThrow('count is -1');
  });

  it('rejects no draws, mixed lengths and values that are not finite', () => {
    expect(() => drawsFrom([])).toThrow('positions are empty');
    expect(() => drawsFrom([[Float64Array.of(1)], [Float64Array.of(1, 2)]])).toThrow(
      'positions[1][0] has length 2, expected 1',
    );
    expect(() => drawsFrom([[Float64Array.of(Number.NaN)]])).toThrow('positions[0][0][0] is NaN');
    expect(() => coordinateChains(drawsFrom([[Float64Array.of(1)]]), 1)).toThrow(
      'coordinate is 1, expected less than 1',
    );
  });
});

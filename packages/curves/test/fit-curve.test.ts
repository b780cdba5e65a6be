import { adam, categoricalLikelihood, linearDecay, memoryStore, randomSource, sgd } from '@subspace/core';
import { permutation } from '@subspace/core/internals';
import { bezierCurve, type Curve, type FitCurveOptions, fitCurve, polygonalCurve } from '@subspace/curves';
import { bits, describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenBends, goldenLayout } from './golden-bends.ts';
import { goldenData, goldenNetwork } from './golden-problem.ts';
import { curveOptions, likelihood, sineData, smallNetwork, solution } from './solutions.ts';

async function fitted(changes: Partial<FitCurveOptions> = {}) {
  const network = smallNetwork();
  try {
    return await fitCurve(network, sineData(), await curveOptions(changes));
  } finally {
    network.dispose();
  }
}

const nearPoints = (points: readonly Float32Array[], expected: readonly ArrayLike<number>[], error: number) => {
  points.forEach((point, k) => {
    point.forEach((value, i) => {
      expect(Math.abs(value - expected[k][i])).toBeLessThan(error);
    });
  });
};

describe('fitCurve', () => {
  it('keeps the ends bit for bit, and the network as it was', async () => {
    const network = smallNetwork('other');
    const before = await network.readWeights();
    const options = await curveOptions();
    const curve = await fitCurve(network, sineData(), options);
    expect(curve.points[0]).toEqual(options.start);
    expect(curve.points[2]).toEqual(options.end);
    expect(curve.layout).toBe(network.layout);
    expect(await network.readWeights()).toEqual(before);
    expect(curve.loss.length).toBe(12);
    expect(curve.findings).toEqual([]);
    network.dispose();
  });

  it.each(['bezier', 'polygon'] as const)(
    'starts %s curves on the straight line, whatever the number of bends',
    async (kind) => {
      for (const bends of [1, 2, 5]) {
        const curve = await fitted({ kind, bends, learningRate: 0, epochs: 1 });
        expect(curve.kind).toBe(kind);
        expect(curve.points.length).toBe(bends + 2);
        const [start, end] = [curve.points[0], curve.points[bends + 1]];
        nearPoints(
          curve.points,
          curve.points.map((_, k) => start.map((value, i) => value + (k / (bends + 1)) * (end[i] - value))),
          1e-6,
        );
      }
    },
  );

  it.each([
    ['bezier', bezierCurve, 'fixed'],
    ['polygon', polygonalCurve, 'free'],
  ] as const)('takes the steps that the equations say: %s', async (kind, through, ends) => {
    const network = smallNetwork();
    const data = sineData();
    const options = await curveOptions({ kind, bends: 2, ends, epochs: 3 });
    const curve = await fitCurve(network, data, options);

    // w(t) for t ~ U(0, 1) of a batch; θₖ ← θₖ − ε·vₖ, vₖ ← μ·vₖ + cₖ(t)·(∇L(w) + λ·w).
    const points = (await fitCurve(network, data, { ...options, learningRate: 0, epochs: 1 })).points.map((point) =>
      Float64Array.from(point),
    );
    const velocities = points.map((point) => new Float64Array(point.length));
    for (let epoch = 0; epoch < 3; epoch++) {
      const random = randomSource('curve').fork(`epoch ${epoch}`);
      const order = permutation(data.size, random.fork('order'));
      const steps = random.fork('steps');
      for (let first = 0; first < data.size; first += 10) {
        const now: Curve = through(points.map((point) => Float32Array.from(point)));
        const t = steps.uniform();
        const c = now.coefficients(t);
        const w = now.point(t);
        const { gradient } = await network.lossAndGradient(w, data, order.subarray(first, first + 10), likelihood);
        points.forEach((point, k) => {
          if (ends === 'fixed' && (k === 0 || k === 3)) return;
          for (let i = 0; i < point.length; i++) {
            velocities[k][i] = 0.9 * velocities[k][i] + c[k] * (gradient[i] / 10 + 1e-3 * w[i]);
            point[i] -= 1e-4 * velocities[k][i];
          }
        });
      }
    }
    nearPoints(curve.points, points, 2e-5);
    network.dispose();
  });

  it('finds a way round the barrier between two solutions', async () => {
    const [start, end] = [await solution(1), await solution(2)];
    const network = smallNetwork();
    const data = sineData();
    const options = await curveOptions({
      start,
      end,
      epochs: 400,
      learningRate: linearDecay({ learningRate: 3e-4, epochs: 400 }),
    });
    const curve = await fitCurve(network, data, options);
    const rows = Int32Array.from({ length: data.size }, (_, row) => row);
    const lossAt = async (weights: Float32Array) =>
      (await network.lossAndGradient(weights, data, rows, likelihood)).loss / data.size;
    const highest = async (along: Curve) => {
      let loss = -Infinity;
      for (const t of along.evenTimes(21)) loss = Math.max(loss, await lossAt(along.point(t)));
      return loss;
    };
    const ends = Math.max(await lossAt(start), await lossAt(end));
    const line = await highest(bezierCurve([start, end]));
    const along = await highest(curve);
    expect(line - ends).toBeGreaterThan(2);
    expect(along - ends).toBeLessThan((line - ends) / 4);
    network.dispose();
  });

  it('goes on from bends that are given', async () => {
    const once = await fitted();
    const again = await fitted({ bends: [once.points[1]], learningRate: 0, epochs: 1 });
    expect(again.points).toEqual(once.points);
  });

  it('trains the ends too where they are free, with any optimizer', async () => {
    const options = await curveOptions();
    const curve = await fitted({ ends: 'free', optimizer: adam() });
    expect(curve.points[0]).not.toEqual(options.start);
    expect(curve.points[2]).not.toEqual(options.end);
  });

  it('gives the same curve for the same seed, and another one for another', async () => {
    const curve = await fitted();
    expect(bits(await fitted())).toBe(bits(curve));
    expect(bits((await fitted({ seed: 'another' })).points)).not.toBe(bits(curve.points));
  });

  it('reports epochs and time left', async () => {
    const epochs: number[] = [];
    let last: unknown;
    await fitted({
      onEpoch: ({ epoch }) => epochs.push(epoch),
      onProgress: (progress) => {
        last = progress;
      },
    });
    expect(epochs).toEqual(Array.from({ length: 12 }, (_, epoch) => epoch));
    expect(last).toMatchObject({ epoch: 12, of: 12, secondsLeft: 0 });
  });

  it('goes on bit for bit wherever it was stopped', async () => {
    const whole = await fitted();
    const store = memoryStore();
    for (const epochs of [3, 8, 12, 12]) {
      await fitted({ epochs, checkpoint: { store, every: 1, resume: true } });
    }
    const last = await fitted({ checkpoint: { store, resume: true } });
    expect(bits([last.points, last.loss])).toBe(bits([whole.points, whole.loss]));
  });

  it('gives the curve that it has when it is cancelled, and goes on from there bit for bit', async () => {
    const whole = await fitted();
    const store = memoryStore();
    const signal = { aborted: false };
    const cancelled = fitted({
      signal,
      onEpoch: ({ epoch }) => {
        signal.aborted = epoch === 4;
      },
      checkpoint: { store },
    });
    const error = await cancelled.then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: 'ABORTED', loss: whole.loss.slice(0, 5) });
    expect(error.curve.points[1]).toEqual((await fitted({ epochs: 5 })).points[1]);
    const last = await fitted({ checkpoint: { store, resume: true } });
    expect(bits(last.points)).toBe(bits(whole.points));
  });

  it('refuses to go on with another curve, naming what differs', async () => {
    const store = memoryStore();
    await fitted({ checkpoint: { store } });
    const resumed = (changes: Partial<FitCurveOptions>) => fitted({ ...changes, checkpoint: { store, resume: true } });
    await expect(resumed({ kind: 'polygon' })).rejects.toThrow('fitCurve: curve.kind is "polygon", but the checkpoint');
    await expect(resumed({ bends: 2 })).rejects.toThrow('fitCurve: curve.points');
    await expect(resumed({ ends: 'free' })).rejects.toThrow('fitCurve: curve.ends is "free"');
    await expect(resumed({ end: await solution(3, 1) })).rejects.toThrow('fitCurve: curve.points[1]');
    await expect(resumed({ epochs: 3 })).rejects.toThrow('fitCurve: epochs is 3, but the checkpoint has 12');
    await expect(resumed({ learningRate: 1 })).rejects.toThrow('fitCurve: learningRate(0) is 1');
  });

  it('refuses what it can make no curve of', async () => {
    const { start } = await curveOptions();
    const refused: readonly [Partial<FitCurveOptions>, string][] = [
      [{ start: undefined as never }, 'fitCurve: start is undefined, expected a Float32Array'],
      [{ end: start.subarray(1) }, `fitCurve: end has length ${start.length - 1}, expected ${start.length}`],
      [{ end: start.slice() }, 'fitCurve: start and end are the same weights, expected two solutions'],
      [{ start: start.map(() => Number.NaN) }, 'fitCurve: start[0] is NaN, expected a finite number'],
      [{ bends: 0 }, 'fitCurve: bends is 0, expected an integer of at least 1'],
      [{ bends: [] }, 'fitCurve: bends is Array, expected how many, or a list of weights'],
      [{ bends: [start.subarray(2)] }, 'fitCurve: bends[0] has length'],
      [{ bends: 40 }, 'trainer: points has length 42, expected 1 to 31'],
      [{ kind: 'spline' as never }, 'fitCurve: kind is "spline", expected "bezier" or "polygon"'],
      [{ ends: true as never }, 'fitCurve: ends is true, expected "fixed" or "free"'],
      [{ epochs: 0 }, 'fitCurve: epochs is 0, expected an integer of at least 1'],
      [{ collect: {} } as never, 'fitCurve: option collect is unknown'],
      [{ learningRate: 1e9 }, 'in epoch'],
    ];
    for (const [changes, message] of refused) await expect(fitted(changes)).rejects.toThrow(message);
    await expect(fitCurve(undefined as never, sineData(), await curveOptions())).rejects.toThrow(
      'network is undefined',
    );
    await expect(fitCurve(smallNetwork(), sineData(), undefined as never)).rejects.toThrow('options is undefined');
  });
});

describeGolden('curves-gradients.json', (golden) => {
  const kinds = { Bezier: bezierCurve, PolyChain: polygonalCurve };

  it('gives every bend the gradient of the reference, weight decay on w(t) included', async () => {
    const { size, inputSalt, labelSalt, classes } = golden.batch;
    const data = goldenData(size, inputSalt, labelSalt, classes);
    const direction = Float32Array.from(formulaArray(goldenLayout.size, golden.directionSalt, 1));
    const inner = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
    const network = goldenNetwork();
    for (const { kind, bends, t, weights, crossEntropyMean, gradient } of golden.cases) {
      const points = goldenBends(bends);
      const curve: Curve = kinds[kind as keyof typeof kinds](points, { layout: network.layout });
      const w = curve.point(t);
      expect(inner(w, direction)).toBeCloseTo(weights.innerProduct, 5);
      expect(Math.sqrt(inner(w, w))).toBeCloseTo(weights.norm, 5);
      const trainer = network.trainer(data, categoricalLikelihood(), sgd({ weightDecay: 0.01 }), { points });
      const rows = Int32Array.from({ length: size }, (_, row) => row);
      await trainer.step(rows, 1, randomSource(1), curve.coefficients(t));
      expect((await trainer.takeLoss()).sum / size).toBeCloseTo(crossEntropyMean, 5);
      (await trainer.points()).forEach((point, k) => {
        const step = points[k].map((value, i) => value - point[i]);
        expect(Math.sqrt(inner(step, step))).toBeCloseTo(gradient.perBendNorm[k], 5);
        expect(inner(step, direction)).toBeCloseTo(gradient.perBendInnerProduct[k], 5);
      });
      trainer.dispose();
    }
    network.dispose();
  });

  it('starts bends as the reference does', async () => {
    const network = goldenNetwork();
    const data = goldenData();
    for (const { bends, norm } of golden.initLinear.cases) {
      const points = goldenBends(bends);
      const curve = await fitCurve(network, data, {
        ...{ start: points[0], end: points[bends - 1], bends: bends - 2, likelihood: categoricalLikelihood() },
        ...{ epochs: 1, batchSize: 2, optimizer: sgd(), learningRate: 0, seed: 1 },
      });
      curve.points.forEach((point, k) => {
        expect(Math.hypot(...point)).toBeCloseTo(norm[k], 5);
      });
    }
    network.dispose();
  });
});

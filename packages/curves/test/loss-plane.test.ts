import { categoricalLikelihood, type LogDensity, type Subspace, toWeights } from '@subspace/core';
import { bezierCurve, type LossPlaneOptions, lossPlane } from '@subspace/curves';
import { describeGolden, formulaArray } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { goldenBends, goldenLayout } from './golden-bends.ts';
import { goldenData, goldenNetwork } from './golden-problem.ts';
import { likelihood, sineData, smallNetwork } from './solutions.ts';

const three = async (): Promise<LossPlaneOptions['corners']> => {
  const found = await Promise.all(
    [1, 2, 3].map(async (seed) => {
      const network = smallNetwork(seed);
      const weights = await network.readWeights();
      network.dispose();
      return weights;
    }),
  );
  return [found[0], found[1], found[2]];
};

async function planeOf(changes: Partial<LossPlaneOptions> = {}) {
  const network = smallNetwork();
  try {
    return await lossPlane(network, sineData(), { corners: await three(), likelihood, resolution: [7, 5], ...changes });
  } finally {
    network.dispose();
  }
}

describe('lossPlane', () => {
  it('has the loss of three independent solutions, each where it lies', async () => {
    const corners = await three();
    const { plane, corners: places, x, y, coordinatesOf } = await planeOf();
    const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const [u, v] = plane.basis;
    expect([inner(u, u), inner(v, v)]).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
    expect(inner(u, v)).toBeCloseTo(0, 5);
    corners.forEach((corner, k) => {
      toWeights(plane, places[k]).forEach((value, i) => {
        expect(value).toBeCloseTo(corner[i], 5);
      });
      expect(coordinatesOf(corner)).toEqual(places[k]);
      for (const [axis, place] of [
        [x, places[k][0]],
        [y, places[k][1]],
      ] as const) {
        expect(place).toBeGreaterThan(axis[0]);
        expect(place).toBeLessThan(axis[axis.length - 1]);
      }
    });
    expect([...places[0]]).toEqual([0, 0]);
    expect(places[2][1]).toBeCloseTo(0, 5);
  });

  it('goes beyond the corners by the margin, and no further', async () => {
    const { x, y, corners } = await planeOf({ margin: 0 });
    for (const [k, axis] of [x, y].entries()) {
      const places = corners.map((place) => place[k]);
      expect(axis[0]).toBeCloseTo(Math.min(...places), 12);
      expect(axis[axis.length - 1]).toBeCloseTo(Math.max(...places), 12);
    }
    const wide = await planeOf({ margin: 0.5 });
    expect(wide.x[6] - wide.x[0]).toBeCloseTo(2 * (x[6] - x[0]), 9);
  });

  it('is the mean of −log p at each point, with weight decay on the weights there', async () => {
    const network = smallNetwork();
    const data = sineData();
    const rows = Int32Array.from({ length: data.size }, (_, row) => row);
    const { x, y, loss, plane } = await planeOf({ weightDecay: 0.1 });
    expect(loss.length).toBe(35);
    for (const [i, j] of [
      [0, 0],
      [6, 0],
      [2, 3],
      [6, 4],
    ]) {
      const weights = toWeights(plane, [x[i], y[j]]);
      const expected = (await network.lossAndGradient(weights, data, rows, likelihood)).loss / data.size;
      const squares = weights.reduce((sum, value) => sum + value * value, 0);
      expect(loss[j * 7 + i] / (expected + 0.05 * squares)).toBeCloseTo(1, 5);
    }
    network.dispose();
  });

  it('takes many points a call, tells how far it is, and can be cancelled', async () => {
    const done: number[] = [];
    await planeOf({ resolution: 30, onProgress: ({ points, of }) => done.push(points, of) });
    expect(done.slice(-2)).toEqual([900, 900]);
    expect(done.length / 2).toBeLessThan(300);
    await expect(planeOf({ signal: { aborted: true } })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('asks who is handed in, workers say, gives the same, and disposes it', async () => {
    const network = smallNetwork();
    let disposed = 0;
    const served = (plane: Subspace): LogDensity & { dispose(): void } => {
      const own = network.subspaceLikelihood(plane, sineData(), likelihood);
      return {
        dim: 2,
        values: async (points) => own.values(points),
        dispose() {
          disposed++;
          own.dispose();
        },
      };
    };
    const far = await planeOf({ logLikelihood: async (plane) => served(plane) });
    expect(far.loss).toEqual((await planeOf()).loss);
    expect(disposed).toBe(1);
    const failing = () => ({ ...served((1 as never) && far.plane), values: () => Promise.reject(new Error('gone')) });
    await expect(planeOf({ logLikelihood: failing })).rejects.toThrow('gone');
    expect(disposed).toBe(2);
    network.dispose();
  });

  it('refuses what is no plane, and a grid that does not fit in memory', async () => {
    const [a, b, c] = await three();
    const middle = a.map((value, i) => (value + c[i]) / 2);
    const line =
      'lossPlane: corners[0], corners[1] and corners[2] lie on one line, expected three points that span a plane';
    const refused: readonly [Partial<LossPlaneOptions>, string][] = [
      [{ corners: [a, middle, c] }, line],
      [{ corners: [a, b, a] }, line],
      [{ corners: [a, b] as never }, 'lossPlane: corners is Array, expected three weight vectors'],
      [{ corners: [a, b, c.subarray(1)] }, 'lossPlane: corners[2] has length 30, expected 31'],
      [{ resolution: 1 }, 'lossPlane: resolution is 1, expected an integer of at least 2'],
      [{ resolution: [100_000, 100_000] }, 'resolution is 100000 × 100000, which does not fit in memory, expected'],
      [{ margin: -1 }, 'lossPlane: margin is -1'],
      [{ weightDecay: Number.NaN }, 'lossPlane: weightDecay is NaN'],
      [{ logLikelihood: {} as never }, 'lossPlane: logLikelihood is Object, expected (subspace) => a log density'],
      [{ points: 3 } as never, 'lossPlane: option points is unknown'],
    ];
    for (const [changes, message] of refused) await expect(planeOf(changes)).rejects.toThrow(message);
    const raw = { inputs: [[1]], targets: [[1]] } as never;
    const network = smallNetwork();
    await expect(lossPlane(network, raw, { corners: [a, b, c], likelihood })).rejects.toThrow(
      'lossPlane: data is Object, expected a data set: arraysDataset({ inputs, targets })',
    );
  });
});

describeGolden('curves-plane.json', (golden) => {
  it('has the frame, the coordinates and the losses of the reference', async () => {
    const bends = goldenBends(3);
    const network = goldenNetwork();
    const { x, y, loss, plane, corners, coordinatesOf } = await lossPlane(network, goldenData(), {
      corners: [bends[0], bends[1], bends[2]],
      likelihood: categoricalLikelihood(),
      margin: golden.margins,
    });
    const direction = formulaArray(goldenLayout.size, golden.directionSalt, 1);
    [golden.uInnerProduct, golden.vInnerProduct].forEach((value, k) => {
      expect(plane.basis[k].reduce((sum, entry, i) => sum + entry * direction[i], 0)).toBeCloseTo(value, 5);
    });
    golden.bendCoordinates.forEach((place: number[], k: number) => {
      place.forEach((value, i) => {
        expect(corners[k][i]).toBeCloseTo(value, 5);
      });
    });
    const curve = bezierCurve(bends);
    golden.curveTimes.forEach((t: number, k: number) => {
      coordinatesOf(curve.point(t)).forEach((value, i) => {
        expect(value).toBeCloseTo(golden.curveCoordinates[k][i], 5);
      });
    });
    golden.alphas.forEach((alpha: number, i: number) => {
      expect(x[i]).toBeCloseTo(alpha * golden.dx, 5);
      expect(y[i]).toBeCloseTo(alpha * golden.dy, 5);
    });
    golden.losses.crossEntropyMean.forEach((row: number[], i: number) => {
      row.forEach((value, j) => {
        expect(loss[5 * j * 21 + 5 * i]).toBeCloseTo(value, 4);
      });
    });
    network.dispose();
  });
});

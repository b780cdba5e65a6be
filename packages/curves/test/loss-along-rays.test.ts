import { type LossAlongRaysOptions, lossAlongRays } from '@subspace/curves';
import { describe, expect, it } from 'vitest';
import { likelihood, sineData, smallNetwork } from './solutions.ts';

async function rays(changes: Partial<LossAlongRaysOptions> = {}) {
  const network = smallNetwork();
  try {
    const center = await network.readWeights();
    const directions = { count: 3, seed: 1 };
    return await lossAlongRays(network, sineData(), {
      center,
      directions,
      distances: [-1, 0, 2],
      likelihood,
      ...changes,
    });
  } finally {
    network.dispose();
  }
}

describe('lossAlongRays', () => {
  it('has the loss at each distance along unit vectors', async () => {
    const network = smallNetwork();
    const center = await network.readWeights();
    const { distances, directions, loss } = await rays();
    const data = sineData();
    const rows = Int32Array.from({ length: data.size }, (_, row) => row);
    for (const [k, direction] of directions.entries()) {
      expect(Math.hypot(...direction)).toBeCloseTo(1, 6);
      for (const [i, distance] of distances.entries()) {
        const weights = center.map((value, d) => value + distance * direction[d]);
        const expected = (await network.lossAndGradient(weights, data, rows, likelihood)).loss / data.size;
        expect(loss[k][i] / expected).toBeCloseTo(1, 5);
      }
    }
    expect(loss[1][1]).toBeCloseTo(loss[0][1], 9);
    network.dispose();
  });

  it('takes directions of any length, and gives random ones by their seed', async () => {
    const { directions } = await rays();
    const long = await rays({ directions: directions.map((direction) => direction.map((value) => 5 * value)) });
    directions.forEach((direction, k) => {
      direction.forEach((value, i) => {
        expect(long.directions[k][i]).toBeCloseTo(value, 6);
      });
    });
    expect((await rays({ directions: { count: 2, seed: 1 } })).directions).toEqual(directions.slice(0, 2));
    expect((await rays({ directions: { count: 2, seed: 2 } })).directions).not.toEqual(directions.slice(0, 2));
  });

  it('refuses rays that lead nowhere', async () => {
    const refused: readonly [Partial<LossAlongRaysOptions>, string][] = [
      [{ directions: [] }, 'lossAlongRays: directions is empty, expected at least one'],
      [{ directions: [new Float32Array(31)] }, 'lossAlongRays: directions[0] is 0 everywhere, expected a direction'],
      [{ directions: [new Float32Array(3)] }, 'lossAlongRays: directions[0] has length 3, expected 31'],
      [{ directions: { count: 0, seed: 1 } }, 'lossAlongRays: directions.count is 0'],
      [{ distances: [] }, 'lossAlongRays: distances is empty'],
      [{ distances: [Number.NaN] }, 'lossAlongRays: distances[0] is NaN'],
      [{ center: new Float32Array(2) }, 'lossAlongRays: center has length 2, expected 31'],
      [{ radii: 1 } as never, 'lossAlongRays: option radii is unknown'],
    ];
    for (const [changes, message] of refused) await expect(rays(changes)).rejects.toThrow(message);
  });
});

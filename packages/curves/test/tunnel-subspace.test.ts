import {
  drawsFrom,
  gaussianLikelihood,
  loadPosterior,
  memoryStore,
  randomSource,
  savePosterior,
  subspaceDraws,
  weightLayout,
} from '@subspace/core';
import {
  bezierCurve,
  type Curve,
  polygonalCurve,
  restoreTunnel,
  type TunnelOptions,
  tunnelSubspace,
} from '@subspace/curves';
import { describe, expect, it } from 'vitest';

const random = randomSource('tunnel');
const D = 40;
const layout = weightLayout([{ name: 'w', shape: [D] }]);
const normals = (scale = 1) => Float32Array.from({ length: D }, () => scale * random.normal());
const start = normals();
const from = (offset: Float32Array) => start.map((w, i) => w + offset[i]);
const flat = bezierCurve([start, from(normals(2)), from(normals(2))], { layout });
const wound = bezierCurve([start, from(normals(2)), from(normals(2)), from(normals(2)), from(normals(2))], { layout });
const directions = [normals(), normals(), normals()];
const point = (...z: number[]) => Float64Array.from(z);
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return Math.sqrt(sum);
};
const difference = (a: Float32Array, b: Float32Array) => Float64Array.from(a, (x, i) => x - b[i]);
const inner = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** Where on the curve the point z₀ is: the nearest of many. */
function timeOf(curve: Curve, weights: Float32Array): { t: number; off: number } {
  let best = { t: 0, off: Infinity };
  for (let i = 0; i <= 4000; i++) {
    const off = distance(curve.point(i / 4000), weights);
    if (off < best.off) best = { t: i / 4000, off };
  }
  return best;
}

describe('tunnelSubspace', () => {
  it.each([
    ['a plane curve', flat, 3],
    ['a wound curve', wound, 5],
  ] as const)('goes along %s by arc length, at right angles across', (_, curve, rank) => {
    const radius = 0.1;
    const tunnel = tunnelSubspace(curve, { radius, rank, directions });
    expect(tunnel.dim).toBe(1 + rank);
    for (const z0 of [-1.5, -0.4, 0, 0.7, 1.4]) {
      const origin = Float64Array.from({ length: 1 + rank }, (_, k) => (k === 0 ? z0 : 0));
      const weights = tunnel.weights(origin);
      const { t, off } = timeOf(curve, weights);
      expect(off).toBeLessThan(0.01);
      const tangent = curve.tangent(t);
      const across = Array.from({ length: rank }, (_, k) =>
        difference(tunnel.weights(origin.map((x, i) => (i === k + 1 ? 1 : x))), weights),
      );
      across.forEach((row, k) => {
        expect(Math.sqrt(inner(row, row))).toBeCloseTo(radius, 5);
        expect(inner(row, tangent) / curve.speed(t) / radius).toBeCloseTo(0, 2);
        for (const other of across.slice(0, k)) expect(inner(row, other) / radius / radius).toBeCloseTo(0, 4);
      });
    }
    // Half of the prior is on either half of the curve.
    expect(timeOf(curve, tunnel.weights(new Float64Array(1 + rank))).t).toBeCloseTo(
      curve.timeAt(curve.length() / 2),
      3,
    );
  });

  it('has a frame that turns with the curve and not round it', () => {
    const tunnel = tunnelSubspace(wound, { radius: 0.1, rank: 3 });
    const h = 1e-3;
    for (const z0 of [-1, 0.2, 0.9]) {
      const at = (z: number, k?: number) => tunnel.weights(point(z, ...[1, 2, 3].map((i) => (i === k ? 50 : 0))));
      const normal = (z: number, k: number) => difference(at(z, k), at(z)).map((x) => x / 5);
      const along = difference(at(z0 + h), at(z0 - h));
      for (const k of [1, 2, 3]) {
        const turn = normal(z0 + h, k).map((x, i) => x - normal(z0 - h, k)[i]);
        // All of it is along the tangent.
        const share = inner(turn, along) / inner(along, along);
        const rest = turn.map((x, i) => x - share * along[i]);
        expect(Math.sqrt(inner(rest, rest))).toBeLessThan(0.01 * Math.max(1e-3, Math.sqrt(inner(turn, turn))));
      }
    }
  });

  it('pulls gradients back as finite differences do', () => {
    for (const curve of [flat, wound]) {
      const tunnel = tunnelSubspace(curve, { radius: 0.3, rank: 4, directions });
      const gradient = normals();
      for (const z0 of [-2.5, -1, 0.3, 1.2, 3]) {
        const z = point(z0, 0.5, -1, 0.8, 1.1);
        const pulled = tunnel.pullback(z, gradient);
        for (let k = 0; k < z.length; k++) {
          const [low, high] = [-1, 1].map((side) =>
            inner(tunnel.weights(z.map((x, i) => (i === k ? x + side * 1e-2 : x))), gradient),
          );
          expect(Math.abs(pulled[k] - (high - low) / 2e-2)).toBeLessThan(2e-2 * Math.hypot(...pulled));
        }
      }
    }
  });

  it('has a uniform prior on the curve, with half a Gaussian at either end', () => {
    const radius = 0.5;
    const line = bezierCurve([new Float32Array(D), new Float32Array(D).fill(1, 0, 1).map((x) => 6 * x)], { layout });
    const tunnel = tunnelSubspace(line, { radius, rank: 1, directions });
    const draws = Array.from({ length: 20_000 }, () => tunnel.weights(point(random.normal(), 0))[0]);
    const mass = 6 + Math.sqrt(2 * Math.PI) * radius;
    for (const [low, high, share] of [
      [0, 1, 1 / mass],
      [2, 5, 3 / mass],
      [-9, 0, (mass - 6) / 2 / mass],
      [6, 9, (mass - 6) / 2 / mass],
      // One standard deviation beyond the end.
      [-9, -radius, (0.15865525 * (mass - 6)) / mass],
    ]) {
      const count = draws.filter((s) => s >= low && s < high).length;
      const error = Math.sqrt(share * (1 - share) * draws.length);
      expect(Math.abs(count - share * draws.length) / error).toBeLessThan(4);
    }
    // Far out it goes on, and does not break.
    for (const z0 of [-300, -29.999, -30.001, 300]) {
      const [gradient] = tunnel.pullback(point(z0, 0), new Float32Array(D).fill(1, 0, 1));
      expect(gradient).toBeGreaterThan(0.4);
      expect(gradient).toBeLessThan(0.6);
      expect(tunnel.weights(point(z0, 0))[0] / z0).toBeGreaterThan(0.45);
    }
  });

  it('is restored from its parts, with the same weights', async () => {
    const tunnel = tunnelSubspace(flat, { radius: 0.2, rank: 3, directions });
    const z = point(0.3, -1, 0.4, 2);
    const store = memoryStore();
    await savePosterior(store, {
      network: 'forty weights',
      subspace: tunnel,
      draws: drawsFrom([[z]]),
      likelihood: gaussianLikelihood({ variance: 1 }),
    });
    const { subspace, draws } = await loadPosterior(store, { maps: { tunnel: restoreTunnel } });
    expect([...subspaceDraws(subspace, draws).weights(1, randomSource(1))][0]).toEqual(tunnel.weights(z));
  });

  it('refuses what is no tunnel', () => {
    const make = (curve: Curve, options: object) => () =>
      tunnelSubspace(curve, { radius: 0.1, rank: 1, ...options } as TunnelOptions);
    expect(make(flat, { radius: 1e3 })).toThrow(
      /tunnelSubspace: radius is 1000, expected less than \d+\.\d+, the radius of curvature of the curve at t = 0\.\d+/,
    );
    expect(make(flat, { rank: 2 })).toThrow(
      "tunnelSubspace: rank is 2, expected at most 1: the curve's points give 1 across, and directions 0 more",
    );
    expect(make(flat, { rank: 5, directions })).toThrow('rank is 5, expected at most 4');
    expect(make(flat, { rank: 3, directions: [directions[0], directions[0]] })).toThrow('expected at most 2');
    expect(make(flat, { radius: 0 })).toThrow('radius is 0');
    expect(make(flat, { rank: 0 })).toThrow('rank is 0');
    expect(make(flat, { width: 3 })).toThrow('option width is unknown');
    expect(make(flat, { directions: [new Float32Array(3)] })).toThrow('directions[0] has length 3, expected 40');
    const [a, b, c] = flat.points;
    expect(make(bezierCurve([a, b, c]), {})).toThrow('layout is undefined, and the curve has none');
    expect(make(polygonalCurve([a, b, c], { layout }), {})).toThrow('curve is a polygon, whose corners');
    expect(make({ ...flat, points: [a, b, a] }, {})).toThrow('tunnelSubspace: start and end are the same weights');
    // There and most of the way back on a line.
    const back = bezierCurve([a, a.map((w, i) => w + 3 * (c[i] - w)), a.map((w, i) => w + 0.5 * (c[i] - w))], {
      layout,
    });
    expect(make(back, { directions })).toThrow('expected less than 0, the radius of curvature');
    const other = weightLayout([{ name: 'v', shape: [D] }]);
    expect(make(flat, { layout: other })).toThrow('tunnelSubspace: curve has w [40] as tensor 0, expected v [40]');
  });
});

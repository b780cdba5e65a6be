import { randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { bridge } from '../src/bridge.ts';

const turn = async () => {};

describe('bridge', () => {
  it('is exact where the likelihood is the same everywhere, or 0 in a part', async () => {
    const flat = new Float64Array(8).fill(-7);
    expect(await bridge(flat, flat, 0.5, turn)).toBe(-3.5);
    const half = Float64Array.of(-Infinity, 0, -Infinity, 0);
    expect(await bridge(half, new Float64Array(3), 1, turn)).toBeCloseTo(Math.log(0.5), 12);
  });

  it('lies in the middle of what does not overlap', async () => {
    for (const reach of [10, 1000]) {
      expect(await bridge(new Float64Array(5), new Float64Array(5).fill(reach), 1, turn)).toBeCloseTo(reach / 2, 6);
    }
    // Beyond what exp can tell apart it is somewhere between them.
    const far = await bridge(new Float64Array(5), new Float64Array(5).fill(1e6), 1, turn);
    expect(far).toBeGreaterThan(0);
    expect(far).toBeLessThan(1e6);
  });

  it('is nearer to log ∫ exp(step·ℓ)·p than the mean over p alone', async () => {
    // p = N(0, 1) and ℓ = 2z: the other one is N(2, 1), and the integral exp(2).
    let [bridged, forward] = [0, 0];
    for (let seed = 0; seed < 50; seed++) {
      const random = randomSource(seed);
      const below = Float64Array.from({ length: 100 }, () => 2 * random.normal());
      const above = Float64Array.from({ length: 100 }, () => 2 * (2 + random.normal()));
      bridged += ((await bridge(below, above, 1, turn)) - 2) ** 2 / 50;
      forward += (Math.log(below.reduce((sum, x) => sum + Math.exp(x) / 100, 0)) - 2) ** 2 / 50;
    }
    expect(Math.sqrt(bridged)).toBeLessThan(0.25);
    expect(Math.sqrt(forward)).toBeGreaterThan(1.5 * Math.sqrt(bridged));
  });

  it('asks for turns', async () => {
    let asked = 0;
    const many = new Float64Array(100_000);
    await bridge(many, many, 1, async () => {
      asked++;
    });
    expect(asked).toBeGreaterThanOrEqual(20);
  });
});

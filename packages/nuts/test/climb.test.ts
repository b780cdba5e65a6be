import { type DifferentiableLogDensity, logDensity, type SamplingAlgorithm, sample, type Vector } from '@subspace/core';
import { hmc, mala, nuts } from '@subspace/nuts';
import { describe, expect, it } from 'vitest';
import { climbed } from '../src/climb.ts';
import type { Place } from '../src/leapfrog.ts';

/** N(0, I) below a cliff: log densities fall from z₀ + z₁ = 2 on as those of time series do whose recursion explodes, down to −10²⁶⁰ at (4, 4). */
const cliff = logDensity(2, ([x, y]) => {
  const steep = Math.exp(100 * (x + y - 2));
  return {
    value: -0.5 * (x ** 2 + y ** 2) - steep,
    gradient: Float64Array.of(-x - 100 * steep, -y - 100 * steep),
  };
});

function climb(target: DifferentiableLogDensity, start: Vector): { readonly place: Place; readonly asked: number } {
  const at = (position: Vector) => (target.valuesAndGradients([position]) as readonly Omit<Place, 'position'>[])[0];
  const climbing = climbed({ position: start, ...at(start) });
  let asked = 0;
  let next = climbing.next();
  for (; !next.done; asked++) next = climbing.next(at(next.value));
  return { place: next.value, asked };
}

describe('a start that is far out', () => {
  it('is led uphill to where a chain can go on, in few evaluations', () => {
    for (const start of [Float64Array.of(4, 4), Float64Array.of(1.5, 1.5), Float64Array.of(-1, 7)]) {
      expect(cliff.values([start])).toSatisfy(([value]) => value < -1e40);
      const { place, asked } = climb(cliff, start);
      expect(place.value).toBeGreaterThan(-1e10);
      expect(climb(cliff, place.position)).toEqual({ place, asked: 0 });
      expect(asked).toBeLessThan(20);
    }
  });

  it('is led there whatever the scale', () => {
    for (const scale of [1e-60, 1e60]) {
      const quadratic = logDensity(1, ([x]) => ({
        value: -0.5 * (x / scale) ** 2,
        gradient: Float64Array.of(-x / scale / scale),
      }));
      const { place } = climb(quadratic, Float64Array.of(1e12 * scale));
      expect(Math.abs(place.position[0] / scale)).toBeLessThan(2e5);
    }
  });

  it('stays where it is if it is not far out, and where a constant is all that is so low', () => {
    const start = Float64Array.of(1.05, 1.05);
    expect(climb(cliff, start)).toMatchObject({ place: { position: start }, asked: 0 });
    const lowered = logDensity(1, ([x]) => ({ value: -1e20 - 1e18 * x ** 2, gradient: Float64Array.of(-2e18 * x) }));
    expect(climb(lowered, Float64Array.of(3)).asked).toBeLessThan(10);
  });

  it('gives up, and stays, where nothing is higher', () => {
    const flat = logDensity(2, () => ({ value: -1e11, gradient: Float64Array.of(1, 0) }));
    const { place, asked } = climb(flat, Float64Array.of(1, 2));
    expect([...place.position]).toEqual([1, 2]);
    expect(asked).toBeLessThan(60);
    const still = logDensity(2, () => ({ value: -1e11, gradient: new Float64Array(2) }));
    expect([...climb(still, Float64Array.of(1, 2)).place.position]).toEqual([1, 2]);
  });
});

describe.each<[string, SamplingAlgorithm<unknown, unknown>]>([
  ['nuts', nuts(cliff)],
  ['nuts, dense', nuts(cliff, { massMatrix: 'dense' })],
  ['hmc', hmc(cliff, { stepSize: 0.1, steps: [5, 15], massMatrix: 'diagonal' })],
  ['mala', mala(cliff)],
])('%s', (_name, algorithm) => {
  it('is right from starts below a cliff of 10¹⁶ to 10²⁶⁰ nats, beside chains that start well', async () => {
    const initial = [
      [4, 4],
      [0, 0],
      [1.2, 1.2],
      [-1, 7],
    ].map((start) => Float64Array.from(start));
    const draws = await sample(algorithm, { draws: 1000, warmup: 500, seed: 1, initial });
    for (const chain of draws.positions) {
      const mean = chain.reduce((sum, [x]) => sum + x, 0) / chain.length;
      // The standard normal loses its part beyond the cliff, a tenth.
      expect(Math.abs(mean + 0.1)).toBeLessThan(0.3);
    }
  });
});

describe('the search for a step size', () => {
  it('goes as far as numbers do: targets of any width', async () => {
    for (const scale of [1e-100, 1e-50, 1e50, 1e100]) {
      const target = logDensity(1, ([x]) => ({
        value: -0.5 * (x / scale) ** 2,
        gradient: Float64Array.of(-x / scale / scale),
      }));
      const initial = [Float64Array.of(scale)];
      const draws = await sample(nuts(target), { draws: 50, warmup: 0, chains: 1, seed: 1, initial });
      const size = Math.sqrt(draws.positions[0].reduce((sum, [x]) => sum + (x / scale) ** 2, 0) / 50);
      expect(size).toBeGreaterThan(0.5);
      expect(size).toBeLessThan(2);
    }
  });
});

describe('mala', () => {
  it('rejects what goes far too low as any proposal: no divergence', async () => {
    const draws = await sample(mala(cliff, { stepSize: 1.5 }), {
      draws: 500,
      warmup: 0,
      chains: 1,
      seed: 1,
      initial: [Float64Array.of(0, 0)],
    });
    const [infos] = draws.infos;
    expect(draws.divergent.flat()).toEqual([]);
    const overshot = infos.filter((info) => info.overshot === 1);
    expect(overshot.length).toBeGreaterThan(5);
    expect(overshot.every(({ accepted }) => !accepted)).toBe(true);
    expect(draws.totals[0].overshot).toBe(overshot.length);
  });
});

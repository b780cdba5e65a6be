import { choosePriorStd, chooseTemperature, randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';

const random = randomSource('data of the selection tests');
/** Coordinates zᵢ ~ N(0, σ²), each observed once with noise 0.1: the best σ² is the mean square less 0.01. */
const observed = Array.from({ length: 12 }, () => 0.7 * random.normal() + 0.1 * random.normal());
const evidence = (sigma: number) => observed.reduce((sum, y) => sum + logNormal(y, 0, sigma ** 2 + 0.01), 0);
const best = Math.sqrt(meanOf(observed.map((y) => y * y)) - 0.01);

describe('choosePriorStd', () => {
  it('finds the largest evidence, and its height', async () => {
    const { priorStd, logEvidence, edge } = await choosePriorStd(evidence);
    expect(Math.abs(Math.log(priorStd / best))).toBeLessThan(0.005);
    // A parabola over a fifth of log σ.
    expect(logEvidence).toBeCloseTo(evidence(best), 2);
    expect(edge).toBeUndefined();
  });

  it('finds it anywhere in the range, whatever the unit', async () => {
    for (const unit of [1e-6, 0.03, 0.5, 4, 1e5]) {
      const { priorStd } = await choosePriorStd((sigma) => evidence(sigma / unit) - 1e6, {
        from: unit * 1e-2,
        to: unit * 1e2,
      });
      expect(Math.abs(Math.log(priorStd / (unit * best)))).toBeLessThan(0.005);
    }
  });

  it('returns every evaluation, in order, with its standard error', async () => {
    const { curve } = await choosePriorStd((sigma) => ({ value: evidence(sigma), standardError: 0.1 }), {
      points: 7,
      rounds: 2,
    });
    expect(curve.length).toBe(7 + 2 * 4);
    expect(curve.map(({ priorStd }) => priorStd)).toEqual(curve.map(({ priorStd }) => priorStd).sort((a, b) => a - b));
    expect([curve[0].priorStd, curve[14].priorStd]).toEqual([0.01, 100]);
    for (const one of curve)
      expect(one).toEqual({ priorStd: one.priorStd, logEvidence: evidence(one.priorStd), standardError: 0.1 });
  });

  it('averages noise instead of following it: little evidence is lost', async () => {
    for (const noise of [0.1, 0.5]) {
      const losses = [];
      for (let seed = 0; seed < 40; seed++) {
        const stream = randomSource(seed);
        const { priorStd } = await choosePriorStd((sigma) => evidence(sigma) + noise * stream.normal());
        losses.push(evidence(best) - evidence(priorStd));
      }
      // The largest of 25 noisy values would lose more than a standard deviation of the noise now and then, and half of one on average.
      expect(meanOf(losses)).toBeLessThan(noise / 3);
      expect(Math.max(...losses)).toBeLessThan(2 * noise);
    }
  });

  it('weighs evaluations by their standard errors', async () => {
    const stream = randomSource('unequal');
    const losses: number[][] = [[], []];
    for (let i = 0; i < 40; i++) {
      const noisy = () => {
        const standardError = stream.uniform() < 0.5 ? 0.05 : 2;
        return { standardError, noise: standardError * stream.normal() };
      };
      const told = await choosePriorStd((sigma) => {
        const { standardError, noise } = noisy();
        return { value: evidence(sigma) + noise, standardError };
      });
      const untold = await choosePriorStd((sigma) => evidence(sigma) + noisy().noise);
      losses[0].push(evidence(best) - evidence(told.priorStd));
      losses[1].push(evidence(best) - evidence(untold.priorStd));
    }
    expect(meanOf(losses[0])).toBeLessThan(meanOf(losses[1]));
  });

  it('says at which end of the range the best is, if it is', async () => {
    expect(await choosePriorStd((sigma) => Math.log(sigma))).toMatchObject({ priorStd: 100, edge: 'to' });
    expect(await choosePriorStd((sigma) => -sigma, { from: 0.5, to: 5 })).toMatchObject({
      priorStd: 0.5,
      edge: 'from',
    });
  });

  it('leaves out what is NaN or −∞', async () => {
    const { priorStd } = await choosePriorStd((sigma) =>
      sigma < best / 2 ? Number.NaN : sigma > 10 ? -Infinity : evidence(sigma),
    );
    expect(Math.abs(Math.log(priorStd / best))).toBeLessThan(0.01);
  });

  it('reports each evaluation, waits for promises, and can be cancelled with what it has', async () => {
    const signal = { aborted: false, reason: 'enough' };
    const seen: number[] = [];
    const run = choosePriorStd(async (sigma) => evidence(sigma), {
      signal,
      onProgress({ evaluated, of, scale, value }) {
        expect(of).toBe(25);
        expect(value).toBe(evidence(scale));
        seen.push(evaluated);
        signal.aborted = evaluated === 11;
      },
    });
    const error = await run.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ABORTED', message: 'choosePriorStd: cancelled', cause: 'enough' });
    expect(error.curve.length).toBe(11);
    expect(error.curve[0]).toEqual({ priorStd: 0.01, logEvidence: evidence(0.01) });
    expect(seen).toEqual(Array.from({ length: 11 }, (_, i) => i + 1));
  });

  it('rejects what makes no sense', async () => {
    for (const [options, message] of [
      [{ from: 0 }, 'from is 0'],
      [{ from: 2, to: 1 }, 'from is 2 and to is 1, expected from to be less'],
      [{ points: 2 }, 'points is 2, expected an integer of at least 3'],
      [{ rounds: -1 }, 'rounds is -1'],
      [{ round: 1 }, 'option round is unknown'],
    ] as const) {
      await expect(choosePriorStd(evidence, options as never)).rejects.toThrow(`choosePriorStd: ${message}`);
    }
    await expect(choosePriorStd(3 as never)).rejects.toThrow(
      'choosePriorStd: logEvidence is number, expected a function',
    );
    await expect(choosePriorStd(() => Infinity)).rejects.toThrow(
      'what was returned at priorStd 0.01 is Infinity, expected a number below',
    );
    await expect(choosePriorStd(() => undefined as never)).rejects.toThrow(
      'what was returned at priorStd 0.01 is undefined',
    );
    await expect(choosePriorStd(() => ({ value: 1, standardError: -1 }))).rejects.toThrow(
      'standardError at priorStd 0.01 is -1',
    );
    await expect(choosePriorStd(() => Number.NaN)).rejects.toThrow(
      'what was returned is not finite for any priorStd from 0.01 to 100',
    );
  });
});

describe('chooseTemperature', () => {
  // y ~ N(z, 2²) taken for N(z, 1), and a flat prior: without point i, z is N(ȳ₋ᵢ, T/(n − 1)) and yᵢ is N(ȳ₋ᵢ, 1 + T/(n − 1)).
  const y = Array.from({ length: 25 }, () => 2 * random.normal());
  const n = y.length;
  const centre = meanOf(y);
  const without = y.map((value) => (n * centre - value) / (n - 1));
  const exact = (temperature: number) =>
    y.reduce((sum, value, i) => sum + logNormal(value, without[i], 1 + temperature / (n - 1)), 0);
  const bestTemperature = (n - 1) * (meanOf(y.map((value, i) => (value - without[i]) ** 2)) - 1);

  it('finds the best score', async () => {
    const { temperature, score, edge } = await chooseTemperature(exact);
    expect(Math.abs(Math.log(temperature / bestTemperature))).toBeLessThan(0.005);
    expect(score).toBeCloseTo(exact(bestTemperature), 3);
    expect(edge).toBeUndefined();
  });

  it('rejects what makes no sense, in its own name', async () => {
    await expect(chooseTemperature(exact, { to: -1 })).rejects.toThrow('chooseTemperature: to is -1');
    await expect(chooseTemperature(undefined as never)).rejects.toThrow('chooseTemperature: score is undefined');
    await expect(chooseTemperature(() => Number.NaN)).rejects.toThrow(
      'not finite for any temperature from 0.1 to 1000',
    );
  });
});

function logNormal(x: number, mean: number, variance: number): number {
  return -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

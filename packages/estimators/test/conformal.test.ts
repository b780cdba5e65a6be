import { randomSource } from '@subspace/core';
import {
  type ClassificationModel,
  conformalClassifier,
  conformalRegressor,
  type RegressionModel,
  subspaceRegressor,
} from '@subspace/estimators';
import { describe, expect, it } from 'vitest';
import { parts, quick, sine } from './quick-parts.ts';

/** A model that is wrong about the mean and, by a factor, about the noise: y ~ N(x, (1 + x²)²) in truth. */
const wrong = (factor: number, samples: boolean): RegressionModel => ({
  fit: () => undefined,
  predict(rows) {
    const x = Float64Array.from(rows as number[]);
    const mean = x.map((value) => 0.8 * value + 0.3);
    const variance = x.map((value) => (factor * (1 + Math.abs(value))) ** 2);
    const random = randomSource('samples');
    const drawn = Array.from({ length: 40 }, () => mean.map((m, i) => m + Math.sqrt(variance[i]) * random.normal()));
    return { mean, variance, ...(samples && { samples: drawn }) };
  },
});

const REPETITIONS = 150;

/** Coverage over many repetitions: mean, and its standard error. */
async function coverages(repetition: (random: ReturnType<typeof randomSource>) => Promise<number>, seed: string) {
  const random = randomSource(seed);
  const values: number[] = [];
  for (let r = 0; r < REPETITIONS; r++) values.push(await repetition(random.fork(String(r))));
  const mean = values.reduce((sum, v) => sum + v, 0) / REPETITIONS;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (REPETITIONS - 1) / REPETITIONS) };
}

describe('conformalRegressor', () => {
  const cases = (['normalized', 'quantile'] as const).flatMap((method) =>
    [0.1, 1, 10].flatMap((factor) => [0.5, 0.9].map((coverage) => [method, factor, coverage] as const)),
  );

  it.each(cases)(
    '%s: of noise taken for %d times what it is, intervals of %d cover that much',
    async (method, factor, coverage) => {
      const n = 39;
      const { mean, error } = await coverages(async (random) => {
        const draw = (count: number) => {
          const x = Array.from({ length: count }, random.normal);
          return { x, y: x.map((value) => value + (1 + value * value) * random.normal()) };
        };
        const calibrated = conformalRegressor(wrong(factor, factor === 10), { method });
        const [seen, test] = [draw(n), draw(20)];
        await calibrated.conformalize(seen.x, seen.y);
        const { lower, upper } = await calibrated.predictInterval(test.x, { coverage });
        return test.y.filter((y, i) => lower[i] <= y && y <= upper[i]).length / 20;
      }, `${method}, ${factor}, ${coverage}`);
      expect(mean).toBeGreaterThan(coverage - 4 * error);
      expect(mean).toBeLessThan(coverage + 1 / (n + 1) + 4 * error);
    },
  );

  it('takes the ⌈(n + 1)·coverage⌉-th smallest score, and says by ∞ that there are too few', async () => {
    const model: RegressionModel = {
      fit: () => undefined,
      predict: (rows) => ({
        mean: new Float64Array((rows as number[]).length),
        variance: new Float64Array((rows as number[]).length).fill(4),
      }),
    };
    const calibrated = conformalRegressor(model);
    await calibrated.conformalize([0, 0, 0, 0], [1, -2, 3, -4]);
    expect((await calibrated.predictInterval([0], { coverage: 0.6 })).upper[0]).toBe(3);
    expect((await calibrated.predictInterval([0], { coverage: 1e-12 })).upper[0]).toBe(1);
    expect((await calibrated.predictInterval([0], { coverage: 0.8 })).lower[0]).toBe(-4);
    expect((await calibrated.predictInterval([0], { coverage: 0.81 })).upper[0]).toBe(Infinity);
  });

  it('calibrates each of several targets by itself', async () => {
    const model: RegressionModel = {
      fit: () => undefined,
      predict: (rows) => {
        const size = 2 * (rows as number[]).length;
        return { mean: new Float64Array(size), variance: new Float64Array(size).fill(1) };
      },
    };
    const calibrated = conformalRegressor(model);
    await calibrated.conformalize(
      [0, 0, 0],
      [
        [1, 100],
        [2, 200],
        [3, 300],
      ],
    );
    expect([...(await calibrated.predictInterval([0], { coverage: 0.5 })).upper]).toEqual([2, 200]);
  });

  it('makes an underconfident model’s intervals narrower', async () => {
    const { x, y } = sine(200, 5);
    const model: RegressionModel = {
      fit: () => undefined,
      predict: (rows) => ({
        mean: Float64Array.from(rows as number[], (value) => 1000 + 100 * Math.sin(value)),
        variance: new Float64Array((rows as number[]).length).fill(1e6),
      }),
    };
    const calibrated = conformalRegressor(model);
    await calibrated.conformalize(x, y);
    const { lower, upper } = await calibrated.predictInterval([0]);
    expect(upper[0] - lower[0]).toBeLessThan(80);
  });

  it('is fitted as its model is, with all that its fit takes', async () => {
    const { x, y } = sine(60, 1);
    const calibrated = conformalRegressor(subspaceRegressor({ ...parts, ...quick, temperature: 10 }), {
      method: 'quantile',
    });
    const { epochs } = await calibrated.fit(x, y, { seed: 1 });
    expect(epochs).toBeGreaterThan(0);
    const more = sine(60, 2);
    await calibrated.conformalize(more.x, more.y);
    const { lower, upper } = await calibrated.predictInterval(x, { coverage: 0.5 });
    expect(lower.every((low, i) => low <= upper[i])).toBe(true);
  });

  it('rejects what makes no sense', async () => {
    const model = wrong(1, false);
    expect(() => conformalRegressor(model, { method: 'cqr' as never })).toThrow('method is "cqr", expected');
    const calibrated = conformalRegressor(model);
    await expect(calibrated.predictInterval([1])).rejects.toThrow('nothing was conformalized');
    await expect(calibrated.conformalize([1, 2], [1])).rejects.toThrow('targets has length 1, expected 2');
    await calibrated.conformalize([1, 2], [1, 2]);
    await expect(calibrated.predictInterval([1], { coverage: 1 })).rejects.toThrow('coverage is 1');
    const flat: RegressionModel = {
      ...model,
      predict: () => ({ mean: Float64Array.of(0), variance: Float64Array.of(0) }),
    };
    const careless = conformalRegressor(flat);
    await careless.conformalize([1], [1]);
    await expect(careless.predictInterval([1])).rejects.toThrow("the model's variance[0] is 0");
    const sometimes = conformalRegressor({ ...model, predict: (rows) => ({ mean: [0], variance: rows as number[] }) });
    await sometimes.conformalize([1], [1]);
    await expect(sometimes.predictInterval([0])).rejects.toThrow("the model's variance[0] is 0");
  });
});

/** Four classes, whose probabilities are right but for a power. */
const sharpened = (power: number): ClassificationModel => ({
  labels: ['a', 'b', 'c', 'd'],
  fit: () => undefined,
  predict: (rows) => ({
    classes: 4,
    probabilities: Float64Array.from((rows as number[]).flatMap((x) => normalised(truth(x).map((p) => p ** power)))),
  }),
});
const truth = (x: number) => normalised([1, 2, 3, 4].map((k) => Math.exp(Math.sin(k * x))));
function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value / sum);
}

describe('conformalClassifier', () => {
  const cases = (['aps', 'raps'] as const).flatMap((method) =>
    [0.3, 1, 5].flatMap((power) => [0.7, 0.9].map((coverage) => [method, power, coverage] as const)),
  );

  it.each(cases)(
    '%s: of probabilities to the power %d, sets of %d cover that much',
    async (method, power, coverage) => {
      const n = 49;
      const { mean, error } = await coverages(async (random) => {
        const draw = (count: number) => {
          const x = Array.from({ length: count }, () => 10 * random.uniform());
          return { x, y: x.map((value) => pick(truth(value), random.uniform())) };
        };
        const calibrated = conformalClassifier(sharpened(power), {
          method,
          freeRanks: 1,
          seed: String(random.uniform()),
        });
        const [seen, test] = [draw(n), draw(20)];
        await calibrated.conformalize(seen.x, seen.y);
        const sets = await calibrated.predictSet(test.x, { coverage });
        return sets.filter((set, i) => set.includes(test.y[i])).length / 20;
      }, `${method}, ${power}, ${coverage}`);
      expect(mean).toBeGreaterThan(coverage - 4 * error);
      // Sets are never empty, which the most probable class's share may add to.
      expect(mean).toBeLessThan(coverage + 0.1);
    },
  );

  it.each(['aps', 'raps'] as const)(
    '%s: covers as much where rows are asked one by one, with the sets of all at once',
    async (method) => {
      const random = randomSource('one by one');
      const draw = (count: number) => {
        const x = Array.from({ length: count }, () => 10 * random.uniform());
        return { x, y: x.map((value) => pick(truth(value), random.uniform())) };
      };
      const [seen, test] = [draw(1000), draw(1000)];
      for (const seed of [0, 1]) {
        const calibrated = conformalClassifier(sharpened(1), { method, seed });
        await calibrated.conformalize(seen.x, seen.y);
        const sets: (readonly unknown[])[] = [];
        for (const x of test.x) sets.push(...(await calibrated.predictSet([x], { coverage: 0.7 })));
        expect(await calibrated.predictSet(test.x, { coverage: 0.7 })).toEqual(sets);
        const share = sets.filter((set, i) => set.includes(test.y[i])).length / 1000;
        // Of the rows seen and of those asked.
        expect(Math.abs(share - 0.7)).toBeLessThan(4 * Math.sqrt((2 * 0.7 * 0.3) / 1000) + 1e-3);
      }
    },
  );

  it('has sets of one size under a large penalty, give or take one class; and never an empty one', async () => {
    const random = randomSource(1);
    const x = Array.from({ length: 400 }, () => 10 * random.uniform());
    const y = x.map((value) => pick(truth(value), random.uniform()));
    const sizes = async (penalty: number) => {
      const calibrated = conformalClassifier(sharpened(3), { method: 'raps', penalty, freeRanks: 1 });
      await calibrated.conformalize(x, y);
      const lengths = (await calibrated.predictSet(x, { coverage: 0.8 })).map((set) => set.length);
      return { least: Math.min(...lengths), most: Math.max(...lengths) };
    };
    const [free, penalised] = [await sizes(0), await sizes(10)];
    expect(free.least).toBe(1);
    expect(free.most).toBeGreaterThan(2);
    expect(penalised.most - penalised.least).toBeLessThanOrEqual(1);
  });

  it('rejects what makes no sense', async () => {
    expect(() => conformalClassifier(sharpened(1), { method: 'lac' as never })).toThrow('method is "lac"');
    const calibrated = conformalClassifier(sharpened(1));
    await expect(calibrated.predictSet([1])).rejects.toThrow('nothing was conformalized');
    await expect(calibrated.conformalize([1], ['e'])).rejects.toThrow(
      'targets[0] is "e", expected one of the classes "a", "b", "c", "d"',
    );
    await expect(calibrated.conformalize([1, 2], ['a'])).rejects.toThrow('targets have length 1, expected 2');
  });
});

function pick(probabilities: readonly number[], uniform: number): string {
  let left = uniform;
  const at = probabilities.findIndex((p) => {
    left -= p;
    return left < 0;
  });
  return ['a', 'b', 'c', 'd'][at < 0 ? 3 : at];
}

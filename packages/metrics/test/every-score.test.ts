import { runInNewContext } from 'node:vm';
import * as metrics from '@subspace/metrics';
import { describe, expect, it } from 'vitest';

/** Lists of numbers that go into a score, by name. */
type Lists = Record<string, ArrayLike<number>>;

interface Case {
  readonly lists: Record<string, readonly number[]>;
  readonly score: (lists: Lists) => unknown;
  /** What a list that isn't finite comes to: `'score'` (the default), its `'row'`, or an `'error'`. */
  readonly broken?: 'score' | 'row' | 'error';
  /** Lists in which an infinity has a meaning: what can be ranked, and bounds of intervals. */
  readonly ordered?: readonly string[];
}

const probabilities = [0.75, 0.25, 0.375, 0.625, 0.125, 0.875];
const labels = [0, 1, 0];
const targets = [0.5, -1, 2];
const mean = [0.2, -0.4, 1.5];
const variance = [1, 0.5, 2];
const pit = [0.125, 0.625, 0.875];
const bounds = { lower: [-1, -2, 1], upper: [1, 0, 3] };

const ofProbabilities = (score: (prediction: metrics.Probabilities, labels: ArrayLike<number>) => unknown): Case => ({
  lists: { probabilities, labels },
  score: ({ probabilities, labels }) => score({ classes: 2, probabilities }, labels),
});
const ofGaussians = (
  score: (prediction: metrics.GaussianPrediction, targets: ArrayLike<number>) => unknown,
  broken?: 'row',
): Case => ({
  lists: { mean, variance, targets },
  score: ({ mean, variance, targets }) => score({ mean, variance }, targets),
  broken,
});
const ofMeans = (score: typeof metrics.rmse): Case => ({
  lists: { mean, targets },
  score: ({ mean, targets }) => score({ mean }, targets),
});
const ofMembers = (
  score: (prediction: metrics.MixturePrediction, targets: ArrayLike<number>) => unknown,
  broken?: 'row',
): Case => ({
  lists: { first: mean, second: targets, firstVariance: variance, secondVariance: variance, targets },
  score: ({ first, second, firstVariance, secondVariance, targets }) =>
    score({ members: { means: [first, second], variances: [firstVariance, secondVariance] } }, targets),
  broken,
});
const ofIntervals = (score: (prediction: metrics.Interval, targets: ArrayLike<number>) => unknown): Case => ({
  lists: { ...bounds, targets },
  score: ({ lower, upper, targets }) => score({ lower, upper }, targets),
  ordered: ['lower', 'upper'],
});
const ofRanks = (score: (scores: ArrayLike<number>, positive: ArrayLike<number>) => unknown): Case => ({
  lists: { scores: targets, positive: [1, 0, 1] },
  score: ({ scores, positive }) => score(scores, positive),
  ordered: ['scores'],
});

const CASES: Record<keyof typeof metrics, Case> = {
  accuracy: ofProbabilities(metrics.accuracy),
  adaptiveCalibrationError: ofProbabilities(metrics.adaptiveCalibrationError),
  aupr: ofRanks(metrics.aupr),
  auroc: ofRanks(metrics.auroc),
  brierDecomposition: ofProbabilities(metrics.brierDecomposition),
  brierScore: ofProbabilities(metrics.brierScore),
  calibrationCurve: ofProbabilities((prediction, labels) => {
    const { confidence, accuracy } = metrics.calibrationCurve(prediction, labels);
    return { confidence, accuracy };
  }),
  categoricalNll: ofProbabilities(metrics.categoricalNll),
  classwiseCalibrationError: ofProbabilities(metrics.classwiseCalibrationError),
  crpsEnsemble: {
    lists: { first: mean, second: variance, targets },
    score: ({ first, second, targets }) => metrics.crpsEnsemble([first, second], targets),
  },
  crpsGaussian: ofGaussians(metrics.crpsGaussian),
  crpsMixture: ofMembers(metrics.crpsMixture),
  decomposeUncertainty: {
    lists: { probabilities, other: [0.5, 0.5, 0.2, 0.8, 1, 0] },
    score: ({ probabilities, other }) => metrics.decomposeUncertainty({ classes: 2, members: [probabilities, other] }),
    broken: 'row',
  },
  ensembleInterval: {
    lists: { first: mean, second: variance, third: targets },
    score: ({ first, second, third }) => metrics.ensembleInterval([first, second, third]),
    broken: 'row',
    ordered: ['first', 'second', 'third'],
  },
  expectedCalibrationError: ofProbabilities(metrics.expectedCalibrationError),
  fprAtTpr: ofRanks(metrics.fprAtTpr),
  gaussianNll: ofGaussians(metrics.gaussianNll),
  gaussianPit: ofGaussians(metrics.gaussianPit, 'row'),
  gaussianQuantile: {
    lists: { mean, variance },
    score: ({ mean, variance }) => metrics.gaussianQuantile({ mean, variance }, 0.9),
    broken: 'row',
    ordered: ['mean', 'variance'],
  },
  intervalCoverage: ofIntervals(metrics.intervalCoverage),
  intervalScore: ofIntervals(metrics.intervalScore),
  intervalWidth: {
    lists: bounds,
    score: ({ lower, upper }) => metrics.intervalWidth({ lower, upper }),
    ordered: ['lower', 'upper'],
  },
  mae: ofMeans(metrics.mae),
  maximumCalibrationError: ofProbabilities(metrics.maximumCalibrationError),
  mixtureNll: ofMembers(metrics.mixtureNll),
  mixturePit: ofMembers(metrics.mixturePit, 'row'),
  pinballLoss: {
    lists: { quantiles: mean, targets },
    score: ({ quantiles, targets }) => metrics.pinballLoss(quantiles, targets, 0.3),
  },
  predictiveEntropy: {
    lists: { probabilities },
    score: ({ probabilities }) => metrics.predictiveEntropy({ classes: 2, probabilities }),
    broken: 'row',
  },
  quantileCalibration: {
    lists: { pit },
    score: ({ pit }) => {
      const { levels: _levels, ...scores } = metrics.quantileCalibration(pit);
      return scores;
    },
  },
  r2: ofMeans(metrics.r2),
  riskCoverage: {
    lists: { confidence: mean, losses: [0, 1, 0] },
    score: ({ confidence, losses }) => metrics.riskCoverage(confidence, losses),
    ordered: ['confidence', 'losses'],
  },
  rmse: ofMeans(metrics.rmse),
  rootMeanSquareCalibrationError: ofProbabilities(metrics.rootMeanSquareCalibrationError),
  scaleTemperature: {
    lists: { logits: [3, -1, 0, 2, 5, 5] },
    score: ({ logits }) => metrics.scaleTemperature({ classes: 2, logits }, 2).probabilities,
    broken: 'error',
  },
  sharpness: { lists: { variance }, score: ({ variance }) => metrics.sharpness({ variance }) },
  temperatureScaling: {
    lists: { logits: [3, -1, 0, 2, 5, 4], labels },
    score: ({ logits, labels }) => metrics.temperatureScaling({ classes: 2, logits }, labels),
    broken: 'error',
  },
};

/** Every number of a score. */
function numbersOf(score: unknown): number[] {
  if (typeof score === 'number') return [score];
  return ArrayBuffer.isView(score)
    ? Array.from(score as Float64Array)
    : Object.values(score as object).flatMap(numbersOf);
}

/** What a score says of each row. */
function byRow(score: unknown, rows: number): number[][] {
  const lists = ArrayBuffer.isView(score) ? [score] : Object.values(score as object);
  return Array.from({ length: rows }, (_, row) => lists.map((list) => (list as Float64Array)[row]));
}

/** Labels and the like: what names one of a few things. */
const NAMES = ['labels', 'positive'];
const Foreign: typeof Float64Array = runInNewContext('Float64Array');
const PROBABILITIES = ['probabilities', 'other'];
const cases = Object.entries(CASES);
const withList = cases.flatMap(([name, one]) => Object.keys(one.lists).map((list) => [name, list, one] as const));
const changed = ({ lists }: Case, list: string, values: ArrayLike<number>): Lists => ({ ...lists, [list]: values });
const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

describe('what scores are given', () => {
  it('every function of the package is looked at', () => {
    expect(Object.keys(CASES).sort()).toEqual(Object.keys(metrics).sort());
    for (const [name, { lists, score }] of cases)
      expect(numbersOf(score(lists)).every(Number.isFinite), name).toBe(true);
  });

  it.each(withList)(
    '%s: NaN and infinities among %s',
    (_, list, { lists, score, broken = 'score', ordered = [], ...one }) => {
      for (const value of [Number.NaN, Infinity, -Infinity]) {
        const values = [...lists[list].slice(0, -1), value];
        const given = changed({ lists, score, ...one }, list, values);
        if (
          NAMES.includes(list) ||
          broken === 'error' ||
          (list.toLowerCase().includes('variance') && value === -Infinity)
        ) {
          expect(() => score(given)).toThrow(refused);
        } else if (ordered.includes(list) && !Number.isNaN(value)) {
          expect(numbersOf(score(given)).length).toBeGreaterThan(0);
        } else if (broken === 'row') {
          const rows = lists[Object.keys(lists)[0]].length / (PROBABILITIES.includes(list) ? 2 : 1);
          const [before, after] = [byRow(score(lists), rows), byRow(score(given), rows)];
          expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
          expect(after[rows - 1].every(Number.isNaN)).toBe(true);
        } else {
          expect(numbersOf(score(given)).every(Number.isNaN)).toBe(true);
        }
      }
    },
  );

  it.each(withList)('%s: an empty list, one of another length, and what is no list, for %s', (name, list, one) => {
    const values = one.lists[list];
    const onlyList = Object.keys(one.lists).length === 1;
    // A function of rows has none to tell of, but a score has no mean.
    const mayBeEmpty = onlyList && ['predictiveEntropy', 'scaleTemperature'].includes(name);
    if (!mayBeEmpty) expect(() => one.score(changed(one, list, []))).toThrow(refused);
    if (!onlyList || ['predictiveEntropy', 'scaleTemperature'].includes(name)) {
      expect(() => one.score(changed(one, list, values.slice(0, -1)))).toThrow(refused);
    }
    for (const wrong of [undefined, null, 1, 'abc', values.map(String), [values], BigInt64Array.of(0n, 1n, 1n)]) {
      expect(() => one.score(changed(one, list, wrong as never)), String(wrong)).toThrow(refused);
    }
  });

  it.each(withList)('%s: typed arrays of any kind for %s, from another realm too', (_, list, one) => {
    const isWhole = one.lists[list].every(Number.isInteger);
    const expected = numbersOf(one.score(one.lists));
    for (const kind of isWhole ? [Int32Array, Int8Array, Foreign] : [Float64Array, Float32Array, Foreign]) {
      const numbers = numbersOf(one.score(changed(one, list, kind.from(one.lists[list]))));
      numbers.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 5);
      });
    }
  });

  it.each(withList.filter(([, list]) => PROBABILITIES.includes(list)))('%s: logits given as %s', (_, list, one) => {
    expect(() => one.score(changed(one, list, [3, -1, 0, 2, 5, 5]))).toThrow(/logits\?/);
    expect(() => one.score(changed(one, list, [0.7, 0.3, 0.4, 0.4, 0.1, 0.9]))).toThrow(
      /row 1 of .* sums to 0.8, expected 1/,
    );
    expect(() => one.score(changed(one, list, [1 + 1e-5, 0, 0.4, 0.6, 1, 0]))).toThrow(refused);
    // What rounding leaves is taken for what was meant.
    const rounded = one.score(changed(one, list, [1 + 2 ** -23, -(2 ** -25), 0.4, 0.6, 1, 0]));
    expect(rounded).toEqual(one.score(changed(one, list, [1, 0, 0.4, 0.6, 1, 0])));
    // float16 and sums of many float32.
    expect(() => one.score(changed(one, list, [0.7, 0.3005, 0.4, 0.6, 1, 0]))).not.toThrow();
  });

  it.each(withList.filter(([, list]) => list === 'labels'))('%s: one-hot labels', (_, list, one) => {
    expect(() => one.score(changed(one, list, [1, 0, 0, 1, 1, 0]))).toThrow('one-hot? give class numbers');
    const nested = [
      [1, 0],
      [0, 1],
      [1, 0],
    ];
    expect(() => one.score(changed(one, list, nested as never))).toThrow('one-hot? give class numbers');
    for (const label of [2, -1, 0.5]) expect(() => one.score(changed(one, list, [0, 1, label]))).toThrow(refused);
  });

  it.each(withList.filter(([, list]) => list.toLowerCase().includes('variance')))(
    '%s: a log variance given as %s',
    (_, list, one) => {
      expect(() => one.score(changed(one, list, [1, -0.5, 2]))).toThrow(
        'is -0.5, expected at least 0: a log variance?',
      );
    },
  );

  it('the cases that were found', () => {
    expect(metrics.accuracy({ classes: 2, probabilities: [Number.NaN, Number.NaN] }, [1])).toBeNaN();
    expect(metrics.predictiveEntropy({ classes: 2, probabilities: [Number.NaN, Number.NaN] })[0]).toBeNaN();
    const rounded = { classes: 2, probabilities: [1 + 2 ** -23, 0] };
    expect(metrics.brierDecomposition(rounded, [0]).reliability).toBe(0);
    expect(() => metrics.expectedCalibrationError({ classes: 2, probabilities: [4, -4] }, [0])).toThrow(
      'probabilities[0] is 4, expected a number from 0 to 1: logits?',
    );
    expect(metrics.intervalCoverage({ mean: [Number.NaN], variance: [1] }, [0])).toBeNaN();
    // One-sided intervals hold what is on their side.
    expect(metrics.intervalCoverage({ lower: [-Infinity, 1], upper: [0, Infinity] }, [-9, 9])).toBe(1);
    expect(metrics.intervalWidth({ lower: [0], upper: [Infinity] })).toBe(Infinity);
    // A point forecast that is hit.
    expect(metrics.gaussianNll({ mean: [1], variance: [0] }, [1])).toBe(-Infinity);
    expect(metrics.gaussianPit({ mean: [1], variance: [0] }, [1])[0]).toBe(1);
  });

  it('a forecast on the edge of a bin is in the one below it', () => {
    for (const bins of [10, 15, 49, 100]) {
      const edges = Array.from({ length: bins - 1 }, (_, b) => (b + 1) / bins);
      const rows = edges.flatMap((edge) => [edge, 1 - edge]);
      const odd = edges.map((_, i) => i % 2);
      let expected = 0;
      for (const c of [0, 1]) {
        for (let b = 0; b < bins; b++) {
          const inside = edges.flatMap((_, i) => {
            const forecast = rows[2 * i + c];
            return forecast > b / bins && forecast <= (b + 1) / bins
              ? [{ forecast, happened: odd[i] === c ? 1 : 0 }]
              : [];
          });
          const gap = inside.reduce((sum, { forecast, happened }) => sum + forecast - happened, 0);
          if (inside.length > 0) expected += gap ** 2 / inside.length / edges.length;
        }
      }
      const { reliability } = metrics.brierDecomposition({ classes: 2, probabilities: rows }, odd, { bins });
      expect(reliability, `${bins} bins`).toBeCloseTo(expected, 12);
    }
  });
});

describe('what is no prediction at all', () => {
  const given: readonly (readonly unknown[])[] = [
    [],
    [null, null],
    [3, 3],
    [{}, []],
    [[3], [1]],
    [{ members: {} }, [1]],
    [{ classes: 2, members: 3 }],
    [{ classes: 2, probabilities: [0.5, 0.5] }, [0], null],
    [{ mean: [1], variance: [1] }, [0], null],
    [[0.5], null],
  ];
  it.each(Object.entries(metrics))('is a clear error of %s, which names it', (name, score) => {
    for (const args of given) {
      try {
        (score as (...args: readonly unknown[]) => unknown)(...args);
      } catch (error) {
        expect(error, JSON.stringify(args)).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.any(String) });
      }
    }
    expect(() => (score as () => unknown)()).toThrow(new RegExp(`^${name}: `));
  });
});

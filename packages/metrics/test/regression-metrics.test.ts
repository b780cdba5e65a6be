import {
  type Arrays,
  ensemble,
  heteroscedasticGaussianLikelihood,
  type Network,
  predictRegression,
  weightLayout,
} from '@subspace/core';
import { normalCdf, normalQuantile } from '@subspace/core/internals';
import {
  crpsEnsemble,
  crpsGaussian,
  crpsMixture,
  ensembleInterval,
  gaussianNll,
  gaussianPit,
  gaussianQuantile,
  intervalCoverage,
  intervalScore,
  intervalWidth,
  mae,
  mixtureNll,
  mixturePit,
  pinballLoss,
  quantileCalibration,
  r2,
  rmse,
  sharpness,
} from '@subspace/metrics';
import { describeGolden, formulaUniform, formulaValue } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describeGolden('metrics-regression.json', (golden) => {
  const g = golden?.case;
  if (!g) return;
  const { n, draws, y }: { n: number; draws: number; y: number[] } = g;
  const fill = (count: number, f: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => f(i));
  const x = fill(n, (i) => 6 * formulaUniform(i, 340) - 3);
  const truth = x.map((value) => Math.sin(2 * value) + 0.3 * value);
  const means = Array.from({ length: draws }, (_, d) =>
    fill(n, (i) => truth[i] + formulaValue(d, 341, 0.15) * x[i] + formulaValue(d * n + i, 342, 0.1)),
  );
  const variances = Array.from({ length: draws }, (_, d) =>
    fill(n, (i) => 0.02 + 0.1 * formulaUniform(d * n + i, 343)),
  );
  const prediction = { mean: g.mu as number[], variance: g.var as number[] };
  const mixture = { members: { means, variances } };
  const close = (value: number, expected: number) => expect(value).toBeCloseTo(expected, 12);

  it('is read as the reference has it, and nothing in it is left out', () => {
    for (let i = 0; i < n; i++) close(average(means.map((mean) => mean[i])), prediction.mean[i]);
    // Keys compared below; n, draws and the texts describe the case.
    expect(Object.keys(g).sort()).toEqual(
      [
        ...['n', 'draws', 'formula', 'y', 'mu', 'var', 'rmse', 'mae', 'r2', 'gaussianNll', 'mixtureNll'],
        ...['meanOfDrawNlls', 'unnormalisedGaussianNll', 'unnormalisedRmse', 'crps', 'intervals', 'intervalsAbout'],
        ...['quantileCalibration', 'sharpness', 'pinball', 'varianceDecomposition'],
      ].sort(),
    );
  });

  it('errors and log scores, in the units of the data too', () => {
    close(rmse(prediction, y), g.rmse);
    close(mae(prediction, y), g.mae);
    close(r2(prediction, y), g.r2);
    close(gaussianNll(prediction, y), g.gaussianNll);
    close(mixtureNll(mixture, y), g.mixtureNll);
    close(average(means.map((mean, d) => gaussianNll({ mean, variance: variances[d] }, y))), g.meanOfDrawNlls);
    const scale: number = g.unnormalisedRmse.targetStd;
    const inUnits = {
      mean: prediction.mean.map((mean) => scale * mean),
      variance: prediction.variance.map((variance) => scale ** 2 * variance),
    };
    const targets = y.map((value) => scale * value);
    close(gaussianNll(inUnits, targets), g.unnormalisedGaussianNll.value);
    close(rmse(inUnits, targets), g.unnormalisedRmse.value);
  });

  it('CRPS of Gaussians, of ensembles and of mixtures', () => {
    close(crpsGaussian(prediction, y), g.crps.gaussian);
    close(crpsEnsemble(means, y), g.crps.ensemble);
    close(crpsEnsemble(means, y, { fair: true }), g.crps.ensembleFair);
    close(crpsMixture(mixture, y), g.crps.mixture);
    for (let i = 0; i < 5; i++) {
      const at = (arrays: readonly ArrayLike<number>[]) => arrays.map((values) => [values[i]]);
      close(
        crpsGaussian({ mean: [prediction.mean[i]], variance: [prediction.variance[i]] }, [y[i]]),
        g.crps.first5.gaussian[i],
      );
      close(crpsEnsemble(at(means), [y[i]]), g.crps.first5.ensemble[i]);
      close(crpsEnsemble(at(means), [y[i]], { fair: true }), g.crps.first5.ensembleFair[i]);
      close(crpsMixture({ members: { means: at(means), variances: at(variances) } }, [y[i]]), g.crps.first5.mixture[i]);
    }
  });

  it('intervals: coverage, width and score', () => {
    const range = Math.max(...y) - Math.min(...y);
    for (const [level, expected] of Object.entries<Record<string, Record<string, number>>>(g.intervals)) {
      const probability = Number(level);
      const intervals = { gaussian: prediction, drawQuantiles: ensembleInterval(means, { probability }) };
      for (const [kind, interval] of Object.entries(intervals)) {
        close(intervalCoverage(interval, y, { probability }), expected[kind].coverage);
        close(intervalWidth(interval, { probability }), expected[kind].meanWidth);
        close(intervalWidth(interval, { probability }) / range, expected[kind].normalisedMeanWidth);
        close(intervalScore(interval, y, { probability }), expected[kind].intervalScore);
      }
    }
  });

  it('quantile calibration, sharpness and pinball loss', () => {
    const expected = g.quantileCalibration;
    const pit = gaussianPit(prediction, y);
    const result = quantileCalibration(pit);
    expected.levels.forEach((level: number, j: number) => {
      close(result.levels[j], level);
      close(result.observed[j], expected.observed[j]);
    });
    close(result.rootMeanSquareError ** 2 * 19, expected.kuleshov);
    close(result.rootMeanSquareError, expected.rms);
    close(result.meanAbsoluteError, expected.meanAbsolute);
    const levels = Float64Array.from({ length: 100 }, (_, i) => i / 99);
    const quantiles = quantileCalibration(pit, { levels });
    close(quantiles.rootMeanSquareError, expected.quantileRms100);
    close(quantiles.meanAbsoluteError, expected.quantileMeanAbsolute100);
    const intervals = quantileCalibration(pit, { levels, kind: 'interval' });
    close(intervals.rootMeanSquareError, expected.intervalRms100);
    close(intervals.meanAbsoluteError, expected.intervalMeanAbsolute100);
    close(sharpness(prediction), g.sharpness.rootMeanVariance);
    // There is no function for the mean of standard deviations, sharpness.meanStd: it is read off an interval's width.
    close(intervalWidth(prediction, { probability: 0.5 }) / (2 * normalQuantile(0.75)), g.sharpness.meanStd);
    for (const [p, loss] of Object.entries<number>(g.pinball)) {
      close(pinballLoss(gaussianQuantile(prediction, Number(p)), y, Number(p)), loss);
    }
  });

  it('the streamed moments of predictRegression are the same', async () => {
    const layout = weightLayout([{ name: 'member', shape: [1] }]);
    const network = {
      layout,
      predict: (_: Arrays, { weights }: { weights: Float32Array }) => ({
        data: Float32Array.from(
          { length: 2 * n },
          (_, i) => (i % 2 ? variances : means)[weights[0]][Math.floor(i / 2)],
        ),
        shape: [n, 2],
      }),
    } as unknown as Network;
    const sampler = { ...ensemble(means.map((_, d) => Float32Array.of(d))), layout };
    const streamed = await predictRegression(
      network,
      sampler,
      { data: Float32Array.from(x), shape: [n, 1] },
      {
        likelihood: heteroscedasticGaussianLikelihood(),
        samples: draws,
        seed: 1,
        keepMembers: true,
      },
    );
    // Outputs of a network are float32.
    expect(average(streamed.aleatoricVariance)).toBeCloseTo(g.varianceDecomposition.aleatoric, 7);
    expect(average(streamed.epistemicVariance)).toBeCloseTo(g.varianceDecomposition.epistemic, 7);
    expect(average(streamed.variance)).toBeCloseTo(g.varianceDecomposition.total, 7);
    expect(crpsMixture(streamed, y)).toBeCloseTo(g.crps.mixture, 7);
  });
});

describeGolden('linalg-functions.json', (golden) => {
  it('normalQuantile and normalCdf equal 40-digit arithmetic', () => {
    for (const { p, quantile } of golden.normalQuantile) {
      expect(Math.abs(normalQuantile(p) - quantile), `at ${p}`).toBeLessThan(1e-14 * Math.max(1, Math.abs(quantile)));
    }
    for (const { x, cdf } of golden.normal) {
      // x/√2 is rounded, and the tail's exponent is its square: x²·ε.
      expect(Math.abs(normalCdf(x) - cdf), `at ${x}`).toBeLessThanOrEqual(3e-16 * Math.max(2, x * x) * cdf);
    }
  });
});

describe('regression metrics', () => {
  const standard = { mean: [0, 0], variance: [1, 1] };
  const number = fc.double({ min: -5, max: 5, noNaN: true });
  const positive = fc.double({ min: 0.05, max: 5, noNaN: true });

  it('have the values one computes by hand', () => {
    expect(gaussianNll(standard, [0, 2])).toBeCloseTo(0.5 * Math.log(2 * Math.PI) + 1, 14);
    expect(rmse(standard, [3, 4])).toBeCloseTo(Math.sqrt(12.5), 14);
    expect(mae(standard, [-3, 4])).toBe(3.5);
    expect(intervalCoverage(standard, [1.95, 1.97])).toBe(0.5);
    expect(intervalCoverage(standard, [0.6, 0.7], { probability: 0.5 })).toBe(0.5);
    expect(intervalCoverage({ lower: [0, 0], upper: [1, 1] }, [1, 2])).toBe(0.5);
    expect(crpsGaussian({ mean: [1], variance: [0] }, [3])).toBe(2);
    expect(crpsMixture({ members: { means: [[1]], variances: [[0]] } }, [3])).toBe(2);
    expect(mixturePit({ members: { means: [[0], [0]], variances: [[1], [4]] } }, [0])[0]).toBeCloseTo(0.5, 15);
  });

  it('the mixture of equal members scores as one of them, and a mixture is never worse than its mean score', () => {
    const one = { means: [[0, 1]], variances: [[1, 2]] };
    const two = {
      means: [
        [0, 1],
        [0, 1],
      ],
      variances: [
        [1, 2],
        [1, 2],
      ],
    };
    const targets = [0.3, -0.2];
    expect(mixtureNll({ members: two }, targets)).toBeCloseTo(mixtureNll({ members: one }, targets), 14);
    expect(mixtureNll({ members: one }, targets)).toBeCloseTo(
      gaussianNll({ mean: [0, 1], variance: [1, 2] }, targets),
      14,
    );
    expect(mixtureNll({ members: { means: [[0], [1e6]], variances: [[1], [1]] } }, [0])).toBeCloseTo(
      0.9189385 + Math.log(2),
      6,
    );
    expect(crpsMixture({ members: two }, targets)).toBeCloseTo(
      crpsGaussian({ mean: [0, 1], variance: [1, 2] }, targets),
      14,
    );
  });

  it('proper scores are smallest in expectation where the forecast is the truth', () => {
    // The truth is N(0, 1), as its 999 quantiles; the expectation over them leaves O(1e-3) of the tails out.
    const grid = Array.from({ length: 999 }, (_, i) => normalQuantile((i + 1) / 1000));
    const everywhere = (mean: number, std: number) => ({
      mean: grid.map(() => mean),
      variance: grid.map(() => std ** 2),
    });
    const scores = [
      gaussianNll,
      crpsGaussian,
      (p: ReturnType<typeof everywhere>, t: number[]) => intervalScore(p, t, { probability: 0.8 }),
      (p: ReturnType<typeof everywhere>, t: number[]) => pinballLoss(gaussianQuantile(p, 0.3), t, 0.3),
    ];
    const truth = scores.map((score) => score(everywhere(0, 1), grid));
    fc.assert(
      fc.property(number, positive, (mean, std) => {
        scores.forEach((score, s) => {
          expect(score(everywhere(mean, std), grid)).toBeGreaterThan(truth[s] - 2e-3);
        });
        // Far from the truth the loss is plain.
        if (Math.abs(mean) > 1 || std > 2.5 || std < 0.4) {
          for (const s of [0, 1, 2]) expect(scores[s](everywhere(mean, std), grid)).toBeGreaterThan(truth[s]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('the CRPS of an ensemble is that of its definition, the fair one has no spread of self-pairs', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 20 }), number, (draws, y) => {
        const n = draws.length;
        let [error, spread] = [0, 0];
        for (const a of draws) {
          error += Math.abs(a - y) / n;
          for (const b of draws) spread += Math.abs(a - b);
        }
        const rows = draws.map((draw) => [draw]);
        expect(crpsEnsemble(rows, [y])).toBeCloseTo(error - spread / (2 * n * n), 12);
        expect(crpsEnsemble(rows, [y], { fair: true })).toBeCloseTo(error - spread / (2 * n * (n - 1)), 12);
        // As a mixture of points.
        const members = { means: rows, variances: rows.map(() => [0]) };
        expect(crpsMixture({ members }, [y])).toBeCloseTo(error - spread / (2 * n * n), 12);
      }),
    );
  });

  it('the CRPS of a Gaussian is twice the pinball loss over all quantiles', () => {
    fc.assert(
      fc.property(number, positive, number, (mean, std, y) => {
        const prediction = { mean: [mean], variance: [std ** 2] };
        const levels = Array.from({ length: 4000 }, (_, i) => (i + 0.5) / 4000);
        const integral = average(levels.map((p) => 2 * pinballLoss(gaussianQuantile(prediction, p), [y], p)));
        expect(Math.abs(integral - crpsGaussian(prediction, [y]))).toBeLessThan(2e-3 * (1 + std + Math.abs(y - mean)));
      }),
      { numRuns: 30 },
    );
  });

  it('scores have the units of the target', () => {
    const rows = fc.array(fc.tuple(number, positive, number), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(rows, positive, number, (points, scale, shift) => {
        const mean = points.map(([m]) => m);
        const variance = points.map(([, v]) => v);
        const y = points.map(([, , t]) => t);
        const moved = { mean: mean.map((m) => scale * m + shift), variance: variance.map((v) => scale ** 2 * v) };
        const target = y.map((t) => scale * t + shift);
        for (const score of [crpsGaussian, intervalScore, rmse, mae]) {
          expect(score(moved, target)).toBeCloseTo(scale * score({ mean, variance }, y), 9);
        }
        expect(gaussianNll(moved, target)).toBeCloseTo(gaussianNll({ mean, variance }, y) + Math.log(scale), 9);
        const pits = gaussianPit({ mean, variance }, y);
        gaussianPit(moved, target).forEach((pit, i) => {
          expect(pit).toBeCloseTo(pits[i], 9);
        });
      }),
    );
  });

  it('targets at the predicted quantiles are calibrated', () => {
    const prediction = { mean: Array.from({ length: 1000 }, (_, i) => i), variance: new Array(1000).fill(4) };
    const targets = prediction.mean.map((mean, i) => mean + 2 * normalQuantile((i + 0.5) / 1000));
    for (const kind of ['quantile', 'interval'] as const) {
      const { rootMeanSquareError } = quantileCalibration(gaussianPit(prediction, targets), { kind });
      expect(rootMeanSquareError).toBeLessThan(1.1e-3);
    }
    expect(intervalCoverage(prediction, targets, { probability: 0.9 })).toBeCloseTo(0.9, 12);
  });

  it('reject no targets, different lengths, missing members, a bad probability and unknown options', () => {
    for (const metric of [gaussianNll, rmse, mae, r2, intervalCoverage, intervalScore, crpsGaussian, gaussianPit]) {
      expect(() => metric(standard, [])).toThrow('targets are empty');
      expect(() => metric(standard, [1])).toThrow('targets has length 1, expected 2');
    }
    expect(() => gaussianNll({ mean: [0], variance: [1, 2] }, [1])).toThrow('variance has length 2, expected 1');
    for (const metric of [mixtureNll, crpsMixture, mixturePit]) {
      expect(() => metric({}, [1])).toThrow('prediction has no members');
      const ragged = { members: { means: [[0]], variances: [[1, 1]] } };
      expect(() => metric(ragged, [1])).toThrow('members.variances[0] has length 2, expected 1');
    }
    expect(() => crpsEnsemble([], [1])).toThrow('ensemble has 0 draws, expected at least 1');
    expect(() => crpsEnsemble([[1]], [1], { fair: true })).toThrow('ensemble has 1 draws, expected at least 2');
    expect(() => intervalCoverage(standard, [0, 0], { probability: 1 })).toThrow('probability is 1');
    expect(() => intervalCoverage(standard, [0, 0], { level: 0.9 } as object)).toThrow('option level is unknown');
    expect(() => intervalScore({ lower: [0], upper: [1, 2] }, [0])).toThrow('upper has length 2, expected 1');
    expect(() => intervalWidth({ lower: [], upper: [] })).toThrow('prediction is empty');
    expect(() => ensembleInterval([])).toThrow('ensemble is empty');
    expect(() => ensembleInterval([[1], [1, 2]])).toThrow('ensemble[1] has length 2, expected 1');
    expect(() => quantileCalibration([1.5])).toThrow('pit[0] is 1.5, expected a number from 0 to 1');
    expect(() => quantileCalibration([])).toThrow('pit is empty');
    expect(() => quantileCalibration([0.5], { kind: 'tail' as never })).toThrow('kind is "tail"');
    expect(() => quantileCalibration([0.5], { levels: [] })).toThrow('levels are empty');
    expect(() => pinballLoss([0], [0], 1)).toThrow('probability is 1');
    expect(() => sharpness({ variance: [] })).toThrow('variance is empty');
  });
});

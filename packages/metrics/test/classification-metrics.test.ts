import { type Arrays, ensemble, type Network, predictClassification, weightLayout } from '@subspace/core';
import {
  accuracy,
  adaptiveCalibrationError,
  aupr,
  auroc,
  brierDecomposition,
  brierScore,
  calibrationCurve,
  categoricalNll,
  classwiseCalibrationError,
  decomposeUncertainty,
  expectedCalibrationError,
  fprAtTpr,
  maximumCalibrationError,
  predictiveEntropy,
  riskCoverage,
  rootMeanSquareCalibrationError,
  scaleTemperature,
  temperatureScaling,
} from '@subspace/metrics';
import { describeGolden, formulaHash, formulaValue } from '@subspace-internal/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const softmax = (logits: ArrayLike<number>, classes: number) => scaleTemperature({ classes, logits }, 1).probabilities;
const averageOf = (members: readonly Float64Array[]) =>
  members[0].map((_, i) => members.reduce((sum, member) => sum + member[i], 0) / members.length);
/** base + noise of each member, by the golden file's formula. */
const memberLogits = (rows: number, classes: number, members: number, salt: number, std: number, noise: number) =>
  Array.from({ length: members }, (_, m) =>
    Float64Array.from(
      { length: rows * classes },
      (_, i) => formulaValue(i, salt, std) + formulaValue(m * rows * classes + i, salt + 1, noise),
    ),
  );

describeGolden('metrics-classification.json', (golden) => {
  for (const [name, salt, std, noise] of [
    ['classes10', 300, 6, 1.5],
    ['classes100', 320, 8, 1],
  ] as const) {
    describe(name, () => {
      const g = golden?.[name];
      if (!g) return;
      const { classes, labels }: { classes: number; labels: number[] } = g;
      const logits = memberLogits(g.n, classes, g.members, salt, std, noise);
      const members = logits.map((values) => softmax(values, classes));
      const prediction = { classes, probabilities: averageOf(members) };
      const meanLogits = averageOf(logits);
      const confidence = Float64Array.from(labels, (_, i) =>
        Math.max(...prediction.probabilities.subarray(i * classes, (i + 1) * classes)),
      );
      const close = (value: number, expected: number) => expect(value).toBeCloseTo(expected, 11);
      const allClose = (values: ArrayLike<number>, expected: number[]) => {
        expect(values.length).toBe(expected.length);
        expected.forEach((target, i) => {
          close(values[i], target);
        });
      };

      it('is read as the reference has it, and nothing in it is left out', () => {
        allClose(prediction.probabilities.subarray(0, classes), g.probabilityFirstRow);
        allClose(logits[0].subarray(0, classes), g.logitsFirstRow);
        // Keys compared below; `n` … `logitsFirstRow` and the texts describe the case.
        expect(Object.keys(g).sort()).toEqual(
          [
            ...['n', 'classes', 'members', 'formula', 'labels', 'probabilityFirstRow', 'logitsFirstRow'],
            ...['accuracy', 'nll', 'brier', 'topKAccuracy', 'memberNll', 'memberAccuracy', 'nllOfMeanLogits'],
            ...['calibration10', 'calibration15', 'calibration20', 'adaptiveEce15', 'adaptiveEce20', 'equalCountEce15'],
            ...['equalCountEce20', 'classwiseEce15', 'swaGaussianCalibrationCurve20', 'uncertainty', 'selective'],
            ...['outOfDistribution', 'temperatureScaling'],
          ].sort(),
        );
      });

      it('accuracy, log and Brier scores, of the average and of members', () => {
        expect(accuracy(prediction, labels)).toBe(g.accuracy);
        for (const [top, expected] of Object.entries<number>(g.topKAccuracy)) {
          close(accuracy(prediction, labels, { top: Number(top) }), expected);
        }
        close(categoricalNll(prediction, labels), g.nll);
        close(brierScore(prediction, labels), g.brier);
        allClose(
          members.map((probabilities) => categoricalNll({ classes, probabilities }, labels)),
          g.memberNll,
        );
        allClose(
          members.map((probabilities) => accuracy({ classes, probabilities }, labels)),
          g.memberAccuracy,
        );
        close(categoricalNll({ classes, probabilities: softmax(meanLogits, classes) }, labels), g.nllOfMeanLogits);
      });

      it('calibration curves and errors', () => {
        for (const bins of [10, 15, 20]) {
          const expected = g[`calibration${bins}`];
          const curve = calibrationCurve(prediction, labels, { bins });
          expect(Array.from(curve.count)).toEqual(expected.count);
          allClose(curve.confidence, expected.confidence);
          allClose(curve.accuracy, expected.accuracy);
          close(expectedCalibrationError(prediction, labels, { bins }), expected.ece);
          close(maximumCalibrationError(prediction, labels, { bins }), expected.mce);
          close(rootMeanSquareCalibrationError(prediction, labels, { bins }), expected.rmsce);
        }
        for (const bins of [15, 20]) {
          close(adaptiveCalibrationError(prediction, labels, { bins }), g[`adaptiveEce${bins}`]);
          close(
            expectedCalibrationError(prediction, labels, { bins, binning: 'equal-count' }),
            g[`equalCountEce${bins}`],
          );
        }
        close(classwiseCalibrationError(prediction, labels, { bins: 15 }), g.classwiseEce15);
      });

      it("swa_gaussian's calibration curve with paperCompat", () => {
        const expected = g.swaGaussianCalibrationCurve20;
        const curve = calibrationCurve(prediction, labels, { bins: 20, paperCompat: true });
        allClose(curve.confidence, expected.confidence);
        allClose(curve.accuracy, expected.accuracy);
        allClose(
          Array.from(curve.count, (count) => count / curve.points),
          expected.p,
        );
        close(curve.count.reduce((a, b) => a + b) / curve.points, expected.sumOfP);
        close(expectedCalibrationError(prediction, labels, { bins: 20, paperCompat: true }), expected.ece);
      });

      it('uncertainty by entropy, variance and votes', () => {
        const result = decomposeUncertainty({ classes, members });
        for (const [ours, theirs] of [
          ['entropy', 'totalEntropy'],
          ['expectedEntropy', 'expectedEntropy'],
          ['mutualInformation', 'mutualInformation'],
          ['variationRatio', 'variationRatio'],
          ['dissent', 'dissentFromMeanPrediction'],
          ['disagreement', 'disagreement'],
          ['totalVariance', 'totalVariance'],
          ['aleatoricVariance', 'aleatoricVariance'],
          ['epistemicVariance', 'epistemicVariance'],
        ] as const) {
          close(average(result[ours]), g.uncertainty[theirs]);
          if (g.uncertainty.first5[theirs]) allClose(result[ours].subarray(0, 5), g.uncertainty.first5[theirs]);
        }
        allClose(predictiveEntropy(prediction).subarray(0, 5), g.uncertainty.first5.totalEntropy);
      });

      it('the streamed average of predictClassification is the same', async () => {
        const layout = weightLayout([{ name: 'member', shape: [1] }]);
        const network = {
          layout,
          predict: (_: Arrays, { weights }: { weights: Float32Array }) => ({
            data: Float32Array.from(logits[weights[0]]),
            shape: [g.n, classes],
          }),
        } as unknown as Network;
        const sampler = { ...ensemble(logits.map((_, m) => Float32Array.of(m))), layout };
        const inputs = { data: new Float32Array(g.n), shape: [g.n, 1] };
        const streamed = await predictClassification(network, sampler, inputs, { samples: g.members, seed: 1 });
        // Logits of a network are float32.
        expect(average(streamed.entropy)).toBeCloseTo(g.uncertainty.totalEntropy, 6);
        expect(average(streamed.expectedEntropy)).toBeCloseTo(g.uncertainty.expectedEntropy, 6);
        expect(average(streamed.mutualInformation)).toBeCloseTo(g.uncertainty.mutualInformation, 6);
        expect(accuracy(streamed, labels)).toBe(g.accuracy);
      });

      it('selective prediction', () => {
        const losses = labels.map((label, i) => 1 - accuracy({ classes, probabilities: row(prediction, i) }, [label]));
        const { risk, area, excessArea } = riskCoverage(confidence, losses);
        close(area, g.selective.aurc);
        close(excessArea, g.selective.eAurc);
        for (const [coverage, expected] of Object.entries<number>(g.selective.riskAtCoverage)) {
          close(risk[Math.ceil(Number(coverage) * g.n) - 1], expected);
        }
      });

      it('out-of-distribution detection by entropy and by confidence', () => {
        const outside = 400;
        const out = averageOf(
          memberLogits(outside, classes, g.members, salt + 4, std * 0.7, noise * 2).map((l) => softmax(l, classes)),
        );
        const surest = Array.from({ length: outside }, (_, i) =>
          Math.max(...out.subarray(i * classes, (i + 1) * classes)),
        );
        const scores = {
          entropy: [...predictiveEntropy(prediction), ...predictiveEntropy({ classes, probabilities: out })],
          oneMinusMaxProbability: [...confidence, ...surest].map((p) => 1 - p),
        };
        for (const [score, values] of Object.entries(scores)) {
          const expected = g.outOfDistribution[score];
          const isOut = values.map((_, i) => i >= g.n);
          const isIn = isOut.map((o) => !o);
          const reversed = values.map((value) => -value);
          close(auroc(values, isOut), expected.auroc);
          close(auroc(reversed, isIn), expected.auroc);
          close(aupr(values, isOut), expected.auprOut);
          close(aupr(reversed, isIn), expected.auprIn);
          close(fprAtTpr(values, isOut), expected.fpr95);
        }
      });

      it('temperature scaling of the mean logits', () => {
        const { temperature, nll } = temperatureScaling({ classes, logits: meanLogits }, labels);
        // Theirs is found by comparing values of the loss, which are flat to 1e-16 within 1e-8 of the optimum.
        expect(Math.abs(temperature / g.temperatureScaling.temperature - 1)).toBeLessThan(1e-6);
        close(nll, g.temperatureScaling.nll);
      });
    });
  }
});

function row({ classes, probabilities }: { classes: number; probabilities: Float64Array }, i: number): Float64Array {
  return probabilities.subarray(i * classes, (i + 1) * classes);
}

describeGolden('swag-temperature-scaling.json', (golden) => {
  it('finds the optimal temperature, of logits and of their probabilities', () => {
    const { points, classes, cases } = golden;
    expect(cases.length).toBe(3);
    for (const { logits: formula, labels: given, ...expected } of cases) {
      const labels = Array.from({ length: points }, (_, i) => formulaHash(i, given.salt) % classes);
      expect(labels.slice(0, 5)).toEqual(given.firstFive);
      const logits = Float64Array.from({ length: points * classes }, (_, i) => {
        const bonus = labels[Math.floor(i / classes)] === i % classes ? formula.bonusOfTrueClass : 0;
        return Math.fround(formulaValue(i, formula.salt, formula.std) + bonus);
      });
      const probabilities = softmax(logits, classes);
      for (const prediction of [
        { classes, logits },
        { classes, probabilities },
      ]) {
        const { temperature, nll } = temperatureScaling(prediction, labels);
        expect(Math.abs(temperature / expected.temperature - 1)).toBeLessThan(1e-11);
        expect(nll).toBeCloseTo(expected.nllAfter, 12);
        expect(categoricalNll(scaleTemperature(prediction, temperature), labels)).toBeCloseTo(nll, 12);
      }
      expect(categoricalNll({ classes, probabilities }, labels)).toBeCloseTo(expected.nllBefore, 12);
      // `reference`: the original's LBFGS, which the file says is "for information only: not a value to match". It is never better.
      expect(expected.reference.nll).toBeGreaterThanOrEqual(expected.nllAfter);
    }
  });
});

describe('classification metrics', () => {
  const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
  const distribution = weights.map((w) => w.map((x) => x / w.reduce((a, b) => a + b)));
  /** N rows of three probabilities, and as many labels. */
  const predictions = fc
    .array(fc.tuple(distribution, fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 40 })
    .map((rows) => ({
      prediction: { classes: 3, probabilities: rows.flatMap(([p]) => p) },
      labels: rows.map(([, label]) => label),
    }));

  it('proper scores are smallest in expectation where the forecast is the truth', () => {
    fc.assert(
      fc.property(distribution, distribution, (truth, forecast) => {
        const expected = (score: (p: number[], label: number) => number, p: number[]) =>
          truth.reduce((sum, probability, label) => sum + probability * score(p, label), 0);
        for (const score of [categoricalNll, brierScore]) {
          const one = (probabilities: number[], label: number) => score({ classes: 3, probabilities }, [label]);
          expect(expected(one, truth)).toBeLessThanOrEqual(expected(one, forecast) + 1e-12);
        }
      }),
    );
  });

  it('calibration errors are within [0, 1] and ordered: expected ≤ root mean square ≤ maximum', () => {
    fc.assert(
      fc.property(predictions, fc.integer({ min: 1, max: 20 }), ({ prediction, labels }, bins) => {
        for (const binning of ['equal-width', 'equal-mass', 'equal-count'] as const) {
          const options = { bins, binning };
          const curve = calibrationCurve(prediction, labels, options);
          expect(curve.count.reduce((a, b) => a + b)).toBe(labels.length);
          const ece = expectedCalibrationError(prediction, labels, options);
          const rms = rootMeanSquareCalibrationError(prediction, labels, options);
          const mce = maximumCalibrationError(prediction, labels, options);
          expect(ece).toBeGreaterThanOrEqual(0);
          expect(rms).toBeGreaterThanOrEqual(ece - 1e-12);
          expect(mce).toBeGreaterThanOrEqual(rms - 1e-12);
          expect(mce).toBeLessThanOrEqual(1);
          // One bin: the gap between mean confidence and accuracy; more bins can only find more.
          const gap = expectedCalibrationError(prediction, labels, { bins: 1 });
          expect(ece).toBeGreaterThanOrEqual(gap - 1e-12);
        }
      }),
    );
  });

  it('certain and right is calibrated; certain and wrong is not at all', () => {
    const sure = { classes: 2, probabilities: [1, 0, 0, 1] };
    for (const error of [expectedCalibrationError, classwiseCalibrationError, adaptiveCalibrationError]) {
      expect(error(sure, [0, 1])).toBe(0);
      expect(error(sure, [1, 0])).toBe(1);
    }
  });

  it("the parts of Brier's score sum to it, and none is negative but that within bins", () => {
    fc.assert(
      fc.property(predictions, fc.integer({ min: 1, max: 12 }), ({ prediction, labels }, bins) => {
        const { reliability, resolution, uncertainty, withinBins } = brierDecomposition(prediction, labels, { bins });
        const score = brierScore(prediction, labels);
        expect(reliability - resolution + uncertainty + withinBins).toBeCloseTo(score, 12);
        for (const part of [reliability, resolution, uncertainty]) expect(part).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(2);
      }),
    );
    // Forecasts of the base rate: nothing but uncertainty.
    const probabilities = [0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25];
    const parts = brierDecomposition({ classes: 2, probabilities }, [0, 0, 0, 1]);
    expect(parts).toEqual({ reliability: 0, resolution: 0, uncertainty: 0.375, withinBins: 0 });
  });

  it('mutual information is between 0 and log C, variances and entropies add up', () => {
    fc.assert(
      fc.property(fc.array(distribution, { minLength: 1, maxLength: 6 }), (members) => {
        const parts = decomposeUncertainty({ classes: 3, members });
        const [information, total] = [parts.mutualInformation[0], parts.entropy[0]];
        expect(information).toBeGreaterThanOrEqual(0);
        expect(total).toBeLessThanOrEqual(Math.log(3) + 1e-12);
        expect(information + parts.expectedEntropy[0]).toBeCloseTo(total, 12);
        expect(parts.aleatoricVariance[0] + parts.epistemicVariance[0]).toBeCloseTo(parts.totalVariance[0], 12);
        expect(parts.dissent[0]).toBeGreaterThanOrEqual(parts.variationRatio[0] - 1e-12);
        if (members.length === 1) expect(parts.disagreement[0]).toBe(0);
      }),
    );
  });

  const scored = fc
    .array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.boolean()), { minLength: 2, maxLength: 60 })
    .filter((points) => new Set(points.map(([, positive]) => positive)).size === 2);

  it('AUROC counts pairs, reverses with the scores, and AUROC, AUPR and FPR do not change under increasing maps', () => {
    fc.assert(
      fc.property(scored, (points) => {
        const scores = points.map(([score]) => score);
        const positive = points.map(([, p]) => p);
        let pairs = 0;
        for (const [a, p] of points) for (const [b, q] of points) if (p && !q) pairs += a > b ? 1 : a === b ? 0.5 : 0;
        const positives = positive.filter(Boolean).length;
        expect(auroc(scores, positive)).toBeCloseTo(pairs / (positives * (points.length - positives)), 12);
        const reversed = scores.map((score) => -score);
        expect(auroc(reversed, positive)).toBeCloseTo(1 - auroc(scores, positive), 12);
        const mapped = scores.map((score) => Math.exp(score / 10) - 3);
        for (const metric of [auroc, aupr, fprAtTpr]) {
          expect(metric(mapped, positive)).toBe(metric(scores, positive));
          expect(metric(scores, positive)).toBeGreaterThanOrEqual(0);
          expect(metric(scores, positive)).toBeLessThanOrEqual(1);
        }
        expect(aupr(scores, positive)).toBeGreaterThan(0);
      }),
    );
    expect(auroc([1, 2, 3, 4], [0, 0, 1, 1])).toBe(1);
    expect(aupr([1, 2, 3, 4], [0, 0, 1, 1])).toBe(1);
    // Shares of 9 positives, each rounded, would add up to more than 1.
    expect(aupr([0, 1, 1, -1, 1, 1, -2, -3, 1, -4], [1, 1, 1, 1, 1, 1, 1, 1, 1, 0])).toBe(1);
    expect(fprAtTpr([1, 2, 3, 4], [0, 0, 1, 1])).toBe(0);
  });

  it('the area under the risk-coverage curve is least for the perfect order, and the last risk is the error', () => {
    const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 1 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(points, (rows) => {
        const confidence = rows.map(([c]) => c);
        const losses = rows.map(([, loss]) => loss);
        const curve = riskCoverage(confidence, losses);
        expect(curve.excessArea).toBeGreaterThanOrEqual(-1e-12);
        expect(curve.risk[rows.length - 1]).toBeCloseTo(average(losses), 12);
        const best = riskCoverage(
          losses.map((loss) => -loss),
          losses,
        );
        expect(best.excessArea).toBeCloseTo(0, 12);
      }),
    );
  });

  it('temperature scaling undoes a temperature, is never worse than none, and stays finite without an optimum', () => {
    fc.assert(
      fc.property(predictions, fc.double({ min: 0.25, max: 4, noNaN: true }), ({ prediction, labels }, factor) => {
        const logits = prediction.probabilities.map((p) => Math.log(p));
        const found = temperatureScaling({ classes: 3, logits }, labels);
        expect(found.nll).toBeLessThanOrEqual(categoricalNll(prediction, labels) + 1e-12);
        expect(found.temperature).toBeGreaterThanOrEqual(0.01 - 1e-12);
        expect(found.temperature).toBeLessThanOrEqual(100 + 1e-9);
        const cooled = temperatureScaling({ classes: 3, logits: logits.map((l) => factor * l) }, labels);
        // The loss may be flat around its optimum, so the losses are compared; within the bounds they are one problem.
        if (found.temperature > 0.05 && found.temperature < 20) {
          expect(cooled.nll).toBeCloseTo(found.nll, 10);
          const rescaled = scaleTemperature({ classes: 3, logits }, cooled.temperature / factor);
          expect(categoricalNll(rescaled, labels)).toBeCloseTo(found.nll, 10);
        }
      }),
    );
    expect(temperatureScaling({ classes: 2, logits: [1, 0] }, [0]).temperature).toBeCloseTo(0.01, 12);
    expect(temperatureScaling({ classes: 2, logits: [1, 0] }, [1]).temperature).toBeCloseTo(100, 9);
    expect(Number.isFinite(temperatureScaling({ classes: 2, probabilities: [1, 0, 1, 0] }, [0, 1]).nll)).toBe(true);
  });

  it('reject labels out of range, other shapes, missing members, one-sided detection and unknown options', () => {
    const prediction = { classes: 2, probabilities: [0.5, 0.5] };
    for (const metric of [accuracy, categoricalNll, brierScore, expectedCalibrationError, classwiseCalibrationError]) {
      expect(() => metric(prediction, [2])).toThrow('labels[0] is 2, expected an integer from 0 to 1');
      expect(() => metric(prediction, [0, 1])).toThrow('probabilities have length 2, expected 2 × 2');
      expect(() => metric(prediction, [])).toThrow('labels are empty');
    }
    expect(() => accuracy(prediction, [0], { k: 1 } as object)).toThrow('option k is unknown');
    expect(() => brierDecomposition(prediction, [0], { bins: 0 })).toThrow('bins is 0');
    expect(() => calibrationCurve(prediction, [0], { binning: 'quantile' as never })).toThrow('binning is "quantile"');
    expect(() => calibrationCurve(prediction, [0], { binning: 'equal-mass', paperCompat: true })).toThrow(
      'binning and paperCompat are both given',
    );
    expect(() => adaptiveCalibrationError(prediction, [0], { binning: 'equal-mass' } as object)).toThrow('binning');
    expect(() => decomposeUncertainty({ classes: 2 })).toThrow('prediction has no members');
    expect(() => decomposeUncertainty({ classes: 2, members: [[1, 0], [1]] })).toThrow('members[1] has length 1');
    for (const metric of [auroc, aupr, fprAtTpr]) {
      expect(() => metric([1, 2], [1, 1])).toThrow('there are 2 positives and 0 negatives, expected both');
      expect(() => metric([1, 2], [-1, 1])).toThrow('positive[0] is -1, expected 0, 1, false or true');
      expect(() => metric([1], [0, 1])).toThrow('positive has length 2, expected 1');
    }
    expect(() => fprAtTpr([0, 1], [0, 1], { tpr: 0 })).toThrow('tpr is 0');
    expect(() => riskCoverage([], [])).toThrow('confidence is empty');
    expect(() => riskCoverage([1], [1, 2])).toThrow('losses has length 2, expected 1');
    expect(() => temperatureScaling({ classes: 2, logits: [0, Infinity] }, [0])).toThrow('logits[1] is Infinity');
    expect(() => scaleTemperature(prediction, 0)).toThrow('temperature is 0');
  });
});

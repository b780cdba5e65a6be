import { posterior, standardize } from '@subspace/core';
import { normalCdf } from '@subspace/core/internals';
import { denseNetwork } from '@subspace/dense';
import { diagnose } from '@subspace/diagnostics';
import { type EstimatorProgress, subspaceRegressor } from '@subspace/estimators';
import { intervalCoverage, rmse } from '@subspace/metrics';
import { nuts } from '@subspace/nuts';
import { describe, expect, it } from 'vitest';
import { parts, quick, sine } from './quick-parts.ts';

const train = sine(120, 1);
const test = sine(300, 2);

describe('subspaceRegressor', () => {
  it('predicts in the data’s units, as well as the noise allows, and knows how well', async () => {
    const model = subspaceRegressor({ ...parts, inner: { splits: 2 }, sampling: { mostDraws: 500 } });
    await model.fit(train.x, train.y, { seed: 1 });
    const prediction = await model.predict(test.x);
    expect(rmse(prediction, test.y)).toBeLessThan(15);
    const { lower, upper } = await model.predictInterval(test.x, { coverage: 0.9 });
    const inside = test.y.filter((y, i) => lower[i] <= y && y <= upper[i]).length / test.y.length;
    expect(inside).toBeGreaterThan(0.8);
    expect(inside).toBeLessThan(0.98);
    expect(intervalCoverage(prediction, test.y)).toBeGreaterThan(0.88);
    model.dispose();
  });

  it('gives the same numbers for the same seed, and others for another', async () => {
    const run = async (seed: number) => {
      const model = subspaceRegressor({ ...parts, ...quick });
      const { temperature, priorStd, epochs } = await model.fit(train.x, train.y, { seed });
      const { mean, samples } = await model.predict([0, 1]);
      model.dispose();
      return { temperature, priorStd, epochs, mean, last: samples.at(-1) };
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other.mean).not.toEqual(first.mean);
  });

  it('has every stage on its result', async () => {
    const model = subspaceRegressor({ ...parts, ...quick, inner: { splits: 2, fraction: 0.2 } });
    const fitted = await model.fit(train.x, train.y, { seed: 1 });
    expect(fitted.inner).toHaveLength(2);
    for (const { split, stopping, epochs, priorStd, subspace } of fitted.inner) {
      expect(split.heldOut).toHaveLength(24);
      expect(new Set([...split.train, ...split.heldOut]).size).toBe(120);
      expect(stopping.bestEpoch).toBe(epochs - 1);
      expect(priorStd).toBeGreaterThan(0);
      expect(subspace.layout).toEqual(fitted.network.layout);
    }
    expect(fitted.training.loss).toHaveLength(fitted.epochs);
    expect(fitted.epochs).toBe(Math.round((fitted.inner[0].epochs + fitted.inner[1].epochs) / 2));
    expect(fitted.moments.collected).toBeGreaterThan(10);
    expect(fitted.priorChoice!.priorStd).toBe(fitted.priorStd);
    expect(fitted.temperatureChoice!.temperature).toBe(fitted.temperature);
    expect(fitted.posterior).toMatchObject({ temperature: fitted.temperature });
    expect(fitted.draws.positions).toHaveLength(4);
    // The weights of before exploration are those of a plain network.
    const plain = await fitted.network.predict(
      { data: Float32Array.of(0), shape: [1, 1] },
      { weights: fitted.weights },
    );
    expect(plain.shape).toEqual([1, 2]);
    model.dispose();
  });

  it('chooses σ by the evidence: that of the posterior’s integral, where it can be computed', async () => {
    // One direction, so that the integral is a sum over a line.
    const model = subspaceRegressor({
      ...parts,
      ...quick,
      subspace: (moments) => oneDirection(parts.subspace(moments)),
    });
    const { priorChoice, logLikelihood } = await model.fit(train.x, train.y, { seed: 1 });
    const step = 0.002;
    const places = Array.from({ length: 20_001 }, (_, i) => Float64Array.of((i - 10_000) * step));
    const values = await logLikelihood.values(places);
    const largest = values.reduce((a, b) => Math.max(a, b));
    const exact = (sigma: number) =>
      largest +
      Math.log(
        places.reduce(
          (sum, [z], i) =>
            sum + (step * Math.exp(values[i] - largest - 0.5 * (z / sigma) ** 2)) / (sigma * Math.sqrt(2 * Math.PI)),
          0,
        ),
      );
    for (const { priorStd, logEvidence } of priorChoice!.curve) {
      if (priorStd < 0.03 || priorStd > 5) continue;
      expect(Math.abs(logEvidence - exact(priorStd)), `σ = ${priorStd}`).toBeLessThan(0.3);
    }
    const best = priorChoice!.curve.reduce((top, one) => (one.logEvidence > top.logEvidence ? one : top));
    expect(Math.abs(Math.log(priorChoice!.priorStd / best.priorStd))).toBeLessThan(1.2);
    model.dispose();
  });

  it('takes σ and T as numbers, or from functions that are handed what there is', async () => {
    const given = subspaceRegressor({ ...parts, ...quick, priorStd: 0.7, temperature: 3 });
    const { posterior: sampled, priorChoice, temperatureChoice } = await given.fit(train.x, train.y, { seed: 1 });
    expect(sampled.temperature).toBe(3);
    expect(sampled.prior.cholesky[0]).toBe(0.7);
    expect([priorChoice, temperatureChoice]).toEqual([undefined, undefined]);
    expect(given.report()).toContain('σ = 0.7, as given');
    given.dispose();

    const scores: number[] = [];
    const own = subspaceRegressor({
      ...parts,
      ...quick,
      priorStd: ({ logLikelihood, subspace }) => logLikelihood.rows / 100 + subspace.layout.size / 1000,
      temperature: async ({ heldOutScore, leaveOneOutScore }) => {
        scores.push(await heldOutScore(2), await leaveOneOutScore(2));
        return 2;
      },
    });
    const fitted = await own.fit(train.x, train.y, { seed: 1 });
    expect(fitted.priorStd).toBeCloseTo(1.2 + fitted.network.layout.size / 1000);
    expect(fitted.temperature).toBe(2);
    expect(scores.every(Number.isFinite)).toBe(true);
    own.dispose();
  });

  it('scores temperatures by leave-one-out where it is asked to', async () => {
    const model = subspaceRegressor({ ...parts, ...quick, temperature: 'leave-one-out' });
    const { temperatureChoice } = await model.fit(train.x, train.y, { seed: 1 });
    expect(temperatureChoice!.curve.length).toBeGreaterThan(6);
    model.dispose();
  });

  it('learns the noise of a network that has only means from the rows held out', async () => {
    const homoscedastic = ({ inputs, seed }: { inputs: number; seed: number | string }) =>
      denseNetwork({ sizes: [inputs, 10, 1], seed, threads: 1 });
    const model = subspaceRegressor({
      ...parts,
      ...quick,
      network: homoscedastic,
      training: { epochs: 300 },
      inner: { splits: 5 },
    });
    const { likelihood } = await model.fit(train.x, train.y, { seed: 1 });
    const { std } = standardize({ data: Float64Array.from(train.y), shape: [120, 1] }).transform;
    expect(likelihood.kind).toBe('gaussian');
    const noise = Math.sqrt((likelihood as { variance: number }).variance) * std[0];
    expect(noise).toBeGreaterThan(7);
    expect(noise).toBeLessThan(20);
    model.dispose();
  });

  it('has intervals between the quantiles of the mixture, and draws of it', async () => {
    const model = subspaceRegressor({ ...parts, ...quick });
    await model.fit(train.x, train.y, { seed: 1 });
    const inputs = [-8, 0, 2.5];
    const { members, mean, variance } = await model.predict(inputs);
    const { lower, upper } = await model.predictInterval(inputs, { coverage: 0.8 });
    inputs.forEach((_, i) => {
      const below = (y: number) =>
        members.means.reduce(
          (sum, means, s) =>
            sum + normalCdf((y - means[i]) / Math.sqrt(members.variances[s][i])) / members.means.length,
          0,
        );
      expect(below(lower[i])).toBeCloseTo(0.1, 6);
      expect(below(upper[i])).toBeCloseTo(0.9, 6);
    });
    const draws = await model.sample(inputs, { count: 2000, seed: 3 });
    expect(draws).toHaveLength(2000);
    inputs.forEach((_, i) => {
      const average = draws.reduce((sum, draw) => sum + draw[i], 0) / 2000;
      expect(Math.abs(average - mean[i])).toBeLessThan(
        4 * Math.sqrt(variance[i] / 2000) + 0.2 * Math.sqrt(variance[i]),
      );
    });
    expect(await model.sample(inputs, { count: 3, seed: 3 })).not.toEqual(
      await model.sample(inputs, { count: 3, seed: 4 }),
    );
    model.dispose();
  });

  it('predicts several targets at once, each in its units', async () => {
    const model = subspaceRegressor({ ...parts, ...quick, training: { epochs: 200 } });
    await model.fit(
      train.x,
      train.x.map((x, i) => [train.y[i], -x / 1000]),
      { seed: 1 },
    );
    const { mean } = await model.predict([0, 2]);
    expect(mean).toHaveLength(4);
    expect(Math.abs(mean[0] - 1000)).toBeLessThan(40);
    expect(Math.abs(mean[3] + 0.002)).toBeLessThan(0.0008);
    model.dispose();
  });

  it('takes any sampler, those with gradients too', async () => {
    const model = subspaceRegressor({ ...parts, ...quick, temperature: 10, sampler: (target) => nuts(target) });
    const { draws } = await model.fit(train.x, train.y, { seed: 1 });
    expect(draws.positions[0].length).toBeGreaterThanOrEqual(100);
    model.dispose();
  });

  it('says what it did, with the findings of diagnose, and that chains do not agree', async () => {
    const model = subspaceRegressor({
      ...parts,
      ...quick,
      sampling: { draws: 10, mostDraws: 10, warmup: 0 },
      diagnose,
    });
    const { agreed } = await model.fit(train.x, train.y, { seed: 1 });
    expect(agreed).toBe(false);
    expect(model.report()).toMatch(/^Data: 120 rows of 1 input and one target; held out/);
    expect(model.report()).toContain('they do NOT agree');
    expect(model.report()).toContain('Finding: ');
    model.dispose();
  });

  it('draws on until the chains agree', async () => {
    const model = subspaceRegressor({ ...parts, ...quick, temperature: 30, sampling: { draws: 20, mostDraws: 8000 } });
    const { draws, rHat, agreed } = await model.fit(train.x, train.y, { seed: 1 });
    expect(agreed).toBe(true);
    expect(rHat).toBeLessThan(1.01);
    expect(draws.positions[0].length).toBeGreaterThan(20);
    model.dispose();
  });

  it('tells of its progress over all stages, in order, to the end', async () => {
    const seen: EstimatorProgress[] = [];
    const model = subspaceRegressor({ ...parts, ...quick });
    await model.fit(train.x, train.y, { seed: 1, onProgress: (progress) => seen.push(progress) });
    expect([...new Set(seen.map(({ stage }) => stage))]).toEqual([
      'inner-1 stopping',
      'inner-1 training',
      'inner-1 exploration',
      'all training',
      'all exploration',
      'temperature',
      'sampling',
    ]);
    expect(seen.every(({ done, of, number, stages }) => done <= of && number <= stages && stages === 7)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ stage: 'sampling', number: 7 });
    model.dispose();
  });

  it('samples what it says: the tempered posterior in the subspace', async () => {
    const model = subspaceRegressor({ ...parts, ...quick, temperature: 5 });
    const { posterior: sampled, logLikelihood, priorStd } = await model.fit(train.x, train.y, { seed: 1 });
    const z = [new Float64Array(3).fill(0.1)];
    expect(await sampled.values(z)).toEqual(await posterior({ logLikelihood, priorStd, temperature: 5 }).values(z));
    model.dispose();
  });
});

/** The first row only. */
function oneDirection<S extends { readonly basis: readonly Float32Array[] }>(subspace: S): S {
  return { ...subspace, basis: subspace.basis.slice(0, 1) };
}

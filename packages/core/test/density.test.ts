import {
  arraysDataset,
  binaryLikelihood,
  categoricalLikelihood,
  type Gaussian,
  gaussianCovariance,
  gaussianDraw,
  gaussianLikelihood,
  gaussianLogDensity,
  gaussianLogDensityGradient,
  gaussianPrecision,
  heteroscedasticGaussianLikelihood,
  isotropicGaussian,
  type LogDensity,
  logDensity,
  posterior,
  randomSource,
  subspace,
  subspacePosterior,
  type Vector,
  weightLayout,
} from '@subspace/core';
import { gaussianStds, logSumExp, meanAndCovariance } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';
import { linearNetwork } from './linear-network.ts';

const LOG_TWO_PI = Math.log(2 * Math.PI);
const correlated: Gaussian = { mean: Float64Array.of(1, -2), cholesky: Float64Array.of(2, 0, 0.5, 1.5) };

function differences(f: (z: Vector) => number, z: Vector, step = 1e-5): number[] {
  return Array.from(z, (_, k) => {
    const [up, down] = [z.slice(), z.slice()];
    up[k] += step;
    down[k] -= step;
    return (f(up) - f(down)) / (2 * step);
  });
}

describe('mean and covariance of points', () => {
  it('are those of a population, not of a sample', () => {
    const { mean, covariance } = meanAndCovariance([
      Float64Array.of(1, 0),
      Float64Array.of(3, 1),
      Float64Array.of(5, -4),
      Float64Array.of(3, 7),
    ]);
    expect([...mean]).toEqual([3, 1]);
    expect([...covariance]).toEqual([2, -2, -2, 15.5]);
    expect(meanAndCovariance([Float64Array.of(1, 2)]).covariance).toEqual(new Float64Array(4));
  });

  it('need points of one length', () => {
    expect(() => meanAndCovariance([])).toThrow('meanAndCovariance: points is empty, expected at least one point');
    expect(() => meanAndCovariance([new Float64Array(2), new Float64Array(3)])).toThrow(
      'meanAndCovariance: points[1] has length 3, expected 2',
    );
  });
});

describe('Gaussian', () => {
  it('has the density, gradient and precision of its covariance', () => {
    // Σ = L·Lᵀ = [[4, 1], [1, 2.5]], |Σ| = 9, Σ⁻¹ = [[2.5, −1], [−1, 4]] / 9.
    const z = Float64Array.of(2, 1);
    const [a, b] = [1, 3];
    const quadratic = (2.5 * a * a - 2 * a * b + 4 * b * b) / 9;
    expect(gaussianLogDensity(correlated, z)).toBeCloseTo(-LOG_TWO_PI - 0.5 * Math.log(9) - 0.5 * quadratic, 12);
    expect([...gaussianCovariance(correlated)]).toEqual([4, 1, 1, 2.5]);
    expect([...gaussianPrecision(correlated)]).toEqual([2.5, -1, -1, 4].map((x) => expect.closeTo(x / 9, 12)));
    const gradient = gaussianLogDensityGradient(correlated, z);
    differences((point) => gaussianLogDensity(correlated, point), z).forEach((d, k) => {
      expect(gradient[k]).toBeCloseTo(d, 7);
    });
  });

  it('may say only the diagonal of its factor', () => {
    const diagonal: Gaussian = { mean: Float64Array.of(1, -2), cholesky: Float64Array.of(2, 0.5) };
    const whole: Gaussian = { mean: diagonal.mean, cholesky: Float64Array.of(2, 0, 0, 0.5) };
    const z = Float64Array.of(0.3, 1);
    expect(gaussianLogDensity(diagonal, z)).toBeCloseTo(gaussianLogDensity(whole, z), 12);
    for (const of of [gaussianLogDensityGradient, (g: Gaussian) => gaussianDraw(g, randomSource(1))]) {
      expect(of(diagonal, z)).toEqual(of(whole, z));
    }
    expect([...gaussianCovariance(diagonal)]).toEqual([4, 0, 0, 0.25]);
    expect([...gaussianPrecision(diagonal)].map(Math.abs)).toEqual([0.25, 0, 0, 4]);
    expect([...gaussianStds(diagonal)]).toEqual([2, 0.5]);
    expect([...gaussianStds(correlated)]).toEqual([2, Math.hypot(0.5, 1.5)]);
    const logLikelihood = logDensity(2, () => 0);
    expect(() => posterior({ logLikelihood, prior: { ...diagonal, cholesky: Float64Array.of(1, 0) } })).toThrow(
      'posterior: prior.cholesky[1] is 0, expected a finite number greater than 0',
    );
    expect(() => posterior({ logLikelihood, prior: { ...diagonal, cholesky: new Float64Array(3) } })).toThrow(
      'posterior: prior.cholesky has length 3, expected 4',
    );
  });

  it('draws with its mean and full covariance', () => {
    const random = randomSource(5);
    const n = 100_000;
    const draws = Array.from({ length: n }, () => gaussianDraw(correlated, random));
    const mean = [0, 1].map((k) => draws.reduce((sum, z) => sum + z[k], 0) / n);
    const covariance = (i: number, j: number) =>
      draws.reduce((sum, z) => sum + (z[i] - mean[i]) * (z[j] - mean[j]), 0) / n;
    expect(Math.abs(mean[0] - 1)).toBeLessThan((4 * 2) / Math.sqrt(n));
    expect(Math.abs(mean[1] + 2)).toBeLessThan((4 * Math.sqrt(2.5)) / Math.sqrt(n));
    expect(Math.abs(covariance(0, 0) - 4)).toBeLessThan((4 * 4 * Math.SQRT2) / Math.sqrt(n));
    expect(Math.abs(covariance(1, 1) - 2.5)).toBeLessThan((4 * 2.5 * Math.SQRT2) / Math.sqrt(n));
    expect(Math.abs(covariance(0, 1) - 1)).toBeLessThan((4 * Math.sqrt(11)) / Math.sqrt(n));
  });
});

describe('logDensity', () => {
  it('answers values, and gradients where the function has them', () => {
    const value = logDensity(1, (z) => z[0]);
    expect([...(value.values([Float64Array.of(1), Float64Array.of(2)]) as Float64Array)]).toEqual([1, 2]);
    const both = logDensity(1, (z) => ({ value: z[0] ** 2, gradient: Float64Array.of(2 * z[0]) }));
    expect(both.valuesAndGradients([Float64Array.of(3)])).toEqual([{ value: 9, gradient: Float64Array.of(6) }]);
    expect([...(both.values([Float64Array.of(3)]) as Float64Array)]).toEqual([9]);
  });

  it('rejects points and answers of the wrong form', () => {
    const value = logDensity(2, () => 0);
    expect(() => logDensity(0, () => 0)).toThrow('logDensity: dim is 0');
    expect(() => value.values([Float64Array.of(1)])).toThrow('point has length 1, expected 2');
    const silent = logDensity(1, (() => undefined) as unknown as () => number);
    expect(() => silent.values([Float64Array.of(1)])).toThrow('f returned undefined, expected a number');
    const noGradient = logDensity(1, (() => 1) as unknown as () => { value: number; gradient: Vector });
    expect(() => noGradient.valuesAndGradients([Float64Array.of(1)])).toThrow('f returned no gradient');
    const short = logDensity(2, () => ({ value: 0, gradient: Float64Array.of(1) }));
    expect(() => short.valuesAndGradients([Float64Array.of(1, 2)])).toThrow('gradient has length 1, expected 2');
  });
});

describe('posterior', () => {
  const logLikelihood = logDensity(2, (z) => ({
    value: Math.sin(z[0]) + z[1],
    gradient: Float64Array.of(Math.cos(z[0]), 1),
  }));
  const z = Float64Array.of(0.3, -1);

  it('is the tempered likelihood times the prior, constants included', () => {
    const target = posterior({ logLikelihood, prior: correlated, temperature: 2.5 });
    const value = (target.values([z]) as Float64Array)[0];
    expect(value).toBeCloseTo((Math.sin(0.3) - 1) / 2.5 + gaussianLogDensity(correlated, z), 12);
    const [evaluation] = target.valuesAndGradients([z]) as { value: number; gradient: Vector }[];
    expect(evaluation.value).toBe(value);
    differences((point) => (target.values([point]) as Float64Array)[0], z).forEach((d, k) => {
      expect(evaluation.gradient[k]).toBeCloseTo(d, 7);
    });
    expect(target.logLikelihood).toBe(logLikelihood);
    expect(target.temperature).toBe(2.5);
  });

  it('has an isotropic prior from priorStd', () => {
    const flat = posterior({ logLikelihood: logDensity(2, () => 0), priorStd: 3 });
    expect((flat.values([z]) as Float64Array)[0]).toBeCloseTo(gaussianLogDensity(isotropicGaussian(2, 3), z), 14);
  });

  it('waits for likelihoods that answer later', async () => {
    const later: LogDensity = { dim: 1, values: async () => Float64Array.of(4) };
    const target = posterior({ logLikelihood: later, priorStd: 1 });
    expect((await target.values([Float64Array.of(0)]))[0]).toBeCloseTo(4 - 0.5 * LOG_TWO_PI, 12);
  });

  it('frees its likelihood', () => {
    let freed = 0;
    posterior({ logLikelihood: { ...logLikelihood, dispose: () => freed++ }, priorStd: 1 }).dispose();
    expect(freed).toBe(1);
    const target = posterior({ logLikelihood, priorStd: 1 });
    target.dispose();
    for (const call of [target.values, target.valuesAndGradients]) {
      expect(() => call([z])).toThrow('posterior: the posterior is disposed, expected one in use');
    }
  });

  it('rejects priors and temperatures that make no sense', () => {
    expect(() => posterior({ logLikelihood })).toThrow('priorStd and prior are both given or both missing');
    expect(() => posterior({ logLikelihood, priorStd: 1, prior: correlated })).toThrow('both given or both missing');
    expect(() => posterior({ logLikelihood, priorStd: 0 })).toThrow('posterior: priorStd is 0');
    expect(() => posterior({ logLikelihood, priorStd: 1, temperature: -1 })).toThrow('temperature is -1');
    expect(() => posterior({ logLikelihood, prior: isotropicGaussian(3, 1) })).toThrow(
      'prior.mean has length 3, expected 2',
    );
    const upper = { mean: correlated.mean, cholesky: Float64Array.of(1, 1, 0, 1) };
    expect(() => posterior({ logLikelihood, prior: upper })).toThrow(
      'prior.cholesky[0, 1] is 1, expected 0 above the diagonal',
    );
    const singular = { mean: correlated.mean, cholesky: Float64Array.of(1, 0, 0, 0) };
    expect(() => posterior({ logLikelihood, prior: singular })).toThrow('prior.cholesky[1, 1] is 0');
    expect(() => posterior({ logLikelihood, priorStd: 1, sigma: 2 } as never)).toThrow('option sigma is unknown');
  });
});

describe('subspacePosterior', () => {
  const random = randomSource(9);
  const network = linearNetwork(2);
  const data = arraysDataset({
    inputs: { data: Float32Array.from({ length: 40 }, random.normal), shape: [20, 2] },
    targets: { data: Float32Array.from({ length: 20 }, random.normal), shape: [20] },
  });
  const plane = subspace({
    layout: network.layout,
    shift: Float32Array.of(0.1, 0.2, 0.3),
    basis: [Float32Array.of(1, 0, 0.5), Float32Array.of(0, 1, -1)],
  });
  const likelihood = gaussianLikelihood({ variance: 0.5 });
  const z = Float64Array.of(0.4, -0.7);

  it('tempers gradients, Gauss–Newton and minibatches, and leaves pointwise alone', () => {
    const target = subspacePosterior(network, plane, data, { likelihood, priorStd: 2, temperature: 4 });
    // Weights are rounded to float32, so differences need a wide step; on a quadratic they are exact at any width.
    const [{ value, gradient }] = target.valuesAndGradients([z]) as { value: number; gradient: Vector }[];
    differences((point) => (target.values([point]) as Float64Array)[0], z, 0.1).forEach((d, k) => {
      expect(gradient[k]).toBeCloseTo(d, 3);
    });
    const pointwise = target.pointwise(z) as Float64Array;
    const sum = pointwise.reduce((a, b) => a + b, 0);
    expect(value).toBeCloseTo(sum / 4 + gaussianLogDensity(isotropicGaussian(2, 2), z), 10);
    // A linear model: the Hessian of the negative log posterior is its Gauss–Newton matrix.
    const matrix = target.gaussNewton(z) as Float64Array;
    for (const i of [0, 1]) {
      const row = differences(
        (point) => (target.valuesAndGradients([point]) as { value: number; gradient: Vector }[])[0].gradient[i],
        z,
        0.1,
      );
      row.forEach((d, j) => {
        expect(matrix[2 * i + j]).toBeCloseTo(-d, 3);
      });
    }
    const halves = [0, 10].map((start) => {
      const rows = Int32Array.from({ length: 10 }, (_, i) => start + i);
      return (target.minibatch([z], rows) as { value: number; gradient: Vector }[])[0];
    });
    expect((halves[0].value + halves[1].value) / 2).toBeCloseTo(value, 10);
    expect((halves[0].gradient[1] + halves[1].gradient[1]) / 2).toBeCloseTo(gradient[1], 10);
    expect(target.rows).toBe(20);
    target.dispose();
  });

  it('rejects subspaces of other networks and bad options', () => {
    const other = weightLayout([
      { name: 'w', shape: [2] },
      { name: 'c', shape: [1] },
    ]);
    const options = { likelihood, priorStd: 1 };
    expect(() => subspacePosterior(network, { ...plane, layout: other }, data, options)).toThrow(
      'subspacePosterior: subspace has c [1] as tensor 1, expected b [1]',
    );
    expect(() => subspacePosterior(network, plane, data, { ...options, priorStd: -1 })).toThrow('priorStd is -1');
    expect(() => subspacePosterior(network, plane, data, { ...options, likelihood: { kind: 'z' } as never })).toThrow(
      'subspacePosterior: likelihood.kind is "z"',
    );
    expect(() => subspacePosterior(network, plane, data, { ...options, temperature: 0 })).toThrow('temperature is 0');
    expect(() => subspacePosterior(network, plane, data, { ...options, prior: 1 } as never)).toThrow(
      'option prior is unknown',
    );
    const broken = { ...plane, shift: Float32Array.of(Number.NaN, 0, 0) };
    expect(() => subspacePosterior(network, broken, data, options)).toThrow('shift[0] is NaN');
  });
});

describe('likelihoods', () => {
  it('are log densities with all constants: they integrate to one', () => {
    const integral = (f: (y: number) => number) => {
      let sum = 0;
      for (let y = -30; y < 30; y += 1e-3) sum += Math.exp(f(y)) * 1e-3;
      return sum;
    };
    expect(integral((y) => gaussianLikelihood({ variance: 2 }).logDensity(Float64Array.of(0.7), [y]))).toBeCloseTo(
      1,
      6,
    );
    expect(integral((y) => heteroscedasticGaussianLikelihood().logDensity(Float64Array.of(0.7, 3), [y]))).toBeCloseTo(
      1,
      6,
    );
    const logits = Float64Array.of(1, -2, 800);
    const total = [0, 1, 2].reduce((sum, c) => sum + Math.exp(categoricalLikelihood().logDensity(logits, [c])), 0);
    expect(total).toBeCloseTo(1, 12);
    for (const logit of [0, 1.3, -40, 800]) {
      const [no, yes] = [0, 1].map((y) => binaryLikelihood().logDensity(Float64Array.of(logit), [y]));
      expect(Math.exp(no) + Math.exp(yes)).toBeCloseTo(1, 12);
      expect(yes - no).toBeCloseTo(logit, 12);
      // Of two classes whose first logit is 0.
      expect(yes).toBeCloseTo(categoricalLikelihood().logDensity(Float64Array.of(0, logit), [1]), 12);
    }
  });

  it('sum over the outputs of a row', () => {
    const one = gaussianLikelihood({ variance: 2 });
    expect(one.logDensity(Float64Array.of(1, 2), [0, 4])).toBeCloseTo(
      one.logDensity(Float64Array.of(1), [0]) + one.logDensity(Float64Array.of(2), [4]),
      12,
    );
    const two = heteroscedasticGaussianLikelihood();
    expect(two.logDensity(Float64Array.of(1, 2, 3, 4), [0, 5])).toBeCloseTo(
      two.logDensity(Float64Array.of(1, 3), [0]) + two.logDensity(Float64Array.of(2, 4), [5]),
      12,
    );
  });

  it('reject outputs of another width and labels out of range', () => {
    expect(() => gaussianLikelihood(undefined as never)).toThrow('gaussianLikelihood: options is undefined');
    expect(() => gaussianLikelihood({ variance: 1, std: 1 } as never)).toThrow('option std is unknown');
    expect(() => gaussianLikelihood({ variance: 0 })).toThrow('gaussianLikelihood: variance is 0');
    expect(() => gaussianLikelihood({ variance: 1 }).logDensity(Float64Array.of(1, 2), [0])).toThrow(
      'outputs has length 2, expected 1',
    );
    expect(() => heteroscedasticGaussianLikelihood().logDensity(Float64Array.of(1), [0])).toThrow(
      'outputs has length 1, expected 2',
    );
    expect(() => categoricalLikelihood().logDensity(Float64Array.of(1, 2), [2])).toThrow(
      'target is 2, expected a label from 0 to 1',
    );
    const binary = binaryLikelihood();
    expect(() => binary.logDensity(Float64Array.of(1, 2), [1])).toThrow('outputs has length 2, expected 1');
    expect(() => binary.logDensity(Float64Array.of(1), [0.5])).toThrow(
      'binaryLikelihood: target is 0.5, expected 0 or 1',
    );
    expect(() => binary.logDensity(Float64Array.of(1), [2])).toThrow('target is 2, expected 0 or 1');
    expect(() => categoricalLikelihood().logDensity(Float64Array.of(1, 2), [0, 1])).toThrow(
      'target has 2 values, expected one label: one-hot? give class numbers',
    );
  });

  it('logSumExp neither overflows nor underflows', () => {
    expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2), 12);
    expect(logSumExp([-1000, -1000])).toBeCloseTo(-1000 + Math.log(2), 12);
    expect(logSumExp([])).toBe(-Infinity);
    expect(logSumExp([-Infinity, 0])).toBe(0);
  });
});

import { arraysDataset, gaussianLikelihood, type Network } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { hessianEigenvalues, hessianTrace, spectralDensity } from '@subspace/laplace';
import { describe, expect, it } from 'vitest';

/**
 * A line without activation has the Hessian XᵀX of its inputs with a column of ones: here diagonal but for the bias, with a given spectrum. Inputs are ±√(λ/2) on one axis each, so that they are
 * centred, and the bias has the number of rows.
 */
function lineWith(spectrum: readonly number[]) {
  const d = spectrum.length;
  const inputs = new Float32Array(2 * d * d);
  spectrum.forEach((value, k) => {
    inputs[2 * k * d + k] = Math.sqrt(value / 2);
    inputs[(2 * k + 1) * d + k] = -Math.sqrt(value / 2);
  });
  const network = denseNetwork({ sizes: [d, 1], weights: new Float32Array(d + 1), threads: 1 });
  const data = arraysDataset({
    inputs: { data: inputs, shape: [2 * d, d] },
    targets: { data: new Float32Array(2 * d), shape: [2 * d, 1] },
  });
  return { network, weights: new Float32Array(d + 1), data, likelihood: gaussianLikelihood({ variance: 1 }) };
}

/** The network without second derivatives, as of another engine. */
const withoutHessian = (network: Network): Network => ({ ...network, hessianTimes: undefined });

describe('hessianEigenvalues', () => {
  it.each([
    ['exact', (network: Network) => network],
    ['differences', withoutHessian],
  ] as const)('finds the outer eigenvalues, by %s products', async (kind, of) => {
    const spectrum = [100, 60, 55, 50, 9, 5, 4, 1, 0.5, 0.25, 0.125, 0];
    const { network, weights, data, likelihood } = lineWith(spectrum);
    const found = await hessianEigenvalues(of(network), weights, data, { likelihood, top: 6, bottom: 2 });
    // 24, the number of rows, is the bias's own.
    const expected = [100, 60, 55, 50, 24, 9];
    expect(found.products.kind).toBe(kind);
    found.top.values.forEach((value, k) => {
      expect(Math.abs(value - expected[k])).toBeLessThan(kind === 'exact' ? 1e-4 : 1e-2);
    });
    [0, 0.125].forEach((value, k) => {
      expect(Math.abs(found.bottom.values[k] - value)).toBeLessThan(kind === 'exact' ? 1e-4 : 1e-2);
    });
    expect(Math.abs(found.top.vectors[0][0])).toBeCloseTo(1, 3);
  });

  it('finds an eigenvalue as often as it is there once it has gone through all directions', async () => {
    const { network, weights, data, likelihood } = lineWith([100, 50, 50, 50, 9, 4, 4, 0, 0]);
    const options = { likelihood, top: 5, bottom: 2, tolerance: 1e-15 };
    const { top, bottom, steps } = await hessianEigenvalues(network, weights, data, options);
    expect(steps).toBe(10);
    [100, 50, 50, 50, 18].forEach((value, k) => {
      expect(top.values[k]).toBeCloseTo(value, 4);
    });
    expect(Math.max(...bottom.values.map(Math.abs))).toBeLessThan(1e-4);
  });

  it('knows the eigenvalues of some layers only, and vectors that are 0 elsewhere', async () => {
    const { network, weights, data, likelihood } = lineWith([3, 2, 1]);
    const options = { likelihood, top: 2, layers: ['linear0.weight'] };
    const { top } = await hessianEigenvalues(network, weights, data, options);
    expect(top.values[0]).toBeCloseTo(3, 5);
    expect(top.values[1]).toBeCloseTo(2, 5);
    expect(top.vectors.map((vector) => vector[3])).toEqual([0, 0]);
  });

  it('says what is wrong', async () => {
    const { network, weights, data, likelihood } = lineWith([3, 2, 1]);
    const run = (options: object, w = weights) =>
      hessianEigenvalues(network, w, data, { likelihood, ...options } as Parameters<typeof hessianEigenvalues>[3]);
    await expect(run({ top: 5 })).rejects.toThrow('hessianEigenvalues: top + bottom is 5, expected 1 to 4');
    await expect(run({ top: 0 })).rejects.toThrow('hessianEigenvalues: top + bottom is 0');
    await expect(run({ tolerance: 0, top: 1 })).rejects.toThrow('hessianEigenvalues: tolerance is 0');
    await expect(run({ matrix: 'fisher', top: 1 })).rejects.toThrow(
      `hessianEigenvalues: matrix is "fisher", expected 'hessian' or 'gauss-newton'`,
    );
    await expect(run({ tops: 1 })).rejects.toThrow('hessianEigenvalues: option tops is unknown');
    await expect(run({ layers: ['linear1'] })).rejects.toThrow(
      'hessianEigenvalues: layers has "linear1", expected names of layers or tensors: linear0',
    );
    await expect(run({ layers: [] })).rejects.toThrow('hessianEigenvalues: layers is empty');
    await expect(run({}, new Float32Array(3))).rejects.toThrow('hessianEigenvalues: weights has length 3, expected 4');
    await expect(run({}, Float32Array.of(0, 0, NaN, 0))).rejects.toThrow('hessianEigenvalues: weights[2] is NaN');
    const custom = { kind: 'custom', logDensity: () => 0 };
    await expect(run({ likelihood: custom })).rejects.toThrow('hessianEigenvalues: likelihood is a custom one');
  });

  it('tells its steps, and ends when it is cancelled', async () => {
    const { network, weights, data, likelihood } = lineWith([3, 2, 1]);
    const steps: number[] = [];
    const controller = new AbortController();
    const onProgress = ({ step }: { step: number }) => {
      steps.push(step);
      if (step === 2) controller.abort('enough');
    };
    const options = { likelihood, top: 1, signal: controller.signal, onProgress };
    await expect(hessianEigenvalues(network, weights, data, options)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(steps).toEqual([1, 2]);
  });
});

describe('derivatives that overflow', () => {
  it.each([
    ['exact', (network: Network) => network],
    ['differences', withoutHessian],
  ] as const)('are an error, never eigenvalues, by %s products', async (_, of) => {
    const dense = denseNetwork({ sizes: [1, 2, 2, 1], activation: 'relu', seed: 1, threads: 1 });
    const network = of(dense);
    const weights = new Float32Array(dense.layout.size).fill(1e30);
    const one = { data: Float32Array.of(1), shape: [1, 1] };
    const data = arraysDataset({ inputs: one, targets: one });
    const options = { likelihood: gaussianLikelihood({ variance: 1 }) };
    for (const [where, run] of [
      ['hessianEigenvalues', () => hessianEigenvalues(network, weights, data, { ...options, top: 1 })],
      ['hessianTrace', () => hessianTrace(network, weights, data, options)],
      ['spectralDensity', () => spectralDensity(network, weights, data, options)],
    ] as const) {
      await expect(run()).rejects.toThrow(
        new RegExp(`^${where}: the curvature along a direction is (NaN|-?Infinity), expected a finite number`),
      );
    }
    dense.dispose();
  });
});

describe('hessianTrace', () => {
  it('is within four standard errors of the trace, of either matrix', async () => {
    const { network, weights, data, likelihood } = lineWith([5, 3, 1]);
    // Of a diagonal matrix every vector of signs gives the trace itself.
    const exact = await hessianTrace(network, weights, data, { likelihood, probes: 5 });
    expect(exact.trace).toBeCloseTo(15, 4);
    expect(exact.standardError).toBeLessThan(1e-5);

    const inputs = { data: Float32Array.of(1, 2, -1, 0.5, 3, 1), shape: [3, 2] };
    const line = denseNetwork({ sizes: [2, 1], weights: new Float32Array(3), threads: 1 });
    const some = arraysDataset({ inputs, targets: { data: new Float32Array(3), shape: [3, 1] } });
    for (const matrix of ['hessian', 'gauss-newton'] as const) {
      const found = await hessianTrace(line, new Float32Array(3), some, { likelihood, matrix, probes: 200, seed: 1 });
      expect(found.standardError).toBeGreaterThan(0.1);
      expect(Math.abs(found.trace - (1 + 4 + 1 + 0.25 + 9 + 1 + 3))).toBeLessThan(4 * found.standardError);
    }
  });
});

describe('spectralDensity', () => {
  it('has the moments of the spectrum, and a density that adds up to 1', async () => {
    const spectrum = [8, 6, 4, 2, 1, 0];
    const { network, weights, data, likelihood } = lineWith(spectrum);
    const all = [...spectrum, 12];
    const options = { likelihood, probes: 100, seed: 1 };
    const { nodes, weights: parts, density } = await spectralDensity(network, weights, data, options);
    const moment = (power: number) => parts.reduce((sum, part, k) => sum + part * nodes[k] ** power, 0);
    expect(moment(0)).toBeCloseTo(1, 10);
    // A direction has as much of an eigenvector as a Dirichlet's share: its standard deviation, over 100 of them.
    for (const power of [1, 2]) {
      const mean = all.reduce((sum, value) => sum + value ** power, 0) / all.length;
      const spread = all.reduce((sum, value) => sum + (value ** power - mean) ** 2, 0) / all.length;
      const error = Math.sqrt((2 * spread) / (all.length + 2) / 100);
      expect(Math.abs(moment(power) - mean)).toBeLessThan(4 * error);
    }
    const at = Float64Array.from({ length: 400 }, (_, i) => -3 + 0.05 * i);
    expect(density(at, 0.2).reduce((sum, value) => sum + 0.05 * value, 0)).toBeCloseTo(1, 3);
    for (const node of nodes) expect(Math.min(...all.map((value) => Math.abs(node - value)))).toBeLessThan(1e-4);
  });
});

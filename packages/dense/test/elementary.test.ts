import { gaussianLikelihood, heteroscedasticGaussianLikelihood } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import type { KernelBuild } from '../src/kernels/kernel-build.ts';
import type { Activation } from '../src/network-structure.ts';
import { builds, outputStand, subspaceStand } from './kernel-stand.ts';
import { activationFunctions, logistic } from './reference-network.ts';

/** The elementary functions of the kernels, each seen through a network with one unit. */

/** 2⁻²³: one unit in the last place of 1. */
const ULP = 2 ** -23;
const common = { blockRows: 96, weighted: false, salt: 0 } as const;

describe.each(builds)('elementary functions: $name', (build) => {
  it.each(['tanh', 'gelu', 'silu'] as const)('%s and its derivative', (activation) => {
    const x = grid(-30, 30);
    const { value, slope } = activationFunctions[activation];
    const { values, slopes } = hiddenUnit(build, activation, x);
    expect(worst(values, x.map(value), 1)).toBeLessThan(2.5);
    expect(worst(slopes, x.map(slope), 1)).toBeLessThan(2.5);
    // Small values are as precise, but those of GELU, which are as PyTorch's: 1 + erf cancels.
    if (activation !== 'gelu') expect(worst(values, x.map(value), 1e-9)).toBeLessThan(2.5);
  });

  it('softplus, and its derivative the logistic function, in the tails too', () => {
    const rho = grid(-60, 80);
    const { values, slopes } = variance(build, rho);
    const softplus = rho.map((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
    expect(worst(values, softplus, 0)).toBeLessThan(3);
    expect(worst(slopes, rho.map(logistic), 0)).toBeLessThan(3);
  });

  it('log', () => {
    const x = Float64Array.from(Float32Array.from(grid(-80, 80), Math.exp));
    expect(
      worst(
        logOf(build, x),
        x.map((value) => Math.log(value)),
        1,
      ),
    ).toBeLessThan(3);
  });
});

/** Worst error, in units of the last place of what is expected, or of `floor` if that is more. */
function worst(actual: ArrayLike<number>, expected: Float64Array, floor: number): number {
  return expected.reduce((most, e, i) => {
    return Math.max(most, Math.abs(actual[i] - e) / Math.max(Math.abs(e), floor) / ULP);
  }, 0);
}

/** Numbers of single precision between two, evenly, and towards 0 ever closer. */
function grid(from: number, to: number): Float64Array {
  const even = Float64Array.from({ length: 4001 }, (_, i) => from + ((to - from) * i) / 4000);
  const small = Float64Array.from({ length: 600 }, (_, i) => (i % 2 && from < 0 ? -1 : 1) * 2 ** (-i / 20));
  return Float64Array.from(Float32Array.of(...even, ...small)).filter((x) => x >= from && x <= to);
}

function hiddenUnit(build: KernelBuild, activation: Activation, x: Float64Array) {
  const stand = outputStand(build, {
    ...{ ...common, sizes: [1, 1, 1], activation, head: 'identity', globalVariance: 0, rows: x.length },
    likelihood: gaussianLikelihood({ variance: 1 }),
    given: { weights: Float32Array.of(1, 0, 1, 0), inputs: Float32Array.from(x), targets: new Float32Array(x.length) },
  });
  // The direction of the hidden unit's bias.
  return { values: stand.outputs(), slopes: stand.times(Float32Array.of(0, 1, 0, 0)) };
}

/** softplus(ρ) and its derivative. */
function variance(build: KernelBuild, rho: Float64Array) {
  const stand = outputStand(build, {
    ...{
      ...common,
      sizes: [1, 2],
      activation: 'relu',
      head: 'heteroscedastic',
      globalVariance: -1e30,
      rows: rho.length,
    },
    likelihood: heteroscedasticGaussianLikelihood(),
    given: {
      weights: Float32Array.of(0, 1, 0, 0),
      inputs: Float32Array.from(rho),
      targets: new Float32Array(rho.length),
    },
  });
  const second = (planes: Float32Array) => planes.filter((_, i) => i % 2 === 1);
  return { values: second(stand.outputs()), slopes: second(stand.times(Float32Array.of(0, 0, 0, 1))) };
}

/** log x as it is in log N(0 | 0, x) = −½(log 2π + log x). */
function logOf(build: KernelBuild, x: Float64Array): Float64Array {
  const stand = subspaceStand(
    build,
    {
      ...{ ...common, sizes: [1, 2], activation: 'relu', head: 'identity', globalVariance: 0, rows: x.length },
      likelihood: heteroscedasticGaussianLikelihood(),
      given: {
        weights: Float32Array.of(0, 1, 0, 0),
        inputs: Float32Array.from(x),
        targets: new Float32Array(x.length),
      },
    },
    { dim: 1, points: [Float32Array.of(0)], shardRows: x.length, linear: false },
  );
  return stand.rowValues().map((value) => -2 * value - Math.log(2 * Math.PI));
}

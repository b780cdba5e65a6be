import {
  constrained,
  isotropicGaussian,
  type LogDensity,
  posterior,
  sample,
  type ValueAlgorithm,
} from '@subspace/core';
import { askGradients, askValues } from '@subspace/core/internals';
import { describe, expect, it } from 'vitest';

const points = [Float64Array.of(1, 2), Float64Array.of(3, 4)];
const answering = (answer: unknown) => ({
  dim: 2,
  values: () => answer as never,
  valuesAndGradients: () => answer as never,
});

describe('askValues', () => {
  it.each([
    [undefined, 'undefined points, expected 2'],
    [null, 'null points, expected 2'],
    [{}, 'Object points, expected 2'],
    [Float64Array.of(1), '1 points, expected 2'],
    [Float64Array.of(1, 2, 3), '3 points, expected 2'],
    [[1, undefined], 'undefined at point 1, expected a number'],
    [['1', 2], '"1" at point 0, expected a number'],
    [[1n, 2n], '1 at point 0, expected a number'],
  ])('refuses %o, at once or promised', async (answer, message) => {
    expect(() => askValues('walk', answering(answer), points)).toThrow(`walk: the target answered ${message}`);
    await expect(askValues('walk', answering(Promise.resolve(answer)), points)).rejects.toThrow(message);
  });

  it('hands on what fits, NaN and infinities too', () => {
    const values = Float64Array.of(Number.NaN, -Infinity);
    expect(askValues('walk', answering(values), points)).toBe(values);
  });
});

describe('askGradients', () => {
  const gradient = Float64Array.of(1, 2);
  it.each([
    [undefined, 'undefined points, expected 2'],
    [[{ value: 1, gradient }], '1 points, expected 2'],
    [[undefined, undefined], 'undefined at point 0, expected { value, gradient } with a gradient of length 2'],
    [[{ value: 1, gradient }, { value: 1 }], 'Object at point 1'],
    [
      [
        { value: 1, gradient },
        { value: 1, gradient: gradient.slice(1) },
      ],
      'a gradient of length 1 at point 1',
    ],
    [
      [
        { value: '1', gradient },
        { value: 1, gradient },
      ],
      'a gradient of length 2 at point 0',
    ],
  ])('refuses %o', (answer, message) => {
    expect(() => askGradients('walk', answering(answer), points)).toThrow(`walk: the target answered ${message}`);
  });
});

describe('a density that throws nothing', () => {
  const walk = (target: LogDensity): ValueAlgorithm<{ z: Float64Array }, object> => ({
    ...{ name: 'walk', needs: 'values', target, prior: isotropicGaussian(2, 1) },
    position: ({ z }) => z,
    *init(_random, z) {
      yield z;
      return { z };
    },
    *step(_random, { z }) {
      yield z;
      return { state: { z }, info: {} };
    },
  });
  const throwing = (values: () => never): LogDensity => ({ dim: 2, values });
  const throws = throwing(() => {
    throw undefined;
  });
  const rejects = throwing(() => Promise.reject(undefined) as never);

  it.each([throws, rejects])('is named by what asked', async (target) => {
    const message = 'the target threw undefined, expected values or an error';
    await expect(sample(walk(target), { draws: 2, seed: 1 })).rejects.toThrow(`sample: ${message}`);
    const tempered = posterior({ logLikelihood: target, priorStd: 1 });
    await expect((async () => tempered.values(points))()).rejects.toThrow(`posterior: ${message}`);
    const free = constrained(target, { scales: { kind: 'positive', size: 2 } });
    await expect((async () => free.values(points))()).rejects.toThrow(`constrained: ${message}`);
  });
});

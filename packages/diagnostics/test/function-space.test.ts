import { randomSource } from '@subspace/core';
import { essBulk, functionEssBulk, functionRHat, rHat } from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';

/** f(x) = a·relu(b·x) with the two units of a network in either order: weights disagree, functions don't. */
function twoUnits(order: 0 | 1, seed: number) {
  const random = randomSource(seed);
  return Array.from({ length: 400 }, () => {
    const units = [
      { a: 1 + 0.1 * random.normal(), b: 1 },
      { a: 2 + 0.1 * random.normal(), b: -1 },
    ];
    const placed = order === 0 ? units : [units[1], units[0]];
    const f = (x: number) => units.reduce((sum, { a, b }) => sum + a * Math.max(0, b * x), 0);
    return { weights: placed.flatMap(({ a, b }) => [a, b]), predictions: Float32Array.of(f(-1), f(0.5), f(2)) };
  });
}

describe('R̂ and effective draws in function space', () => {
  const chains = [twoUnits(0, 1), twoUnits(1, 2), twoUnits(0, 3), twoUnits(1, 4)];
  const predictions = chains.map((chain) => chain.map((draw) => draw.predictions));

  it('are those of each point', () => {
    const at = (p: number) => predictions.map((chain) => chain.map((said) => said[p]));
    expect([...functionRHat(predictions)]).toEqual([0, 1, 2].map((p) => rHat(at(p))));
    expect([...functionEssBulk(predictions)]).toEqual([0, 1, 2].map((p) => essBulk(at(p))));
  });

  it('see that functions agree where weights do not', () => {
    expect(Math.max(...functionRHat(predictions))).toBeLessThan(1.01);
    expect(Math.min(...functionEssBulk(predictions))).toBeGreaterThan(1000);
    expect(functionRHat(chains.map((chain) => chain.map(({ weights }) => weights)))[0]).toBeGreaterThan(1.5);
  });

  it('see a chain in another place', () => {
    const one = predictions.map((chain, c) => (c === 3 ? chain.map((said) => said.map((y) => y + 1)) : chain));
    expect(Math.min(...functionRHat(one))).toBeGreaterThan(1.1);
  });

  it('say what is wrong', () => {
    expect(() => functionRHat([])).toThrow('functionRHat: predictions are empty, expected at least one chain');
    expect(() => functionRHat([[]])).toThrow('functionRHat: predictions[0] is empty, expected at least one draw');
    expect(() => functionRHat([[[]]])).toThrow('functionRHat: predictions[0][0] is empty, expected at least one point');
    expect(() =>
      functionEssBulk([
        [[1, 2]],
        [
          [1, 2],
          [1, 2],
        ],
      ]),
    ).toThrow('functionEssBulk: predictions[1] has length 2, expected 1');
    expect(() => functionEssBulk([[[1, 2], [1]]])).toThrow(
      'functionEssBulk: predictions[0][1] has length 1, expected 2',
    );
    expect(functionRHat([[[1], [2], [3], [4]]])[0]).toBeNaN();
  });
});

import { randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { minibatches } from '../src/minibatches.ts';

describe('minibatches', () => {
  it('go through all rows once an epoch, each in another order', () => {
    const batches = minibatches(10, 4, 1, randomSource(1));
    expect(batches.stepsPerEpoch).toBe(3);
    const epoch = (number: number) => [0, 1, 2].flatMap((batch) => [...batches.rows(3 * number + batch)]);
    expect([0, 1, 2].map((batch) => batches.rows(batch).length)).toEqual([4, 4, 2]);
    expect(epoch(0).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(epoch(1)).not.toEqual(epoch(0));
  });

  it('of a step depend on its number only', () => {
    const [batches, others] = [minibatches(10, 4, 1, randomSource(1)), minibatches(10, 4, 1, randomSource(1))];
    for (let step = 0; step < 7; step++) batches.rows(step);
    expect(batches.rows(7)).toEqual(others.rows(7));
  });

  it('leave no row alone where there must be two', () => {
    expect(minibatches(9, 4, 2, randomSource(1)).stepsPerEpoch).toBe(2);
    expect(minibatches(9, 4, 2, randomSource(1)).rows(1).length).toBe(5);
  });
});

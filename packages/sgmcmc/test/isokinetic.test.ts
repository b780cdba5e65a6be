import { type Evaluation, randomSource } from '@subspace/core';
import { describe, expect, it } from 'vitest';
import { anyDirection, type Flight, flown, scattered } from '../src/isokinetic.ts';
import { diagonalTarget } from './diagonal-target.ts';

const target = diagonalTarget(6, 4);
const scales = Float64Array.of(1, 2, 0.5, 1, 1, 3);
const at = (z: Float64Array): Evaluation => target.valuesAndGradients([z])[0];

function start(seed: number): Flight {
  const random = randomSource(seed);
  const position = Float64Array.from({ length: 6 }, random.normal);
  return { position, ...at(position), direction: anyDirection(random, 6) };
}

function fly(flight: Flight, stepSize: number): number {
  const steps = flown(flight, scales, stepSize);
  let result = steps.next();
  while (!result.done) result = steps.next(at(result.value));
  return result.value;
}

describe('isokinetic steps', () => {
  it('keep directions at length 1, and the energy up to the third power of the step', () => {
    const errors = [0.4, 0.2, 0.1].map((stepSize) => {
      const flight = start(1);
      const error = fly(flight, stepSize);
      expect(Math.hypot(...flight.direction)).toBeCloseTo(1, 14);
      return Math.abs(error);
    });
    for (const i of [1, 2]) expect(Math.log2(errors[i - 1] / errors[i])).toBeGreaterThan(2.5);
  });

  it('lead back when turned round, and the energy error with them', () => {
    const flight = start(2);
    const before = { position: flight.position.slice(), direction: flight.direction.slice() };
    const there = fly(flight, 0.7);
    flight.direction.forEach((u, k) => {
      flight.direction[k] = -u;
    });
    const back = fly(flight, 0.7);
    expect(back).toBeCloseTo(-there, 10);
    flight.position.forEach((z, k) => {
      expect(z).toBeCloseTo(before.position[k], 10);
    });
    flight.direction.forEach((u, k) => {
      expect(u).toBeCloseTo(-before.direction[k], 10);
    });
  });

  it('go straight where there is no slope', () => {
    const flight = { ...start(3), gradient: new Float64Array(6) };
    const { position, direction } = { position: flight.position.slice(), direction: flight.direction.slice() };
    const steps = flown(flight, scales, 0.5);
    let result = steps.next();
    while (!result.done) result = steps.next({ value: flight.value, gradient: new Float64Array(6) });
    expect(result.value).toBe(0);
    flight.position.forEach((z, k) => {
      expect(z).toBeCloseTo(position[k] + 0.5 * scales[k] * direction[k], 12);
    });
  });

  it('are scattered so that a direction is forgotten after its length', () => {
    const random = randomSource('scattered');
    // After steps of an n-th of the length each, what is left along the first direction is about e⁻¹ at n of them.
    const left = Array.from({ length: 400 }, () => {
      const direction = anyDirection(random, 50);
      const first = direction.slice();
      for (let i = 0; i < 20; i++) scattered(direction, random, 1 / 20);
      return direction.reduce((sum, u, k) => sum + u * first[k], 0);
    });
    const mean = left.reduce((sum, value) => sum + value, 0) / 400;
    expect(Math.abs(mean - Math.exp(-1))).toBeLessThan(0.03);
  });
});

import { randomSource } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { expect, it } from 'vitest';
import { priorStdByMoments } from '../src/prior-by-moments.ts';

it('has functions as large as the targets, in the mean over draws of the prior', async () => {
  const random = randomSource('moments');
  const [rows, sizes] = [20, [3, 20, 15, 1]];
  const inputs = Float32Array.from({ length: 3 * rows }, random.normal);
  const targets = Float32Array.from({ length: rows }, () => 2 * random.normal());
  const std = priorStdByMoments(sizes, inputs, targets);
  const network = denseNetwork({ sizes, seed: 1, threads: 1 });
  let sum = 0;
  const draws = 1000;
  for (let draw = 0; draw < draws; draw++) {
    const weights = Float32Array.from({ length: network.layout.size }, () => std * random.normal());
    const outputs = await network.predict({ data: inputs, shape: [rows, 3] }, { weights });
    for (const y of outputs.data) sum += (y * y) / rows;
  }
  network.dispose();
  const wanted = targets.reduce((total, y) => total + (y * y) / rows, 0);
  expect(sum / draws / wanted).toBeGreaterThan(0.9);
  expect(sum / draws / wanted).toBeLessThan(1.1);
});

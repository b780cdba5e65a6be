import { createRequire } from 'node:module';
import { type BackendName, useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';

/** The native backend, where NODE_PATH leads to it. */
export const nativeIsThere: boolean = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'].some((name) => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
});

/** The same tests on every backend; each must leave as many tensors as it found. Native skips, visibly, where it is not installed. */
export function describeBackends(
  title: string,
  tests: (backend: BackendName) => void,
  only?: readonly BackendName[],
): void {
  for (const backend of only ?? (['cpu', 'wasm', 'native'] as const)) {
    if (backend === 'native' && !nativeIsThere) {
      describe.skip(`${title} on native (no tfjs-node in NODE_PATH)`, () => tests(backend));
      continue;
    }
    describe(`${title} on ${backend}`, () => {
      let before = 0;
      beforeAll(async () => {
        await useBackend(backend);
      });
      beforeEach(() => {
        before = tf.memory().numTensors;
      });
      afterEach(() => {
        expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
      });
      tests(backend);
    });
  }
}

/** |actual − expected| ≤ absolute + relative·max|expected|, for every entry. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 0, absolute = 0 }: { relative?: number; absolute?: number },
): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(actual[i] - expected[i]) <= absolute + relative * scale)) {
      expect.fail(`entry ${i} is ${actual[i]}, expected ${expected[i]} within ${absolute + relative * scale}`);
    }
  }
}

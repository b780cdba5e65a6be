import { useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from './backends.ts';

const random = (shape: [number, number] | [number, number, number], seed: number) =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

/** a·b in float64, from the values and the flags. */
function reference(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const [x, y] = [a.dataSync(), b.dataSync()];
  const [rows, inner] = (transposeA ? [a.shape[1], a.shape[0]] : [a.shape[0], a.shape[1]]) as number[];
  const columns = transposeB ? b.shape[0] : (b.shape[1] as number);
  return Array.from({ length: rows * columns }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum += x[transposeA ? k * rows + r : r * inner + k] * y[transposeB ? c * inner + k : k * columns + c];
    }
    return sum;
  });
}

describe('transposed matrix products on wasm', () => {
  beforeAll(async () => {
    await useBackend('wasm');
  });

  for (const [transposeA, transposeB] of [
    [true, false],
    [false, true],
    [true, true],
    [false, false],
  ]) {
    it(`are right with ${transposeA ? 'aᵀ' : 'a'} and ${transposeB ? 'bᵀ' : 'b'}, vectors included, and leave nothing behind`, () => {
      for (const [rows, inner, columns] of [
        [5, 7, 3],
        [1, 4, 6],
        [6, 1, 1],
        [4, 9, 1],
      ]) {
        const a = random(transposeA ? [inner, rows] : [rows, inner], 1);
        const b = random(transposeB ? [columns, inner] : [inner, columns], 2);
        const before = tf.memory();
        const product = tf.matMul(a, b, transposeA, transposeB);
        expect(product.shape).toEqual([rows, columns]);
        expectClose(product.dataSync(), reference(a, b, transposeA, transposeB), { absolute: 1e-5 });
        product.dispose();
        expect(tf.memory()).toEqual(before);
        tf.dispose([a, b]);
      }
    });
  }

  it('fuse bias and activation', () => {
    tf.tidy(() => {
      const [a, b, bias] = [random([7, 5], 1), random([3, 7], 2), tf.tensor1d([1, -1, 0])];
      const fused = tf.fused.matMul({ a, b, transposeA: true, transposeB: true, bias, activation: 'relu' });
      const expected = reference(a, b, true, true).map((x, i) => Math.max(0, x + [1, -1, 0][i % 3]));
      expectClose(fused.dataSync(), expected, { absolute: 1e-5 });
    });
  });

  it('leave batches of products as they were', () => {
    tf.tidy(() => {
      const [a, b] = [random([2, 4, 3], 1), random([2, 4, 5], 2)];
      const product = tf.matMul(a, b, true, false);
      expect(product.shape).toEqual([2, 3, 5]);
      const [first] = tf.unstack(a) as tf.Tensor2D[];
      const [second] = tf.unstack(b) as tf.Tensor2D[];
      expectClose(product.dataSync().slice(0, 15), reference(first, second, true, false), { absolute: 1e-5 });
    });
  });

  it('are registered once, however often a backend is chosen', async () => {
    const kernel = tf.getKernel('BatchMatMul', 'wasm');
    await useBackend('cpu');
    await useBackend('wasm');
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(kernel);
  });
});

import { useBackend } from '@subspace/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { nativeIsThere } from './backends.ts';

describe('useBackend', () => {
  it('leaves no listeners on the process: a program that crashes prints its own error, not the glue code of WebAssembly', async () => {
    const count = () => ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
    const before = count();
    await useBackend('wasm');
    expect(count()).toEqual(before);
  });

  it('takes the native backend where it loads, else wasm, and says in one line which and why', async () => {
    const { name, reason } = await useBackend('auto');
    expect(name).toBe(nativeIsThere ? 'native' : 'wasm');
    expect(tf.getBackend()).toBe(nativeIsThere ? 'tensorflow' : 'wasm');
    expect(reason).toMatch(
      nativeIsThere
        ? /^native: @tensorflow\/tfjs-node(-gpu)? loads$/
        : /^wasm: SIMD is supported; not native: neither .* is installed$/,
    );
  });

  it('changes backends as often as asked, and computes on the one in use', async () => {
    for (const name of ['cpu', 'wasm', 'cpu', 'wasm', 'wasm'] as const) {
      expect((await useBackend(name)).name).toBe(name);
      expect(tf.getBackend()).toBe(name);
      expect(tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync()[0])).toBe(3);
    }
  });

  it('leaves TensorFlow.js’s production flag as it was', async () => {
    await useBackend('cpu');
    expect(tf.env().getBool('PROD')).toBe(false);
  });

  it('rejects unknown names and options, and backends that are not here', async () => {
    await expect(useBackend('gpu' as 'cpu')).rejects.toThrow(
      'useBackend: name is "gpu", expected auto, native, wasm, webgpu or cpu',
    );
    await expect(useBackend('cpu', { wasmPath: '' } as object)).rejects.toThrow('option wasmPath is unknown');
    await expect(useBackend('webgpu')).rejects.toThrow(
      /backend that works here \(not webgpu: .*webgpu is not installed/,
    );
    if (!nativeIsThere) await expect(useBackend('native')).rejects.toThrow('not native: neither');
  });

  it.skipIf(!nativeIsThere)(
    'shares tensors and kernels with the native backend’s own copy of TensorFlow.js',
    async () => {
      await useBackend('native');
      const x = tf.tensor1d([1, 2, 3]);
      await useBackend('wasm');
      expect([...tf.tidy(() => tf.mul(x, 2)).dataSync()]).toEqual([2, 4, 6]);
      x.dispose();
    },
  );
});

import { denseNetwork } from '@subspace/dense';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { webAssembly } from '../src/kernels/web-assembly.ts';
import { watchWarnings } from './watched-warnings.ts';

watchWarnings('TypeScript kernels');

// What a content-security policy without wasm-unsafe-eval does.
beforeEach(() => {
  const Module = class {
    constructor() {
      throw new Error("Refused to compile because 'unsafe-eval' is not allowed");
    }
  };
  vi.stubGlobal('WebAssembly', { validate: webAssembly()!.validate, Module });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('where WebAssembly may not be compiled', () => {
  it('TypeScript kernels take over, which is said once', () => {
    for (const network of [denseNetwork({ sizes: [2, 1] }), denseNetwork({ sizes: [3, 1], kernels: 'auto' })]) {
      expect(network.engine).toBe('dense typescript 2');
      expect(network.kernels.reason).toBe("Refused to compile because 'unsafe-eval' is not allowed");
    }
    expect(console.warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^@subspace\/dense: TypeScript kernels .*'unsafe-eval' is not allowed.*wasm-unsafe-eval/),
    );
  });

  it('nothing is said to who asked for them', () => {
    expect(denseNetwork({ sizes: [2, 1], kernels: 'typescript' }).kernels.reason).toBe('asked for');
    expect(console.warn).not.toHaveBeenCalled();
  });

  it('compiled ones are refused to who asked for them', () => {
    for (const kernels of ['wasm', 'simd'] as const) {
      expect(() => denseNetwork({ sizes: [2, 1], kernels })).toThrow(
        `denseNetwork: kernels is '${kernels}', expected 'auto' or 'typescript' here: Refused to compile`,
      );
    }
    expect(console.warn).not.toHaveBeenCalled();
  });
});

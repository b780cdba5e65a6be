import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The one way every package is tested: from source, by package name, with any console output a failure. */
export function packageTests(options: { setup?: boolean; timeout?: number } = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: ['@subspace/source', 'node', 'import', 'module', 'default'] },
    ssr: { resolve: { conditions: ['@subspace/source', 'node', 'import', 'module', 'default'] } },
    test: {
      include: ['test/**/*.test.ts'],
      setupFiles: options.setup === false ? [] : [new URL('./vitest.setup.ts', import.meta.url).pathname],
      testTimeout: options.timeout ?? 120_000,
      hookTimeout: options.timeout ?? 120_000,
    },
  });
}

import { configDefaults, defineConfig, type ViteUserConfig } from 'vitest/config';

/** By suite, as testing/src/suite.ts has them: the files that belong to it. */
const files: Readonly<Record<string, { readonly include: readonly string[]; readonly exclude?: readonly string[] }>> = {
  test: { include: ['test/**/*.test.ts'], exclude: ['**/*.{proof,rest}.test.ts'] },
  proof: { include: ['test/**/*.{proof,rest}.test.ts'] },
  statistics: { include: ['test/**/*.test.ts'], exclude: ['**/*.rest.test.ts'] },
};

/** Ten times what the slowest tests take alone: a limit is there against what hangs, and no verdict depends on the machine's load. */
const minutes: Readonly<Record<string, number>> = { test: 10, proof: 30, statistics: 600 };

/** The one way every package is tested: from source, by package name, with any console output a failure. */
export function packageTests(options: { setup?: boolean } = {}): ViteUserConfig {
  const suite = process.env.SUBSPACE_SUITE ?? 'test';
  const { include, exclude = [] } = files[suite];
  const timeout = minutes[suite] * 60_000;
  return defineConfig({
    resolve: { conditions: ['@subspace/source', 'node', 'import', 'module', 'default'] },
    ssr: { resolve: { conditions: ['@subspace/source', 'node', 'import', 'module', 'default'] } },
    test: {
      include: [...include],
      exclude: [...configDefaults.exclude, ...exclude],
      passWithNoTests: true,
      setupFiles: options.setup === false ? [] : [new URL('./vitest.setup.ts', import.meta.url).pathname],
      testTimeout: timeout,
      hookTimeout: timeout,
    },
  });
}

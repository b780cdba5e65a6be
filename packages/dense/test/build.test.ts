import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const { hasCompiler, modules, zigVersion } = (await import(new URL('../kernels/build.mjs', import.meta.url).href)) as {
  hasCompiler(): boolean;
  modules(): string;
  zigVersion: string;
};
const committed = readFileSync(new URL('../src/kernels/modules.ts', import.meta.url), 'utf8');

describe('compiled kernels', () => {
  if (hasCompiler()) {
    it('are what the source compiles to, byte for byte', () => {
      expect(modules() === committed, 'run `node kernels/build.mjs`').toBe(true);
    });
  } else it.skip(`are what the source compiles to (no ziglang ${zigVersion} here)`, () => {});

  it('take at most 30 kB of the 60 kB that the package may have, gzipped', () => {
    expect(gzipSync(committed, { level: 9 }).length).toBeLessThan(30_000);
  });
});

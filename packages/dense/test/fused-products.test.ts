import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** The engine's name in a process of its own, with flags of V8. */
function engine(...flags: string[]): string {
  const index = new URL('../src/index.ts', import.meta.url).href;
  const program = `
    const { denseNetwork } = await import(${JSON.stringify(index)});
    console.log(denseNetwork({ sizes: [1, 1], threads: 1 }).engine);`;
  const node = ['--conditions=@subspace/source', '--import', 'tsx', ...flags, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', cwd: import.meta.dirname });
  expect(stderr).toBe('');
  return stdout.trim();
}

describe('the engine of relaxed SIMD', () => {
  // Node 20 has it behind a flag, which later versions no longer know.
  const relaxed = process.versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : [];

  it('says whether products are fused here', { timeout: 60_000 }, () => {
    expect(engine(...relaxed)).toMatch(/^dense wasm-relaxed-(fused|separate) [0-9a-f]{8}$/);
    expect(engine(...relaxed, '--no-enable-fma3')).toMatch(/^dense wasm-relaxed-separate [0-9a-f]{8}$/);
  });
});

// Compiles the kernels with clang as Zig carries it (`pip install ziglang==0.17.1`) into src/kernels/modules.ts.
//   node kernels/build.mjs          writes the file
//   node kernels/build.mjs --check  exits with 1 if it would change
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const zigVersion = '0.17.1';
const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'src', 'kernels', 'modules.ts');
const builds = {
  simd: { features: 'simd128', tile: 5 },
  relaxed: { features: 'simd128+relaxed_simd', tile: 6 },
};

/** Whether the compiler is there, in the version that the committed modules were made with. */
export function hasCompiler() {
  const { stdout } = spawnSync('python3', ['-m', 'ziglang', 'version'], { encoding: 'utf8' });
  return stdout?.trim() === zigVersion;
}

/** The text of src/kernels/modules.ts. */
export function modules() {
  const folder = mkdtempSync(join(tmpdir(), 'dense-kernels-'));
  try {
    const lines = Object.entries(builds).map(([name, { features, tile }]) => {
      const out = join(folder, `${name}.wasm`);
      const { status, stderr } = spawnSync(
        'python3',
        [
          ...['-m', 'ziglang', 'cc', '-target', 'wasm32-freestanding', `-mcpu=generic+${features}+bulk_memory`],
          ...['-O3', '-mllvm', '-disable-lsr', '-fno-unroll-loops', '-fno-builtin', '-ffreestanding', '-nostdlib'],
          ...['-Wall', '-Wextra', '-Werror', `-DTILE=${tile}`],
          ...['-Wl,--no-entry', '-Wl,--import-memory', '-Wl,--max-memory=4294901760', '-Wl,-z,stack-size=4096'],
          ...['-Wl,--strip-all', join(here, 'dense.c'), '-o', out],
        ],
        { encoding: 'utf8', env: { ...process.env, ZIG_GLOBAL_CACHE_DIR: join(folder, 'cache') } },
      );
      if (status !== 0) throw new Error(`build: ${name} failed\n${stderr}`);
      return `export const ${name} =\n  '${readFileSync(out).toString('hex')}';`;
    });
    return `// Made by kernels/build.mjs from kernels/dense.c with Zig ${zigVersion}; not to be edited.\n${lines.join('\n')}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = modules();
  if (process.argv.includes('--check')) process.exitCode = text === readFileSync(target, 'utf8') ? 0 : 1;
  else writeFileSync(target, text);
}

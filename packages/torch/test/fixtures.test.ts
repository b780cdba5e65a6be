import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTorchCheckpoint, stateDict } from '@subspace/torch';
import { fileBuffer } from '@subspace/torch/node';
import { afterAll, describe, expect, it } from 'vitest';
import { type GoldenValue, goldenValue } from './golden-value.ts';

const here = fileURLToPath(new URL('./fixtures', import.meta.url));

/** What a file of the folder holds, by NumPy and torch: a value, the weights in it, or why it is refused. */
interface Golden {
  readonly value?: GoldenValue;
  readonly stateDict?: readonly [string, GoldenValue][];
  readonly error?: string;
}

const names = (folder: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.pt'))
    .map((file) => file.slice(0, -3));

async function check(folder: string, name: string): Promise<void> {
  const golden: Golden = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
  const file = await fileBuffer(join(folder, `${name}.pt`));
  try {
    if (golden.error !== undefined) {
      const refusal = await readTorchCheckpoint(file).then(
        () => undefined,
        (error: Error & { code: string }) => error,
      );
      expect(refusal?.message).toContain(golden.error);
      expect(refusal?.code).toBe('INVALID_ARGUMENT');
      return;
    }
    const read = await readTorchCheckpoint(file);
    if (golden.value !== undefined) expect(goldenValue(read)).toEqual(golden.value);
    if (golden.stateDict) {
      expect([...stateDict(read)].map(([key, tensor]) => [key, goldenValue(tensor)])).toEqual(golden.stateDict);
    }
  } finally {
    await file.close();
  }
}

describe('files that PyTorch wrote', () => {
  it.each(names(here))('%s', (name) => check(here, name));

  it('are few and small', () => {
    const bytes = readdirSync(here).reduce((sum, file) => sum + readFileSync(join(here, file)).length, 0);
    expect(bytes).toBeLessThan(150_000);
  });
});

/** A Python that has torch, safetensors and NumPy. */
function pythonWithTorch(): string | undefined {
  const python = process.env.SUBSPACE_TORCH_PYTHON ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import torch, numpy, safetensors'], { stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
}

const python = pythonWithTorch();

describe.skipIf(!python)("files that this machine's PyTorch writes now", () => {
  const folder = mkdtempSync(join(tmpdir(), 'torch-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read as well', async () => {
    execFileSync(python!, [join(here, 'write.py'), folder], { stdio: 'ignore' });
    expect(names(folder)).toEqual(names(here));
    for (const name of names(folder)) await check(folder, name);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTorchCheckpoint } from '@subspace/torch';
import { fileBuffer } from '@subspace/torch/node';
import { median } from './harness.ts';

// A checkpoint of 150 MB read by this library and by torch.load, in turn, in the same run; prints one JSON line. A Python with torch: SUBSPACE_TORCH_PYTHON.
const python = process.env.SUBSPACE_TORCH_PYTHON ?? 'python3';
const ROUNDS = 7;

/** Seconds of `torch.load`, in a process that has imported it. */
const LOAD = `
import sys, time, torch
torch.load(sys.argv[1])
start = time.perf_counter()
torch.load(sys.argv[1])
print(time.perf_counter() - start)`;

function hasTorch(): boolean {
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function seconds(path: string, checksums: boolean): Promise<number> {
  const start = performance.now();
  const file = await fileBuffer(path);
  await readTorchCheckpoint(file, { checksums });
  await file.close();
  return (performance.now() - start) / 1000;
}

if (!hasTorch()) {
  process.stdout.write(`skipped: ${python} has no torch; set SUBSPACE_TORCH_PYTHON\n`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'torch-'));
  try {
    const path = join(folder, 'model.pt');
    const save =
      'import sys, torch; torch.save({f"layer{i}.weight": torch.randn(1000, 937) for i in range(40)}, sys.argv[1])';
    execFileSync(python, ['-c', save, path]);
    const { size } = statSync(path);
    const before = process.memoryUsage().rss;
    const first = await seconds(path, true);
    const peak = process.resourceUsage().maxRSS * 1024;
    const ours: number[] = [];
    const unchecked: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await seconds(path, true));
      unchecked.push(await seconds(path, false));
      theirs.push(Number(execFileSync(python, ['-c', LOAD, path], { encoding: 'utf8' })));
    }
    const result = {
      megabytes: size / 1e6,
      first,
      peakOverSize: (peak - before) / size,
      seconds: median(ours),
      withoutChecksums: median(unchecked),
      torchLoad: median(theirs),
      speedOfTorchLoad: median(theirs) / median(ours),
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

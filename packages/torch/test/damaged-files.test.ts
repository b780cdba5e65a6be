import { readFileSync } from 'node:fs';
import { readTorchCheckpoint } from '@subspace/torch';
import { describe, expect, it } from 'vitest';
import { damagedFile, outcomeOf } from './damaged-files.ts';

describe('damaged files', () => {
  it('are a value or a clear error, each of 2000', async () => {
    const counts = { value: 0, error: 0 };
    for (let i = 0; i < 2000; i++) counts[await outcomeOf(damagedFile(1, i), i % 2 === 0)]++;
    // Neither only refused at the door nor never found.
    expect(counts.value).toBeGreaterThan(50);
    expect(counts.error).toBeGreaterThan(1000);
  });

  // One of each kind that another seed found, the shortest.
  const corpus: readonly { message: string; base64: string }[] = JSON.parse(
    readFileSync(new URL('./corpus.json', import.meta.url), 'utf8'),
  );
  it.each(corpus)('$message', async ({ message, base64 }) => {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    await expect(readTorchCheckpoint(bytes, { checksums: false })).rejects.toThrow(message);
  });
});

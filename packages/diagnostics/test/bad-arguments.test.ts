import * as diagnostics from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';

describe('what is no chain, no draws and no weights at all', () => {
  const given: readonly (readonly unknown[])[] = [
    [],
    [null, null],
    [3, 3],
    [{}, []],
    [[3], [1]],
    [[[1, 2, 3, 4]], null],
  ];
  it.each(Object.entries(diagnostics))('is a clear error of %s', async (name, diagnostic) => {
    for (const args of given) {
      try {
        await (diagnostic as (...args: readonly unknown[]) => unknown)(...args);
      } catch (error) {
        expect(error, JSON.stringify(args)).toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
    }
    await expect(async () => (diagnostic as () => unknown)()).rejects.toThrow(new RegExp(`^${name}: `));
  });
});

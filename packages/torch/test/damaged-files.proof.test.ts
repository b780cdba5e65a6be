import { describe, expect, it } from 'vitest';
import { damagedFile, outcomeOf } from './damaged-files.ts';

describe('damaged files', () => {
  it('are a value or a clear error, each of 20,000, within a second and 256 MB', async () => {
    const used = () => {
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const most = { milliseconds: 0, bytes: 0 };
    for (let i = 0; i < 20_000; i++) {
      const bytes = damagedFile(2, i);
      const [time, memory] = [performance.now(), used()];
      await outcomeOf(bytes, i % 2 === 0);
      most.milliseconds = Math.max(most.milliseconds, performance.now() - time);
      most.bytes = Math.max(most.bytes, used() - memory);
    }
    expect(most.milliseconds).toBeLessThan(1000);
    expect(most.bytes).toBeLessThan(256e6);
  });
});

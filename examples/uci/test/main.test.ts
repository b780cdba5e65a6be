import { describe, expect, it, vi } from 'vitest';
import { program, splitsOf } from '../src/main.ts';

describe('splitsOf', () => {
  it('reads ranges and lists, and refuses others', () => {
    expect(splitsOf('1..3,7')).toEqual([1, 2, 3, 7]);
    for (const text of ['', '0', '3..1', 'a', '1-3']) expect(() => splitsOf(text)).toThrow('expected splits from 1');
  });
});

describe('program', () => {
  it('has the verbs of a sweep', () => {
    expect(program().commands.map((command) => command.name())).toEqual(['run', 'resume', 'report', 'list']);
  });

  it('lists methods, suites and the settings of each data set', async () => {
    let out = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += text;
      return true;
    });
    await program().parseAsync(['node', 'uci', 'list']);
    vi.restoreAllMocks();
    const lines = out.trim().split('\n');
    expect(lines[0]).toBe('methods: sgd (SGD), swag (SWAG), pca-ess (PCA+ESS), pca-vi (PCA+VI)');
    expect(lines.filter((line) => !line.startsWith(' '))).toEqual([lines[0], 'small:', 'large:']);
    expect(lines.length).toBe(3 + 5 + 6);
    const naval = lines.find((line) => line.startsWith('  naval: '))!;
    // `run_ucismall.sh`
    expect(JSON.parse(naval.slice(9))).toMatchObject({
      epochs: 1000,
      batchSize: 100,
      learningRate: 5e-4,
      weightDecay: 1e-4,
      swagStart: 500,
    });
  });
});

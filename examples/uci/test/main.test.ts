import { describe, expect, it } from 'vitest';
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
});

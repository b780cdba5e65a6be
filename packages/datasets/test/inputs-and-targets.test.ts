import { inputsAndTargets } from '@subspace/datasets';
import { describe, expect, it } from 'vitest';

const table = { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] as const, columnNames: ['a', 'b', 'c'] };

describe('inputsAndTargets', () => {
  it('takes the last column for the target, or those that are named', () => {
    expect(inputsAndTargets(table)).toEqual({
      inputs: { data: Float64Array.of(1, 2, 4, 5), shape: [2, 2] },
      targets: { data: Float64Array.of(3, 6), shape: [2, 1] },
      featureNames: ['a', 'b'],
      targetNames: ['c'],
    });
    expect(Array.from(inputsAndTargets(table, { targets: ['a', 1] }).targets.data)).toEqual([1, 2, 4, 5]);
    expect(Array.from(inputsAndTargets(table, { targets: [0], inputs: ['c'] }).inputs.data)).toEqual([3, 6]);
    expect(inputsAndTargets({ data: table.data, shape: [2, 3] }).featureNames).toBeUndefined();
  });

  it('refuses columns that are not there, and tables with none to learn from', () => {
    expect(() => inputsAndTargets(table, { targets: ['d'] })).toThrow(
      'targets has column "d", expected one of "a", "b", "c"',
    );
    expect(() => inputsAndTargets(table, { inputs: [3] })).toThrow('inputs has column 3');
    expect(() => inputsAndTargets(table, { targets: [] })).toThrow('targets is empty');
    expect(() => inputsAndTargets({ data: Float64Array.of(1), shape: [1, 1] })).toThrow('inputs is empty');
    expect(() => inputsAndTargets(table, { target: 'c' } as never)).toThrow('option target is unknown');
  });
});

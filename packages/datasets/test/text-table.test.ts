import { gzipSync } from 'node:zlib';
import { readTextTable } from '@subspace/datasets';
import { describe, expect, it } from 'vitest';

describe('readTextTable', () => {
  it.each([
    ['blanks at both ends, tabs, CRLF, blank lines', ' 1 2\t 3 \r\n\r\n  4  5 6\r\n\r\n'],
    ['a byte order mark', '\uFEFF1 2 3\n4 5 6'],
    ['gzip', gzipSync('1 2 3\n4 5 6\n')],
    ['a comment, as numpy.savetxt writes it', '# a b c\n1.0e+00 2 3\n4 5 6\n'],
    ['names', 'a b c\n1 2 3\n4 5 6\n'],
  ])('reads %s', async (_, file) => {
    const { data, shape, findings } = await readTextTable(file);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(shape).toEqual([2, 3]);
    expect(findings).toEqual([]);
  });

  it('cuts lines at fixed places, for columns that nothing is between', async () => {
    const columns = [
      [0, 3],
      [3, 8],
      [8, 10],
    ] as const;
    expect([...(await readTextTable('12345678 9\n  1    2 3\n', { columns })).data]).toEqual([123, 45678, 9, 1, 2, 3]);
    await expect(readTextTable('12345678 9 x\n', { columns })).rejects.toThrow(
      'line 1 has "x" at 10, outside of the columns',
    );
    await expect(readTextTable('12345678 9\n123     9 \n', { columns })).rejects.toThrow('line 2, column 1 is blank');
    await expect(readTextTable('1', { columns: [[2, 2]] })).rejects.toThrow('columns[0][1] is 2');
  });

  it('takes the options of all tables, and names the line', async () => {
    expect([...(await readTextTable('1,5 2\n', { decimal: ',' })).data]).toEqual([1.5, 2]);
    expect([...(await readTextTable('1 2\nNA 3\n', { missing: 'drop-rows' })).data]).toEqual([1, 2]);
    expect([...(await readTextTable('car 2\nbus 3\n', { leaveOut: [0], header: false })).data]).toEqual([2, 3]);
    await expect(readTextTable('1 2\n\n3\n')).rejects.toThrow('readTextTable: line 3 has 1 cell, expected 2');
    await expect(readTextTable('1 2\n3 x\n')).rejects.toThrow('readTextTable: line 2, column 1 is "x"');
    await expect(readTextTable('1', { delimiter: ',' } as never)).rejects.toThrow('option delimiter is unknown');
  });

  it('stops when told to', async () => {
    const stop = new AbortController();
    const file = '1 2 3\n'.repeat(200_000);
    const reading = readTextTable(file, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

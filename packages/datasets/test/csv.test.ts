import { gzipSync } from 'node:zlib';
import { readCsv } from '@subspace/datasets/node';
import { describe, expect, it } from 'vitest';

const bytes = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string) => Uint8Array.from([0xff, 0xfe, ...[...text].flatMap((c) => [c.charCodeAt(0), 0])]);
const numbers = async (...args: Parameters<typeof readCsv>) => [...(await readCsv(...args)).data];

describe('readCsv', () => {
  it.each([
    ['a byte order mark, CRLF, a header', bytes('\uFEFFa,b\r\n1,2\r\n3,4\r\n')],
    ['quotes, about numbers too', '"a","b"\n"1","2"\n3,"4"\n'],
    ['semicolons', 'a;b\n1;2\n3;4'],
    ['tabs', 'a\tb\n1\t2\n3\t4\n'],
    ['bars', '1|2\n3|4\n'],
    ['UTF-16, as Excel saves "Unicode text"', utf16('a\tb\r\n1\t2\r\n3\t4\r\n')],
    ['gzip', gzipSync('1,2\n3,4\n')],
    ['two gzip files after one another', Buffer.concat([gzipSync('1,2\n'), gzipSync('3,4\n')])],
    ['blank lines, and blanks', '\n1, 2 \n\n\n3,4\n\n'],
    ['old line ends, and mixed ones', '1,2\r3,4\n'],
    ['delimiters at the ends of lines', '1,2,\n3,4,\n'],
    ['delimiters at the ends of lines and of a header', 'a,b,\n1,2,\n3,4,\n'],
    ['a delimiter at the end of the header only', 'a,b,\n1,2\n3,4\n'],
    ['lines of nothing but delimiters', '1,2\n,\n3,4\n'],
  ])('reads %s', async (_, file) => {
    const table = await readCsv(file);
    expect([...table.data]).toEqual([1, 2, 3, 4]);
    expect(table.shape).toEqual([2, 2]);
  });

  it('says what was left out', async () => {
    expect((await readCsv('1,2,\n3,4,\n')).findings).toMatchObject([{ code: 'blank-columns' }]);
    expect((await readCsv('1,2\n,\n3,4\n')).findings).toMatchObject([{ code: 'blank-rows' }]);
    expect((await readCsv('1,2\n3,4\n')).findings).toEqual([]);
  });

  it('takes numbers in every way of writing, and nothing else for one', async () => {
    expect(await numbers('1e3,-2.5E-3,+.5,5.\n')).toEqual([1000, -0.0025, 0.5, 5]);
    for (const cell of ['0x10', 'inf', '1e999', '1 000', '1_000', '12abc', '1.2.3', '--1', '"1,234"', '1-2']) {
      await expect(readCsv(`${cell},2\n`), cell).rejects.toThrow('readCsv: line 1, column 0 is ');
    }
  });

  it('reads decimal commas, and says so where they are not asked for', async () => {
    expect(await numbers('a;b\n1,5;-2\n', { decimal: ',' })).toEqual([1.5, -2]);
    await expect(readCsv('a;b\n1,5;2\n')).rejects.toThrow(
      `readCsv: line 2, column 0 ("a") is "1,5", expected a number; decimal: ',' reads decimal commas`,
    );
    await expect(readCsv('a;b\n1.5;2\n', { decimal: ',' })).rejects.toThrow('is "1.5", expected a number; decimal is');
  });

  it('takes the first row for a header where it has texts and no number, or as it is told', async () => {
    expect((await readCsv('x1,y\n1,2\n')).columnNames).toEqual(['x1', 'y']);
    expect((await readCsv('1,2\n')).columnNames).toBeUndefined();
    expect((await readCsv('2020,2021\n1,2\n', { header: true })).columnNames).toEqual(['2020', '2021']);
    await expect(readCsv('x1,y\n1,2\n', { header: false })).rejects.toThrow('line 1, column 0 is "x1"');
    await expect(readCsv('x1,7\n1,2\n')).rejects.toThrow('line 1, column 0 is "x1"');
    await expect(readCsv('x,y\n')).rejects.toThrow(
      'the file has no row of numbers after its first one, "x", "y", expected',
    );
  });

  it.each(['', '?', 'NA', 'nan', 'N/A', '#N/A', 'null'])(
    'refuses the missing value %j, or leaves its row out',
    async (gap) => {
      await expect(readCsv(`1,2\n3,${gap}\n5,6\n`)).rejects.toThrow(
        `readCsv: line 2, column 1 is ${gap === '' ? 'blank' : JSON.stringify(gap)}, expected a number; missing: 'drop-rows'`,
      );
      const table = await readCsv(`a,b\n1,2\n3,${gap}\n5,6\n`, { missing: 'drop-rows' });
      expect([...table.data]).toEqual([1, 2, 5, 6]);
      expect(table.findings).toMatchObject([
        { code: 'missing-values', problem: '1 of 3 rows have missing values, in column b' },
      ]);
      await expect(readCsv(`1,${gap || '?'}\n${gap || '?'},2\n`, { missing: 'drop-rows' })).rejects.toThrow(
        'every row has missing values',
      );
    },
  );

  it('refuses texts, makes columns of them, or leaves theirs out', async () => {
    const file = 'colour,y\nred,1\nblue,2\nred,3\n';
    await expect(readCsv(file)).rejects.toThrow(
      `line 2, column 0 ("colour") is "red", expected a number; text: 'one-hot'`,
    );
    const table = await readCsv(file, { text: 'one-hot' });
    expect(table.columnNames).toEqual(['colour=blue', 'colour=red', 'y']);
    expect([...table.data]).toEqual([0, 1, 1, 1, 0, 2, 0, 1, 3]);
    expect(table.findings).toMatchObject([{ code: 'text-column', problem: 'column colour has 2 texts: blue, red' }]);
    expect(await numbers(file, { leaveOut: ['colour'] })).toEqual([1, 2, 3]);
    expect(await numbers(file, { leaveOut: [0] })).toEqual([1, 2, 3]);
    await expect(readCsv(file, { leaveOut: ['color'] })).rejects.toThrow(
      'leaveOut names column "color", expected one of "colour", "y"',
    );
    await expect(readCsv(file, { leaveOut: [2] })).rejects.toThrow('leaveOut names column 2');
    const names = Array.from({ length: 65 }, (_, i) => `n${i},1`).join('\n');
    await expect(readCsv(`name,y\n${names}`, { text: 'one-hot' })).rejects.toThrow(
      'column name has 65 different texts',
    );
  });

  it('refuses lines of other lengths, broken quotes, and what is no text', async () => {
    await expect(readCsv('1,2\n3\n')).rejects.toThrow('readCsv: line 2 has 1 cell, expected 2 as in the first row');
    await expect(readCsv('1,2\n3,4,5\n')).rejects.toThrow('readCsv: line 2 has 3 cells, expected 2');
    await expect(readCsv('1,"2\n3,4\n')).rejects.toThrow('readCsv: the file is broken: Quote Not Closed');
    await expect(readCsv('1,2"x"\n')).rejects.toThrow('readCsv: the file is broken: Invalid Opening Quote');
    await expect(readCsv(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0))).rejects.toThrow(
      'the file has a byte 0 at 4, expected a text',
    );
    for (const empty of ['', '\n \n']) await expect(readCsv(empty)).rejects.toThrow('the file has no row of numbers');
    await expect(readCsv(undefined as never)).rejects.toThrow('readCsv: the file is undefined');
  });

  it('refuses gzipped files that are damaged or end too soon', async () => {
    const whole = gzipSync('1,2\n3,4\n'.repeat(1000));
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 6] ^= 0xff;
    for (const file of [whole.subarray(0, -5), whole.subarray(0, 20), damaged]) {
      await expect(readCsv(file)).rejects.toThrow('readCsv: the gzip data are damaged or end too soon');
    }
  });

  it('reads a hundred thousand rows, tells how far it is, and stops when told to', async () => {
    const file = Array.from({ length: 100_000 }, (_, i) => `${i},${-i / 8}`).join('\n');
    const seen: number[] = [];
    const { data, shape } = await readCsv(file, { onProgress: ({ rows }) => seen.push(rows) });
    expect(shape).toEqual([100_000, 2]);
    expect([...data.slice(-2)]).toEqual([99_999, -99_999 / 8]);
    expect(seen.at(-1)).toBe(100_000);
    const stop = new AbortController();
    const reading = readCsv(file, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('refuses unknown and wrong options', async () => {
    await expect(readCsv('1', { separator: ',' } as never)).rejects.toThrow('option separator is unknown');
    for (const delimiter of ['', ',,', '"', '\n', 3]) {
      await expect(readCsv('1', { delimiter } as never)).rejects.toThrow('readCsv: delimiter is');
    }
    await expect(readCsv('1', { decimal: ';' } as never)).rejects.toThrow('decimal is ";", expected "." or ","');
    await expect(readCsv('1', { missing: 'mean' } as never)).rejects.toThrow('missing is "mean", expected');
    await expect(readCsv('1', { text: 'drop' } as never)).rejects.toThrow('text is "drop", expected');
  });
});

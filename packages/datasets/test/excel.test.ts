import { type BookType, utils, type WorkSheet, write } from '@e965/xlsx';
import { readExcel } from '@subspace/datasets/node';
import { describe, expect, it } from 'vitest';

function workbook(
  rows: unknown[][],
  change: (sheet: WorkSheet) => void = () => {},
  bookType: BookType = 'xlsx',
): Uint8Array {
  const book = utils.book_new();
  const sheet = utils.aoa_to_sheet(rows, { cellDates: true });
  change(sheet);
  utils.book_append_sheet(book, sheet, 'data');
  utils.book_append_sheet(book, utils.aoa_to_sheet([[9]]), 'notes');
  return new Uint8Array(write(book, { type: 'buffer', bookType }));
}

const date = new Date(Date.UTC(2020, 0, 31));

describe('readExcel', () => {
  it.each(['xlsx', 'biff8', 'biff5'] as const)(
    'reads %s, without blank rows and columns, and says so',
    async (type) => {
      const rows = [
        ['a', 'b'],
        [1, 2.5],
        [null, null],
        [3, 4],
      ];
      const table = await readExcel(workbook(rows, (sheet) => Object.assign(sheet, { '!ref': 'A1:F40' }), type));
      expect([...table.data]).toEqual([1, 2.5, 3, 4]);
      expect(table.columnNames).toEqual(['a', 'b']);
      expect(table.findings[0].code).toBe('blank-rows');
    },
  );

  it('takes formulas by their values, booleans as 0 and 1, numbers in texts, percentages and hidden rows', async () => {
    const file = workbook(
      [
        [1, true],
        ['3', 4],
        [0.5, false],
      ],
      (sheet) => {
        sheet.B2 = { t: 'n', v: 7, f: 'A1+A2' };
        sheet.A3.z = '0%';
        sheet['!rows'] = [{ hidden: true }];
      },
    );
    expect([...(await readExcel(file)).data]).toEqual([1, 1, 3, 7, 0.5, 0]);
  });

  it('names a formula without its value', async () => {
    const file = workbook(
      [
        [1, 2],
        [3, 4],
      ],
      (sheet) => {
        sheet.B2 = { t: 'n', f: 'A1+A2' };
      },
    );
    await expect(readExcel(file)).rejects.toThrow(
      'readExcel: row 2, column 1 is the formula "A1+A2" without its value',
    );
  });

  it.each(['xlsx', 'biff8'] as const)('takes dates of %s for texts', async (type) => {
    const file = workbook(
      [
        ['day', 'y'],
        [date, 2],
      ],
      () => {},
      type,
    );
    await expect(readExcel(file)).rejects.toThrow(
      'readExcel: row 2, column 0 ("day") is "2020-01-31", expected a number',
    );
    expect([...(await readExcel(file, { leaveOut: ['day'] })).data]).toEqual([2]);
    expect((await readExcel(file, { text: 'one-hot' })).columnNames).toEqual(['day=2020-01-31', 'y']);
  });

  it('takes errors and blank cells for missing values', async () => {
    const file = workbook([[1, 2], [3, 4], [5]], (sheet) => {
      sheet.B2 = { t: 'e', v: 0x2a };
    });
    await expect(readExcel(file)).rejects.toThrow('readExcel: row 2, column 1 is blank, expected a number');
    expect([...(await readExcel(file, { missing: 'drop-rows' })).data]).toEqual([1, 2]);
    await expect(readExcel(workbook([[1], [2, 3]]))).rejects.toThrow('readExcel: row 2 has 2 cells, expected 1');
  });

  it('reads the sheet that is named or numbered', async () => {
    const file = workbook([[1]]);
    for (const sheet of ['notes', 1]) expect([...(await readExcel(file, { sheet })).data]).toEqual([9]);
    for (const sheet of ['Notes', 2]) {
      await expect(readExcel(file, { sheet })).rejects.toThrow('expected one of "data", "notes"');
    }
    await expect(readExcel(file, { sheet: -1 })).rejects.toThrow('readExcel: sheet is -1');
  });

  it('refuses what is no workbook, damaged, or blank', async () => {
    await expect(readExcel(new TextEncoder().encode('1,2\n'))).rejects.toThrow(
      'the file begins like neither .xlsx nor .xls',
    );
    for (const type of ['xlsx', 'biff8'] as const) {
      const file = workbook([[1, 2]], () => {}, type);
      await expect(readExcel(file.subarray(0, 700))).rejects.toThrow('readExcel: the file is damaged');
    }
    await expect(readExcel(workbook([]))).rejects.toThrow('readExcel: the file has no row of numbers');
    await expect(readExcel(workbook([[1]]), { page: 1 } as never)).rejects.toThrow('option page is unknown');
  });
});

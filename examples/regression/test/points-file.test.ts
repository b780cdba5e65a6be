import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readPoints } from '../src/points-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'subspace-points-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (content: string | Uint8Array, name = 'points.csv') => {
  writeFileSync(join(folder, name), content);
  return readPoints(join(folder, name));
};

it.each([
  ['commas', '1,-2.5\n3,4e2\n'],
  ['a header', 'day,sales\n1,-2.5\n3,4e2'],
  ['a header that Python writes', '# x,y\n1,-2.5\n3,4e2\n'],
  ['semicolons', 'x;y\n1;-2.5\n3;400\n'],
  ['decimal commas', '1,0;-2,5\n3,0;4,00e2\n'],
  ['tabs', 'x\ty\n1\t-2.5\n3\t400\n'],
  [
    'quotes, commas in them, a mark in front and lines of Windows',
    '\ufeff"time, s","y"\r\n"1","-2.5"\r\n"3","400"\r\n',
  ],
  ['empty lines and blanks', '\n 1 , -2.5 \n\n3,400\n,\n\n'],
  ['no end of line', '1,-2.5\n3,400'],
  ['UTF-16', new Uint8Array(Buffer.from('\ufeffx\ty\r\n1\t-2.5\r\n3\t400\r\n', 'utf16le'))],
])('reads two columns with %s', async (_, content) => {
  const { x, y } = await file(content);
  expect([[...x], [...y]]).toEqual([
    [1, 3],
    [-2.5, 400],
  ]);
});

it('takes names from a header', async () => {
  expect((await file('"time, s";sales\n1;2\n')).names).toEqual(['time, s', 'sales']);
  expect((await file('1,2\n3,4\n')).names).toEqual(['x', 'y']);
});

it.each([
  ['day,sales\n2024-01-31,5\n', '"2024-01-31" in line 2 for day, a date or time, expected a finite number'],
  ['2024-01-31,5\n2024-02-01,6\n', '"2024-01-31" in line 1 for x, a date or time'],
  ['1,31.01.2024\n', '"31.01.2024" in line 1 for y, a date or time'],
  ['1,12:30\n', '"12:30" in line 1 for y, a date or time'],
  ['1,3 Feb 2024\n', '"3 Feb 2024" in line 1 for y, a date or time'],
  ['1,"1,234"\n', '"1,234" in line 1 for y, a number with separators of thousands'],
  ['1;1.234,5\n', '"1.234,5" in line 1 for y, a number with separators of thousands'],
  ['1,$5\n', '"$5" in line 1 for y, expected a finite number'],
  ['x,y\n1,2\n3,four\n', '"four" in line 3 for y, expected a finite number'],
  ['x,y\n1,2\n3,\n', 'nothing in line 3 for y'],
  ['NA,2\n3,4\n', '"NA" in line 1 for x'],
  ['1,Infinity\n', '"Infinity" in line 1 for y'],
  ['1\n2\n', '1 column in line 1, expected two, x and y, parted by a comma, a semicolon or a tab'],
  ['1 2\n3 4\n', '1 column in line 1'],
  ['a,b,c\n1,2,3\n', '3 columns in line 1'],
  ['x,y\n1,2\n"3,4\n5,6\n', 'a quote that is not closed in line'],
  ['x,y\n1,2\n3"4,5\n', "quotes that can't be read"],
])('refuses %j', async (content, message) => {
  await expect(file(content)).rejects.toThrow(message);
});

it('refuses what is no text, not there, or a folder', async () => {
  await expect(file(Uint8Array.of(80, 75, 3, 4, 0, 0, 1, 2))).rejects.toThrow('is not text');
  await expect(readPoints(join(folder, 'missing.csv'))).rejects.toThrow("can't be read");
  await expect(readPoints(folder)).rejects.toThrow("can't be read");
  await expect(file('not an array', 'junk.npy')).rejects.toThrow('readNpy: ');
});

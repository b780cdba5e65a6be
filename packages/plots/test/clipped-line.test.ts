import { expect, it } from 'vitest';
import { clippedLine, isNearFrame } from '../src/clipped-line.ts';

const frame = { width: 10, height: 10 };
const same = (x: number, y: number) => ({ x, y });
const gap = [Number.NaN, Number.NaN];

it('a line that stays near the frame is left as it is, to the last bit', () => {
  const line = [
    [0.1, 0.2],
    [0.7, 0.3],
    [9, 1 / 3],
  ];
  expect(clippedLine(line, same, frame)).toEqual(line);
});

it('what is farther away than the frame is long is cut off, where the line goes', () => {
  const line = [
    [-1000, 5],
    [5, 5],
    [5, 1e9],
    [-1e9, 1e9],
    [5, 5],
  ];
  const cut = clippedLine(line, same, frame);
  expect(cut.slice(0, 4)).toEqual([[-10, 5], [5, 5], [5, 20], gap]);
  // Back along the diagonal: it comes in at the left edge or at the lower one.
  expect(cut).toHaveLength(6);
  expect(cut[4][0]).toBeCloseTo(-10, 5);
  expect(cut[4][1]).toBeCloseTo(20, 5);
  expect(cut[5]).toEqual([5, 5]);
});

it('a line that passes by at a distance is not drawn', () => {
  expect(
    clippedLine(
      [
        [-100, 100],
        [100, 101],
      ],
      same,
      frame,
    ),
  ).toEqual([]);
  expect(isNearFrame({ x: 21, y: 5 }, frame)).toBe(false);
  expect(isNearFrame({ x: -10, y: 20 }, frame)).toBe(true);
});

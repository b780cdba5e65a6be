import { lossPlaneFigure } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, axisInverse, parseSvg, points } from './parsed-svg.ts';

const x = Float64Array.from({ length: 61 }, (_, i) => -4 + (2 * i) / 15);
const y = Float64Array.from({ length: 31 }, (_, i) => -2 + (2 * i) / 15);
const over = (f: (a: number, b: number) => number) => Array.from(y, (b) => Array.from(x, (a) => f(a, b))).flat();
const loss = over((a, b) => 7 + a * a + b * b);
const grid = { x, y, loss };
const curve = [
  [-3, 0],
  [0, 1.5],
  [3, 0],
];
const ends = [
  { label: 'start', x: -3, y: 0 },
  { label: 'end', x: 3, y: 0 },
];
/** What stands under the colours, from the highest level. */
const levels = (svg: string) => all(parseSvg(svg), 'svg > svg')[0].textContent;

describe('lossPlaneFigure', () => {
  it('draws contours, the curve, draws and named points', () => {
    const svg = parseSvg(lossPlaneFigure(grid, { curve, draws: curve, points: ends }));
    expect(all(svg, '.surface path')).toHaveLength(10);
    expect(points(all(svg, '.curve path')[0])).toHaveLength(3);
    expect(all(svg, '.draws circle')).toHaveLength(3);
    expect(all(svg, '.point-labels text').map((text) => text.textContent)).toEqual(['start', 'end']);
    expect(all(svg, '.legend text').map((text) => text.textContent)).toEqual(['curve', 'draws']);
  });

  it('puts a contour where the loss is that much above the lowest', () => {
    const svg = parseSvg(lossPlaneFigure(grid, { levels: [0.5, 1, 4] }));
    const [toX, toY] = [axisInverse(svg, 'x'), axisInverse(svg, 'y')];
    const contour = points(all(svg, '.surface path')[1]);
    expect(contour.length).toBeGreaterThan(50);
    for (const [px, py] of contour) expect(Math.abs(Math.hypot(toX(px), toY(py)) - 1)).toBeLessThan(0.03);
  });

  it('is as long along y as along x, unless a height is given', () => {
    const units = (height?: number) => {
      const svg = parseSvg(lossPlaneFigure(grid, { height }));
      return (
        (axisInverse(svg, 'x')(1) - axisInverse(svg, 'x')(0)) / (axisInverse(svg, 'y')(0) - axisInverse(svg, 'y')(1))
      );
    };
    expect(Math.abs(units() - 1)).toBeLessThan(0.01);
    expect(Math.abs(units(600) - 1)).toBeGreaterThan(0.2);
  });

  it('has levels of 1, 2 and 5 · 10ⁿ up to nine tenths of the losses, whatever their size', () => {
    expect(levels(lossPlaneFigure(grid))).toBe('105210.50.20.10.050.020.01loss above the lowest (7)');
    for (const size of [1e-12, 1e-3, 1e6, 1e30, 1e300]) {
      const svg = lossPlaneFigure({ x, y, loss: loss.map((value) => size * (value - 7)) });
      expect(all(parseSvg(svg), '.surface path'), String(size)).toHaveLength(10);
      expect(svg.includes('NaN'), String(size)).toBe(false);
    }
  });

  it('draws what has no loss as what is above the last level', () => {
    const wall = (value: number) =>
      lossPlaneFigure({ x, y, loss: over((a, b) => (a < -3 ? value : a * a + b * b)) }, { levels: [1, 2, 5] });
    expect([Number.NaN, Infinity].map((none) => wall(none) === wall(1e9))).toEqual([true, true]);
    expect(wall(Number.NaN).includes('NaN')).toBe(false);
  });

  it('draws a constant, and a grid of 2 × 2', () => {
    expect(lossPlaneFigure({ x, y, loss: over(() => 3) })).toContain('loss above the lowest (3)');
    expect(lossPlaneFigure({ x: [0, 1], y: [0, 1], loss: [0, 1, 2, 3] }).includes('NaN')).toBe(false);
  });

  it('takes what lossPlane gives, whatever else it holds, and gives the same string for the same input', () => {
    const whole = { ...grid, corners: [], plane: {}, coordinatesOf: () => [] };
    expect(lossPlaneFigure(whole) === lossPlaneFigure(grid)).toBe(true);
  });

  it.each([
    [{ x, y, loss: [1] }, {}, 'lossPlaneFigure: grid.loss has length 1, expected 1891'],
    [{ x, y, loss: over(() => Number.NaN) }, {}, /grid\.loss is finite nowhere/],
    [{ x: [1, 0], y, loss }, {}, /x\[1\] is 0 after 1, expected rising values/],
    [undefined, {}, /grid is undefined/],
    [grid, { levels: [] }, /levels has length 0, expected 1 to 10/],
    [grid, { levels: [2, 1] }, /levels\[1\] is 1, expected more than 2/],
    [grid, { levels: [0] }, /levels\[0\] is 0, expected more than 0/],
    [grid, { curve: [[1]] }, /curve\[0\] has length 1, expected at least 2/],
    [grid, { curve: [[1, Number.NaN]] }, /curve\[0\]\[1\] is NaN/],
    [grid, { points: [{ label: 'a', x: Infinity, y: 0 }] }, /points\[0\]\[0\] is Infinity/],
    [grid, { width: 10 }, /width is 10, expected pixels/],
    [grid, { contours: 3 }, /option contours is unknown/],
  ])('rejects bad input %#', (plane, options, message) => {
    expect(() => lossPlaneFigure(plane as never, options as never)).toThrow(message);
  });
});

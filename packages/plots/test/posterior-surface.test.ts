import { posteriorSurface } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, axisInverse, parseSvg, points } from './parsed-svg.ts';

const x = Float64Array.from({ length: 81 }, (_, i) => -8 + i / 5);
const logDensity = Array.from(x, (b) => Array.from(x, (a) => 100 - (a * a + b * b) / 2)).flat();
const draws = [
  [0, 0],
  [1, -1],
];

describe('posteriorSurface', () => {
  it('draws a contour for each level, the draws and the labelled points', () => {
    const svg = parseSvg(posteriorSurface({ x, y: x, logDensity, draws, points: [{ label: 'MAP', x: 0, y: 0 }] }));
    expect(all(svg, '.surface path')).toHaveLength(10);
    expect(all(svg, '.draws circle')).toHaveLength(2);
    expect(all(svg, '.point-labels text').map((text) => text.textContent)).toEqual(['MAP']);
  });

  it('draws a curve, in its order, and says in the legend what is there', () => {
    const legend = (options: object) =>
      all(parseSvg(posteriorSurface({ x, y: x, logDensity, ...options })), '.legend text').map(
        (text) => text.textContent,
      );
    expect(legend({})).toEqual([]);
    expect(legend({ draws })).toEqual(['draws']);
    expect(legend({ draws, curve: draws })).toEqual(['curve', 'draws']);
    const svg = parseSvg(posteriorSurface({ x, y: x, logDensity, curve: [...draws, [2, 3]] }));
    const line = points(all(svg, '.curve path')[0]).map(([px, py]) => [
      axisInverse(svg, 'x')(px),
      axisInverse(svg, 'y')(py),
    ]);
    [...draws, [2, 3]].forEach((place, i) => {
      expect(line[i][0]).toBeCloseTo(place[0], 1);
      expect(line[i][1]).toBeCloseTo(place[1], 1);
    });
  });

  it('puts the contour 5 nats below the maximum of a unit Gaussian at radius √10', () => {
    const svg = parseSvg(posteriorSurface({ x, y: x, logDensity }));
    const [toX, toY] = [axisInverse(svg, 'x'), axisInverse(svg, 'y')];
    // Levels from the lowest: 30, 20, 15, 10, 7.5, 5.
    const contour = points(all(svg, '.surface path')[5]);
    expect(contour.length).toBeGreaterThan(50);
    // The surface is sampled every 3 pixels, about 0.1 units at the coarser axis.
    for (const [px, py] of contour) expect(Math.abs(Math.hypot(toX(px), toY(py)) - Math.sqrt(10))).toBeLessThan(0.1);
  });

  it('allows -Infinity, and does not care about a constant', () => {
    const shifted = logDensity.map((value) => value - 64);
    expect(posteriorSurface({ x, y: x, logDensity: shifted })).toBe(posteriorSurface({ x, y: x, logDensity }));
    const walled = logDensity.map((value, i) => (i % 81 < 20 ? -Infinity : value));
    expect(posteriorSurface({ x, y: x, logDensity: walled })).not.toContain('NaN');
  });

  it.each([
    [{ x, y: x, logDensity: [1] }, 'posteriorSurface: logDensity has length 1, expected 6561'],
    [{ x, y: x, logDensity: logDensity.map(() => Number.NaN) }, /logDensity\[0\] is NaN/],
    [{ x, y: x, logDensity: logDensity.map(() => -Infinity) }, /-Infinity everywhere/],
    [{ x: [0, 0], y: x, logDensity }, /x\[1\] is 0 after 0, expected rising values/],
    [{ x: [0], y: x, logDensity }, /x has length 1, expected at least 2 grid points/],
    [{ x, y: x, logDensity, draws: [[1]] }, /draws\[0\] has length 1/],
    [{ x, y: x, logDensity, levels: [1] }, /option levels is unknown/],
  ])('rejects bad input %#', (options, message) => {
    expect(() => posteriorSurface(options as never)).toThrow(message);
  });
});

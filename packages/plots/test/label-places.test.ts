import { posteriorSurface } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, parseSvg } from './parsed-svg.ts';

const x = [0, 1, 2, 3, 4];
const logDensity = x.flatMap((a) => x.map((b) => -a - b));
const figure = (options: object) =>
  parseSvg(posteriorSurface({ x, y: x, logDensity, width: 500, height: 500, ...options }));
const place = (text: { getAttribute(name: string): string | null }) =>
  text
    .getAttribute('transform')!
    .match(/translate\(([-\d.]+),([-\d.]+)\)/)!
    .slice(1)
    .map(Number);
/** From each point to its label, in pixels. */
const offsets = (options: object) => {
  const svg = figure(options);
  const marks = all(svg, '.points path').map(place);
  return all(svg, '.point-labels').map((group, i) => {
    const [dx, dy] = place(group);
    const [px, py] = place(all(group, 'text')[0]);
    return [px + dx - marks[i][0], py + dy - marks[i][1]];
  });
};
const at = (label: string, px: number, py: number) => ({ label, x: px, y: py });

describe('the label of a point', () => {
  it('is over it, where nothing is in the way', () => {
    const [[dx, dy]] = offsets({ points: [at('MAP', 2, 2)] });
    expect(dx).toBeCloseTo(0, 0);
    expect(dy).toBeLessThan(-10);
  });

  it('is under it at the upper edge, and beside it in a corner', () => {
    expect(offsets({ points: [at('MAP', 2, 4)] })[0][1]).toBeGreaterThan(10);
    expect(offsets({ points: [at('a longer label', 0, 2)] })[0][0]).toBeGreaterThan(20);
    expect(offsets({ points: [at('a longer label', 4, 2)] })[0][0]).toBeLessThan(-20);
  });

  it('keeps away from a curve, and from other points and labels', () => {
    const through = Array.from({ length: 41 }, (_, i) => [2, i / 10]);
    expect(Math.abs(offsets({ points: [at('MAP', 2, 2)], curve: through })[0][0])).toBeGreaterThan(15);
    const pair = offsets({ points: [at('one', 2, 2), at('two', 2, 2.15)] });
    expect(pair[0][1]).toBeGreaterThan(10);
    expect(pair[1][1]).toBeLessThan(-10);
  });

  it('breaks into lines where it is longer than half of the frame', () => {
    const svg = figure({ points: [at('a label of many words that goes on and on and on and on', 2, 2)] });
    expect(all(svg, '.point-labels tspan').length).toBeGreaterThan(1);
  });
});

import { lossAlongRaysFigure } from '@subspace/plots';
import { renderPng } from '@subspace/plots/node';
import { describe, expect, it } from 'vitest';
import { all, axisInverse, parseSvg, points } from './parsed-svg.ts';

const distances = Float64Array.from({ length: 9 }, (_, i) => i - 4);
const rays = (...curvatures: readonly number[]) => curvatures.map((c) => distances.map((r) => 1 + c * r * r));
const sgd = { label: 'SGD', distances, loss: rays(1, 3) };
const swa = { label: 'SWA', distances, loss: rays(0.1) };
const legend = (svg: string) => all(parseSvg(svg), '.legend text').map((text) => text.textContent);

describe('lossAlongRaysFigure', () => {
  it('draws every ray of a solution and their mean, in one colour', () => {
    const text = lossAlongRaysFigure([sgd, swa]);
    const svg = parseSvg(text);
    expect(all(svg, '.ray path')).toHaveLength(2);
    expect(all(svg, '.mean path')).toHaveLength(2);
    const stroke = (selector: string) => all(svg, selector).map((group) => group.getAttribute('stroke'));
    expect(new Set([...stroke('.ray'), stroke('.mean')[0]]).size).toBe(1);
    expect(stroke('.mean')[1]).not.toBe(stroke('.mean')[0]);
    expect(legend(text)).toEqual(['SGD', 'SWA', 'one ray']);
    expect(legend(lossAlongRaysFigure([swa]))).toEqual(['SWA']);
  });

  it('puts the mean where the axes say', () => {
    const svg = parseSvg(lossAlongRaysFigure([sgd]));
    const [toX, toY] = [axisInverse(svg, 'x'), axisInverse(svg, 'y')];
    points(all(svg, '.mean path')[0]).forEach(([x, y], i) => {
      expect(Math.abs(toX(x) - distances[i])).toBeLessThan(0.01);
      expect(Math.abs(toY(y) - (1 + 2 * distances[i] ** 2))).toBeLessThan(0.1);
    });
  });

  it('leaves a gap where a loss is not finite, and can be drawn whatever lies beyond yDomain', () => {
    const broken = { label: 'broken', distances, loss: [distances.map((r) => (r > 2 ? Number.NaN : r))] };
    expect(/NaN/.test(lossAlongRaysFigure([broken]))).toBe(false);
    const steep = { label: 'steep', distances, loss: rays(1e9, 1e300) };
    expect(() => renderPng(lossAlongRaysFigure([steep, swa], { yDomain: [0, 2] }), { scale: 0.2 })).not.toThrow();
  });

  it('takes what lossAlongRays gives, whatever else it holds, and shortens a name that is wider than the figure', () => {
    const whole = { ...sgd, directions: [Float32Array.of(1)] };
    expect(lossAlongRaysFigure([whole]) === lossAlongRaysFigure([sgd])).toBe(true);
    expect(legend(lossAlongRaysFigure([{ ...swa, label: 'name '.repeat(99) }]))[0]).toMatch(/^name name .*…$/);
  });

  it.each([
    [[], {}, 'lossAlongRaysFigure: solutions is empty, expected at least one'],
    [[{ ...sgd, distances: [1] }], {}, /solutions\[0\]\.distances has length 1, expected at least 2/],
    [
      [{ ...sgd, distances: distances.map((r) => -r) }],
      {},
      /solutions\[0\]\.distances\[1\] is 3 after 4, expected rising/,
    ],
    [[swa, { ...sgd, loss: [] }], {}, /solutions\[1\]\.loss is empty/],
    [[{ ...sgd, loss: [[1, 2]] }], {}, /solutions\[0\]\.loss\[0\] has length 2, expected 9/],
    [[{ ...sgd, loss: [distances.map(() => Number.NaN)] }], {}, /solutions\[0\]\.loss is finite nowhere/],
    [[sgd], { yDomain: [1, 0] }, /yDomain is \[1,0\]/],
    [[sgd], { height: 3 }, /height is 3, expected pixels/],
    [[sgd], { rays: 3 }, /option rays is unknown/],
  ])('rejects bad input %#', (solutions, options, message) => {
    expect(() => lossAlongRaysFigure(solutions as never, options as never)).toThrow(message);
  });
});

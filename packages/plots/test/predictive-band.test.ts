import { predictiveBand } from '@subspace/plots';
import { renderPng } from '@subspace/plots/node';
import { describe, expect, it } from 'vitest';
import { all, axisInverse, parseSvg, points } from './parsed-svg.ts';

const x = Float64Array.from({ length: 41 }, (_, i) => -4 + i / 5);
const mean = x.map((v) => Math.sin(v));
const epistemicVariance = x.map((v) => (0.1 + 0.1 * Math.abs(v)) ** 2);
const variance = epistemicVariance.map((v) => v + 0.05);
const members = { means: [0, 1, 2, 3].map((k) => mean.map((m, i) => m + (k - 1.5) * Math.sqrt(epistemicVariance[i]))) };
const prediction = { mean, epistemicVariance, variance };
const data = { x: [-1, 0, 2], y: [-0.8, 0.1, 0.9] };

describe('predictiveBand', () => {
  it('draws every point of the data, three bands, a noise band, draws, the truth and the mean', () => {
    const svg = parseSvg(
      predictiveBand({ x, prediction: { ...prediction, members }, data, truth: mean, samplePaths: 3 }),
    );
    expect(all(svg, '.data circle')).toHaveLength(3);
    for (const name of ['band-1', 'band-2', 'band-3', 'noise', 'truth', 'mean']) {
      expect(all(svg, `.${name} path`), name).toHaveLength(1);
    }
    expect(all(svg, '.noise-edge path')).toHaveLength(2);
    expect(all(svg, '.draws path')).toHaveLength(3);
    const legend = all(svg, '.legend text').map((text) => text.textContent);
    expect(legend).toEqual([
      'mean',
      '±1, 2, 3 sd of the model (epistemic)',
      '±2 sd with noise',
      'data',
      'draws',
      'truth',
    ]);
  });

  it('leaves out what is not there', () => {
    const svg = parseSvg(predictiveBand({ x, prediction, noise: false }));
    expect(all(svg, '.data, .draws, .truth, .noise, .noise-edge')).toHaveLength(0);
    expect(all(svg, '.legend text')).toHaveLength(2);
  });

  it.each([1, 2, 3])('spans mean ± %d epistemic sd, read off the axes', (k) => {
    const svg = parseSvg(predictiveBand({ x, prediction, data }));
    const [toX, toY] = [axisInverse(svg, 'x'), axisInverse(svg, 'y')];
    const outline = points(all(svg, `.band-${k} path`)[0]);
    expect(outline).toHaveLength(2 * x.length);
    // A path is in tenths of a pixel: 0.05 px of error in the path, and in the tick it is read off, of about 300 px for 6 units.
    outline.slice(0, x.length).forEach(([px, py], i) => {
      expect(Math.abs(toX(px) - x[i])).toBeLessThan(0.01);
      const [low, high] = [toY(outline[2 * x.length - 1 - i][1]), toY(py)].sort((a, b) => a - b);
      const sd = Math.sqrt(epistemicVariance[i]);
      expect(Math.abs(low - (mean[i] - k * sd))).toBeLessThan(0.01);
      expect(Math.abs(high - (mean[i] + k * sd))).toBeLessThan(0.01);
    });
  });

  it('puts the edges with noise at mean ± 2 total sd', () => {
    const svg = parseSvg(predictiveBand({ x, prediction }));
    const toY = axisInverse(svg, 'y');
    const [lower, upper] = all(svg, '.noise-edge path').map(points);
    [0, 20, 40].forEach((i) => {
      expect(Math.abs(toY(lower[i][1]) - (mean[i] - 2 * Math.sqrt(variance[i])))).toBeLessThan(0.01);
      expect(Math.abs(toY(upper[i][1]) - (mean[i] + 2 * Math.sqrt(variance[i])))).toBeLessThan(0.01);
    });
  });

  it('sorts x, and gives the same string for the same input', () => {
    const backwards = (values: Float64Array) => values.slice().reverse();
    const reversed = {
      mean: backwards(mean),
      epistemicVariance: backwards(epistemicVariance),
      variance: backwards(variance),
    };
    const svg = predictiveBand({ x, prediction, data });
    expect(predictiveBand({ x, prediction, data })).toBe(svg);
    expect(predictiveBand({ x: backwards(x), prediction: reversed, data })).toBe(svg);
  });

  it('has a role, a label, a white ground, and text that is escaped', () => {
    const text = predictiveBand({ x, prediction, title: 'a < b & "c"' });
    expect(text).toContain('aria-label="a &lt; b &amp; &quot;c&quot;"');
    expect(() => renderPng(text), 'a strict XML parser reads it').not.toThrow();
    const svg = parseSvg(text);
    expect(svg.getAttribute('role')).toBe('img');
    expect(svg.querySelector('title')!.textContent).toBe('a < b & "c"');
    expect(svg.querySelector('rect')!.getAttribute('fill')).toBe('#ffffff');
  });

  it('refers only to ids that it defines, and that another figure has not', () => {
    const ids = (svg: string) => [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    const [one, two] = [predictiveBand({ x, prediction }), predictiveBand({ x, prediction, data })];
    const used = [...one.matchAll(/url\(#([^)]+)\)/g)].map(([, id]) => id);
    expect(used.length).toBeGreaterThan(0);
    expect(ids(one)).toEqual(expect.arrayContaining(used));
    expect(ids(one).filter((id) => ids(two).includes(id))).toEqual([]);
  });

  it.each([
    [{ x: [1], prediction }, 'predictiveBand: x has length 1, expected at least 2 points'],
    [{ x: [], prediction }, 'predictiveBand: x has length 0, expected at least 2 points'],
    [{ x: [1, 2], prediction }, 'predictiveBand: prediction.mean has length 41, expected 2'],
    [{ x, prediction: { ...prediction, mean: mean.map(() => Number.NaN) } }, /prediction\.mean\[0\] is NaN/],
    [
      { x, prediction: { ...prediction, variance: variance.map((v) => -v) } },
      /prediction\.variance\[0\] is -.*at least 0/,
    ],
    [{ x, prediction: { mean } }, /prediction\.epistemicVariance is undefined/],
    [{ x }, /prediction is undefined/],
    [{ x, prediction, data: { x: [1, 2], y: [1] } }, 'predictiveBand: data.y has length 1, expected 2'],
    [{ x, prediction, data: { x: [1], y: [Infinity] } }, /data\.y\[0\] is Infinity/],
    [{ x, prediction, truth: [1] }, 'predictiveBand: truth has length 1, expected 41'],
    [{ x, prediction, samplePaths: 3 }, /samplePaths needs prediction\.members/],
    [{ x, prediction, yDomain: [1, 0] }, 'predictiveBand: yDomain is [1,0], expected [low, high] with low < high'],
    [{ x, prediction, width: 10 }, /width is 10, expected pixels/],
    [{ x, prediction, colour: 'red' }, /^predictiveBand: option colour is unknown/],
  ])('rejects bad input %#', (options, message) => {
    expect(() => predictiveBand(options as never)).toThrow(message);
  });
});

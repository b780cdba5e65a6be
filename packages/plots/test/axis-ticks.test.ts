import { bandComparison, posteriorSurface, predictiveBand, tracePlot } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, type ParsedElement, parseSvg } from './parsed-svg.ts';

type Domain = readonly [number, number];

const domains: readonly [string, Domain, Domain][] = [
  ['seconds since 1970, a minute', [1.6e9, 1.6e9 + 60], [0, 1]],
  ['seconds since 1970, a year', [1.6e9, 1.63e9], [1e12, 1.005e12]],
  ['milliseconds since 1970', [1.7e12, 1.7e12 + 1e7], [-5, 5]],
  ['years and prices', [1990, 2020], [50_000, 150_000]],
  ['1e-9', [0, 1e-9], [-1e-9, 1e-9]],
  ['1e-9 beside 1', [1, 1 + 1e-9], [-123_456.789, -123_456.788]],
  ['1e12', [0, 1e12], [-1e12, -9e11]],
  ['long negative numbers', [-123_456_789, -123_456_739], [-123_456_789.5, -123_456_788]],
  ['neighbouring numbers', [1e15, 1e15 + 8], [2 ** 53, 2 ** 53 + 16]],
  ['beyond all powers of ten', [0, 1e-310], [-1e-300, 1e-300]],
  ['1e200', [-1e200, 1e200], [1e299, 1.1e299]],
  ['plain', [0, 10], [-1, 1]],
];

const along = ([low, high]: Domain, count: number) =>
  Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

const figures: Readonly<Record<string, (x: Domain, y: Domain) => string>> = {
  predictiveBand: (x, y) => predictiveBand(band(x, y)),
  'narrow predictiveBand': (x, y) => predictiveBand({ ...band(x, y), width: 330, height: 200 }),
  bandComparison: (x, y) => bandComparison({ panels: [1, 2, 3, 4, 5].map((i) => ({ label: `${i}`, ...band(x, y) })) }),
  'low bandComparison': (x, y) =>
    bandComparison({ panels: [1, 2].map((i) => ({ label: `${i}`, ...band(x, y) })), height: 200, width: 700 }),
  tracePlot: (x, y) => {
    const columns = [x, y, [0, 1e-9] as const, [5, 5] as const].map((domain) => along(domain, 50));
    return tracePlot({ positions: [Array.from({ length: 50 }, (_, i) => columns.map((column) => column[i]))] });
  },
  'many draws': (x) => {
    const ends = along(x, 2);
    return tracePlot({ positions: [Array.from({ length: 100_000 }, (_, i) => [ends[i % 2]])] }, { width: 320 });
  },
  posteriorSurface: (x, y) => {
    const logDensity = Array.from({ length: 25 }, (_, i) => -(((i % 5) - 2) ** 2));
    return posteriorSurface({ x: along(x, 5), y: along(y, 5), logDensity, width: 420 });
  },
};

function band(xDomain: Domain, yDomain: Domain) {
  const x = along(xDomain, 20);
  const none = new Float64Array(20);
  return { x, prediction: { mean: along(yDomain, 20), epistemicVariance: none, variance: none } };
}

/** Advance widths of DejaVu Sans, of 13 pixels. */
const advances: Readonly<Record<string, number>> = { ',': 0.318, '.': 0.318, '−': 0.838, e: 0.615 };
const widthOf = (text: string) => 13 * [...text].reduce((sum, character) => sum + (advances[character] ?? 0.637), 0);

interface Label {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** Labels of the ticks of each axis, in pixels of the figure. */
function tickLabels(svg: ParsedElement, axis: 'x' | 'y'): Label[][] {
  return all(svg, `g[aria-label="${axis}-axis tick label"]`).flatMap((group) => {
    const facets = all(group, 'g').length > 0 ? all(group, 'g') : [group];
    return facets.map((facet) => all(facet, 'text').map((text) => ({ text: text.textContent, ...placeOf(text) })));
  });
}

function placeOf(element: ParsedElement): { x: number; y: number } {
  let [x, y] = [0, 0];
  for (let at: ParsedElement | null = element; at; at = at.parentElement) {
    const [, dx = 0, dy = 0] = at.getAttribute('transform')?.match(/translate\(([-\d.]+)[, ]([-\d.]+)\)/) ?? [];
    x += Number(dx) + Number(at.getAttribute('x') ?? 0);
    y += Number(dy);
  }
  return { x, y };
}

describe('ticks', () => {
  describe.each(Object.entries(figures))('of %s', (name, figure) => {
    it.each(name === 'many draws' ? domains.slice(0, 1) : domains)('never touch: %s', (_, x, y) => {
      const svg = parseSvg(figure(x, y));
      const width = Number(svg.getAttribute('width'));
      const rows = tickLabels(svg, 'x');
      expect(rows.flat().length).toBeGreaterThan(0);
      for (const row of rows) {
        expect(new Set(row.map(({ text }) => text)).size).toBe(row.length);
        row.forEach((label, i) => {
          const half = widthOf(label.text) / 2;
          expect(label.x - half, label.text).toBeGreaterThanOrEqual(0);
          expect(label.x + half, label.text).toBeLessThanOrEqual(width);
          const next = row[i + 1];
          if (next) expect(next.x - widthOf(next.text) / 2, label.text).toBeGreaterThan(label.x + half + 3);
        });
      }
      for (const column of tickLabels(svg, 'y')) {
        expect(new Set(column.map(({ text }) => text)).size).toBe(column.length);
        expect(column.length).toBeGreaterThan(0);
        column.forEach((label, i) => {
          // They end where the axis begins.
          expect(label.x - widthOf(label.text), label.text).toBeGreaterThanOrEqual(0);
          if (i > 0) expect(column[i - 1].y - label.y, label.text).toBeGreaterThan(13);
        });
      }
    });
  });

  it('are called what a reader expects', () => {
    const labels = (x: Domain) => tickLabels(parseSvg(predictiveBand(band(x, [0, 1]))), 'x')[0].map(({ text }) => text);
    expect(labels([0, 10])).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    expect(labels([-1, 1]).slice(0, 3)).toEqual(['−1.0', '−0.8', '−0.6']);
    expect(labels([1990, 2020]).slice(0, 2)).toEqual(['1990', '1992']);
    expect(labels([0, 50_000]).slice(-2)).toEqual(['45,000', '50,000']);
    expect(labels([0, 2e-9]).slice(0, 3)).toEqual(['0', '2e−10', '4e−10']);
    expect(labels([-2e12, 0]).slice(0, 2)).toEqual(['−2.0e12', '−1.8e12']);
    expect(labels([1.6e9, 1.6e9 + 100])).toEqual(
      [0, 20, 40, 60, 80, 100].map((seconds) => `1,600,000,${String(seconds).padStart(3, '0')}`),
    );
    // One place, and not three of the same name.
    expect(labels([5, 5])).toEqual(['5.000']);
  });
});

import { bandComparison } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, parseSvg, points } from './parsed-svg.ts';

const x = Float64Array.from({ length: 21 }, (_, i) => -2 + i / 5);
const panel = (label: string, sd: number) => ({
  label,
  x,
  prediction: { mean: x, epistemicVariance: x.map(() => sd ** 2), variance: x.map(() => sd ** 2 + 0.05) },
});
const panels = ['SGD', 'SWA', 'SWAG', 'Random', 'PCA'].map((label, i) => panel(label, 0.1 * i));
const data = { x: [-1, 1], y: [-1, 1] };

describe('bandComparison', () => {
  it('draws a labelled panel for each method, the data in each', () => {
    const svg = parseSvg(bandComparison({ panels, data }));
    expect(new Set(all(svg, '.panel-label text').map((text) => text.textContent))).toEqual(
      new Set(panels.map(({ label }) => label)),
    );
    expect(all(svg, '.mean path')).toHaveLength(5);
    expect(all(svg, '.data circle')).toHaveLength(10);
  });

  it('shares the axes: one unit is as high in every panel', () => {
    const svg = parseSvg(bandComparison({ panels }));
    const heights = all(svg, '.band-1 path').map((path) => {
      const outline = points(path);
      return Math.abs(outline[0][1] - outline.at(-1)![1]);
    });
    [0, 1, 2, 3, 4].forEach((i) => {
      expect(Math.abs(heights[i] - (heights[4] * i) / 4)).toBeLessThan(0.3);
    });
  });

  it('leaves the noise out of bands, axes and legend alike, on request', () => {
    const noisy = panels.map((each) => ({
      ...each,
      prediction: { ...each.prediction, variance: each.prediction.variance.map((v) => v + 100) },
    }));
    const [bare, svg] = [
      { panels, noise: false },
      { panels: noisy, noise: false },
    ].map((options) => bandComparison(options));
    expect(svg).toBe(bare);
    expect(all(parseSvg(svg), '.noise, .noise-edge')).toHaveLength(0);
    expect(bandComparison({ panels: noisy })).not.toBe(bandComparison({ panels }));
  });

  it('is deterministic, and names the panel in an error', () => {
    expect(bandComparison({ panels })).toBe(bandComparison({ panels }));
    expect(() => bandComparison({ panels: [] })).toThrow(
      'bandComparison: panels is empty, expected at least one panel',
    );
    const wrong = { ...panels[0], x: [1, 2] };
    expect(() => bandComparison({ panels: [panels[1], wrong] })).toThrow(/panels\[1\]\.prediction\.mean has length 21/);
    expect(() => bandComparison({ panels, columns: 0 })).toThrow(/columns is 0/);
    expect(() => bandComparison({ panels, rows: 2 } as never)).toThrow(/option rows is unknown/);
  });
});

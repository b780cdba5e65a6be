import { bandComparison } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, axisInverse, parseSvg } from './parsed-svg.ts';

const x = [0, 1, 2];
const prediction = { mean: [0, 1, 0], epistemicVariance: [1, 1, 1], variance: [5, 5, 5] };
/** The lines of each panel's label. */
const lines = (labels: readonly string[], width?: number) =>
  all(
    parseSvg(bandComparison({ panels: labels.map((label) => ({ label, x, prediction })), columns: 5, width })),
    '.panel-label text',
  ).map((text) => {
    const spans = all(text, 'tspan').map((span) => span.textContent);
    return spans.length > 0 ? spans : [text.textContent];
  });

describe('the label of a panel', () => {
  it('stays on one line where there is room', () => {
    expect(lines(['SGD', 'PCA + ESS', 'a', 'b', 'c'])).toEqual([['SGD'], ['PCA + ESS'], ['a'], ['b'], ['c']]);
  });

  it('breaks between words, and keeps all of them', () => {
    const [label] = lines(['Tunnel around the curve, no-U-turn sampler', 'a', 'b', 'c', 'd']);
    expect(label.length).toBeGreaterThan(1);
    expect(label.join(' ')).toBe('Tunnel around the curve, no-U-turn sampler');
    expect(lines(['Tunnel around the curve, no-U-turn sampler', 'a', 'b', 'c', 'd'], 3000)[0]).toHaveLength(1);
  });

  it('ends in an ellipsis where one word is wider than the panel', () => {
    const [[label]] = lines(['W'.repeat(200), 'a', 'b', 'c', 'd']);
    expect(label).toMatch(/^W{3,20}…$/);
  });

  it('takes its room from the figure, not from the panels', () => {
    const height = (label: string) => {
      const svg = parseSvg(bandComparison({ panels: [{ label, x, prediction }], columns: 1, width: 300 }));
      const toY = axisInverse(svg, 'y');
      return 1 / (toY(0) - toY(1));
    };
    expect(height('a word '.repeat(20))).toBeCloseTo(height('a'), 0);
  });
});

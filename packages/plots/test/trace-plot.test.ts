import { randomSource } from '@subspace/core';
import { tracePlot } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, parseSvg, points } from './parsed-svg.ts';

const random = randomSource(1);
const chain = (length: number, dim: number) =>
  Array.from({ length }, () => Float64Array.from({ length: dim }, () => random.normal()));
const two = { positions: [chain(50, 12), chain(50, 12)] };

describe('tracePlot', () => {
  it('draws every chain in a panel for each of the first ten coordinates', () => {
    const svg = parseSvg(tracePlot(two));
    expect(all(svg, '.coordinate text').map((text) => text.textContent)).toEqual([..."₁₂₃₄₅₆₇₈₉"].map((i) => `z${i}`).concat('z₁₀')); // biome-ignore format: one line
    const colors = ['chain-1', 'chain-2'].map((name) => {
      const lines = all(svg, `.${name}`);
      expect(lines).toHaveLength(10);
      expect(points(all(svg, `.${name} path`)[0])).toHaveLength(50);
      return lines[0].getAttribute('stroke');
    });
    expect(new Set(colors).size).toBe(2);
  });

  it('shows the chosen coordinates under their names', () => {
    const names = Array.from({ length: 12 }, (_, k) => `w${k}`);
    const svg = parseSvg(tracePlot(two, { coordinates: [11, 0], names }));
    expect(all(svg, '.coordinate text').map((text) => text.textContent)).toEqual(['w11', 'w0']);
  });

  it('keeps the extremes of a chain that is longer than the picture is wide', () => {
    const long = Array.from({ length: 20_000 }, (_, i) => Float64Array.of(i === 12_345 ? 100 : Math.sin(i)));
    const line = points(all(parseSvg(tracePlot({ positions: [long] })), '.chain-1 path')[0]);
    expect(line.length).toBeLessThan(2000);
    const heights = line.map(([, y]) => y).sort((a, b) => a - b);
    expect(heights[1] - heights[0]).toBeGreaterThan(50);
  });

  it('draws a constant coordinate and a single draw', () => {
    expect(tracePlot({ positions: [[[1, 1]]] })).not.toContain('NaN');
  });

  it.each([
    [{ positions: [] }, {}, 'tracePlot: draws.positions is empty, expected at least one chain'],
    [{ positions: [[]] }, {}, 'tracePlot: draws.positions[0] is empty, expected at least one draw'],
    [{ positions: [[[1, 2], [1]]] }, {}, 'tracePlot: draws.positions[0][1] has length 1, expected 2'],
    [{ positions: [[[Number.NaN]]] }, {}, /draws\.positions\[0\]\[0\]\[0\] is NaN/],
    [two, { coordinates: [12] }, /coordinates\[0\] is 12, expected an integer from 0 to 11/],
    [two, { names: ['a'] }, /names has length 1, expected 12/],
    [two, { chains: 1 }, /option chains is unknown/],
  ])('rejects bad input %#', (draws, options, message) => {
    expect(() => tracePlot(draws as never, options as never)).toThrow(message);
  });
});

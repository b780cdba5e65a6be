import { reliabilityDiagram } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, parseSvg, points } from './parsed-svg.ts';

const curve = { count: [3, 0, 5, 7], confidence: [0.1, 0, 0.6, 0.9], accuracy: [0.2, 0, 0.5, 0.9] };

describe('reliabilityDiagram', () => {
  it('draws a line for each curve through the bins that have points, and the diagonal', () => {
    const svg = parseSvg(reliabilityDiagram({ one: curve, two: { ...curve, accuracy: [0, 0, 1, 1] } }));
    const [diagonal] = all(svg, '.diagonal path').map((path) => points(path));
    const [line] = all(svg, '.curve-1 path').map((path) => points(path));
    expect(diagonal).toHaveLength(2);
    expect(line).toHaveLength(3);
    expect(all(svg, '.curve-2 path')).toHaveLength(1);
    // As right as sure, 0.9: on the diagonal.
    const [[x0, y0], [x1, y1]] = diagonal;
    const [x, y] = line[2];
    expect((x - x0) / (x1 - x0)).toBeCloseTo(0.9, 2);
    expect((y - y0) / (y1 - y0)).toBeCloseTo(0.9, 2);
  });

  it('rejects what makes no sense', () => {
    expect(() => reliabilityDiagram({})).toThrow('reliabilityDiagram: curves has 0 of them, expected 1 to');
    expect(() => reliabilityDiagram({ a: { ...curve, count: [0, 0, 0, 0] } })).toThrow(
      'curves.a has no points in any bin',
    );
    expect(() => reliabilityDiagram({ a: { ...curve, accuracy: [1] } })).toThrow(
      'curves.a.accuracy has length 1, expected 4',
    );
    expect(() => reliabilityDiagram({ a: { ...curve, confidence: [0, 0, 2, 0] } })).toThrow(
      'curves.a.confidence[2] is 2',
    );
    expect(() => reliabilityDiagram({ a: curve }, { hight: 3 } as never)).toThrow('option hight is unknown');
  });
});

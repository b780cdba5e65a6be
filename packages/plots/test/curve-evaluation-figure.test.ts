import { curveEvaluationFigure } from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { all, axisInverse, parseSvg, points } from './parsed-svg.ts';

const times = Float64Array.from({ length: 11 }, (_, i) => i / 10);
const none = { values: times.map(() => Number.NaN) };
const path = (barrier: number) => ({
  loss: { values: times.map((t) => 1 + barrier * t * (1 - t)) },
  nll: { values: times.map((t) => barrier * t * (1 - t)) },
  error: { values: times.map((t) => 0.1 + barrier * t) },
  accuracy: none,
});
const evaluation = { times, curve: path(0.1), line: path(4) };
const labels = (options: object, of: object = evaluation) =>
  all(parseSvg(curveEvaluationFigure(of as never, options)), 'g[aria-label="y-axis label"] text').map(
    (text) => text.textContent,
  );

describe('curveEvaluationFigure', () => {
  it('draws loss and error, along the curve and along the line', () => {
    const svg = parseSvg(curveEvaluationFigure(evaluation));
    for (const name of ['curve-loss', 'line-loss', 'curve-error', 'line-error']) {
      expect(points(all(svg, `.${name} path`)[0]), name).toHaveLength(11);
    }
    expect(all(svg, '.legend text').map((text) => text.textContent)).toEqual(['curve', 'straight line']);
    expect(labels({})).toEqual(['loss', 'error']);
  });

  it('puts each value where the axes say', () => {
    const svg = parseSvg(curveEvaluationFigure(evaluation, { scores: ['loss'] }));
    const [toX, toY] = [axisInverse(svg, 'x'), axisInverse(svg, 'y')];
    points(all(svg, '.line-loss path')[0]).forEach(([x, y], i) => {
      expect(toX(x)).toBeCloseTo(times[i], 2);
      expect(toY(y)).toBeCloseTo(evaluation.line.loss.values[i], 2);
    });
  });

  it('shows the scores that are asked for, and of its own accord none that is nowhere', () => {
    expect(labels({ scores: ['nll', 'error', 'loss'] })).toEqual(['negative log likelihood', 'error', 'loss']);
    expect(labels({}, { times, curve: { ...path(1), error: none } })).toEqual(['loss']);
    expect(labels({}, { times, curve: { loss: path(1).loss } })).toEqual(['loss']);
  });

  it('leaves a gap where a score is not finite, and a dot where one stands alone', () => {
    const values = times.map((t, i) => ([3, 5, 7].includes(i) ? [Number.NaN, Infinity, -Infinity][i % 3] : t));
    const text = curveEvaluationFigure({ times, curve: { loss: { values } } });
    expect(/NaN|Infinity/.test(text)).toBe(false);
    const svg = parseSvg(text);
    const d = all(svg, '.curve-loss path')[0].getAttribute('d')!;
    expect(d.match(/M/g)).toHaveLength(4);
    expect(all(svg, 'circle')).toHaveLength(2);
  });

  it('draws a constant, and values of any size', () => {
    for (const size of [0, 1e-300, 1e12, 1e300]) {
      const svg = curveEvaluationFigure({ times, curve: { loss: { values: times.map(() => size) } } });
      expect(/NaN|Infinity/.test(svg), String(size)).toBe(false);
    }
  });

  it.each([
    [undefined, {}, /evaluation is undefined/],
    [
      { times: [0], curve: path(1) },
      {},
      'curveEvaluationFigure: evaluation.times has length 1, expected at least 2 points',
    ],
    [
      { times: [0, 1], curve: path(1) },
      {},
      'curveEvaluationFigure: evaluation.curve.loss.values has length 11, expected 2',
    ],
    [{ times, curve: path(1), line: {} }, {}, /evaluation\.line\.loss\.values has length 0, expected 11/],
    [{ times, curve: { loss: none } }, {}, /evaluation\.curve\.loss is finite nowhere/],
    [evaluation, { scores: ['accuracy'] }, /evaluation\.curve\.accuracy is finite nowhere/],
    [evaluation, { scores: ['rmse'] }, /scores\[0\] is rmse, expected one of loss, nll, error, accuracy/],
    [evaluation, { scores: [] }, /scores is \[\], expected at least one/],
    [evaluation, { width: 200 }, /width is 100, expected pixels/],
    [evaluation, { colour: 1 }, /option colour is unknown/],
  ])('rejects bad input %#', (of, options, message) => {
    expect(() => curveEvaluationFigure(of as never, options as never)).toThrow(message);
  });
});

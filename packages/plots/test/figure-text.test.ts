import { bandComparison, posteriorSurface, predictiveBand, tracePlot } from '@subspace/plots';
import { renderPng } from '@subspace/plots/node';
import { describe, expect, it } from 'vitest';
import { parseSvg } from './parsed-svg.ts';

const x = [0, 1, 2];
const prediction = { mean: [0, 1, 0], epistemicVariance: [1, 1, 1], variance: [2, 2, 2] };

/** Every text of a user's that figures show. */
const figures: Readonly<Record<string, (text: string) => string>> = {
  'a title': (title) => predictiveBand({ x, prediction, title }),
  'the name of x': (xLabel) => predictiveBand({ x, prediction, xLabel }),
  'the name of y': (yLabel) => predictiveBand({ x, prediction, yLabel }),
  'the name of a panel': (label) => bandComparison({ panels: [{ label, x, prediction }] }),
  'the name of a coordinate': (name) => tracePlot({ positions: [[[0], [1]]] }, { names: [name] }),
  'the name of a point': (label) =>
    posteriorSurface({
      x,
      y: x,
      logDensity: [0, 0, 0, 0, 1, 0, 0, 0, 0],
      points: [{ label, x: 1, y: 1 }],
      width: 900,
      height: 200,
    }),
};

describe.each(Object.entries(figures))('%s', (_, figure) => {
  it.each([
    ['a null', '\u0000'],
    ['a bell', '\u0007'],
    ['an escape', '\u001b[31mred'],
    ['a form feed', '\f'],
    ['half a pair', '\ud83d'],
    ['the other half', '\udc00 '],
    ['halves in the wrong order', '\udc00\ud83d'],
    ['no character', '\ufffe\uffff'],
  ])('may hold %s, and is XML all the same', (_name, text) => {
    const svg = figure(`before ${text} after`);
    // A strict parser.
    expect(() => renderPng(svg, { scale: 0.1 })).not.toThrow();
    expect(Buffer.from(svg).toString() === svg).toBe(true);
    const shown = [...text].map((character) => (/^[[\w ]$/.test(character) ? character : '\ufffd')).join('');
    expect(parseSvg(svg).textContent).toContain(`before ${shown} after`);
  });

  it('keeps what XML can hold: markup, references, entities, emoji, accents, other scripts', () => {
    for (const text of [
      '<b>&amp; "quoted" \'too\'</b>',
      '&#0; &nbsp;',
      ']]>',
      '<!-- -->',
      '😀 Ångström ŷ 標題 עברית',
      '\u0085\u00a0',
    ]) {
      const svg = figure(text);
      expect(() => renderPng(svg, { scale: 0.1 })).not.toThrow();
      expect(parseSvg(svg).textContent, text).toContain(text);
    }
  });
});

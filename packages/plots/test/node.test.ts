import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import {
  bandComparison,
  lossAlongRaysFigure,
  lossPlaneFigure,
  posteriorSurface,
  predictiveBand,
} from '@subspace/plots';
import { renderPng, writePng } from '@subspace/plots/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const prediction = { mean: [0, 1], epistemicVariance: [0.1, 0.1], variance: [0.2, 0.2] };
const svg = predictiveBand({ x: [0, 1], prediction, title: 'Text without system fonts', width: 600, height: 300 });

/** The dark pixels of the strip that holds the title: the PNG itself is decoded by drawing it. */
function inkInTitle(png: Uint8Array): number {
  const href = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const copy = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="34"><image href="${href}" width="600" height="300"/></svg>`;
  const { pixels } = new Resvg(copy, { font: { loadSystemFonts: false } }).render();
  let ink = 0;
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i] < 128) ink++;
  return ink;
}

describe('renderPng', () => {
  it('draws text with the font that it brings along', () => {
    const untitled = svg.replace(/<text[^>]*class="title"[^>]*>[^<]*<\/text>/, '');
    expect(untitled).not.toBe(svg);
    expect(inkInTitle(renderPng(untitled, { scale: 1 }))).toBe(0);
    expect(inkInTitle(renderPng(svg, { scale: 1 }))).toBeGreaterThan(300);
  });

  it.each([3, 1e5, 1e30])('draws bands that leave the domains by %f times their length', (far) => {
    const x = [0, 1, 2, 3, 4, 5];
    const mean = [0, 1, far, -far, 1, 0];
    const members = { means: [mean] };
    const prediction = {
      mean,
      members,
      epistemicVariance: mean.map((m) => 1 + m * m),
      variance: mean.map((m) => 2 + m * m),
    };
    const data = { x: [0, -far, far, 2], y: [far, 0, 0, -far] };
    const domains = { xDomain: [0, 1], yDomain: [-0.5, 0.5] } as const;
    const band = predictiveBand({ x, prediction, data, truth: mean, ...domains });
    const comparison = bandComparison({ panels: [{ label: 'far', x, prediction, truth: mean }], data, ...domains });
    for (const svg of [band, comparison]) expect(renderPng(svg).length).toBeGreaterThan(1000);
  });

  it.each([3, 100, 1e30])('draws what lies on a surface and leaves it by %f times its length', (far) => {
    const x = [-1, 0, 1];
    const values = [0, 1, 2, 1, 2, 3, 2, 3, 4];
    const overlay = {
      curve: [
        [-far, -far],
        [0, 0.2],
        [far, 0],
      ],
      draws: [
        [far, -far],
        [0, 0],
      ],
      points: [{ label: 'far', x: far, y: 0 }],
    };
    const surface = posteriorSurface({ x, y: x, logDensity: values, ...overlay });
    const plane = lossPlaneFigure({ x, y: x, loss: values }, overlay);
    const rays = lossAlongRaysFigure([{ label: 'far', distances: x, loss: [[0, far, 1]] }], { yDomain: [0, 1] });
    for (const svg of [surface, plane, rays]) expect(renderPng(svg).length).toBeGreaterThan(1000);
  });

  it('is twice the size of the SVG by default, or as wide as asked', () => {
    const width = (png: Uint8Array) => new DataView(png.buffer, png.byteOffset).getUint32(16);
    expect(width(renderPng(svg))).toBe(1200);
    expect(width(renderPng(svg, { scale: 1 }))).toBe(600);
    expect(width(renderPng(svg, { width: 450 }))).toBe(450);
  });

  it('gives the same bytes for the same figure', () => {
    expect(renderPng(svg)).toEqual(renderPng(svg));
  });

  it('rejects what is no SVG, and bad sizes', () => {
    expect(() => renderPng('hello')).toThrow('renderPng: svg is not an SVG document');
    expect(() => renderPng('<svg><g></svg>')).toThrow(/^renderPng: svg cannot be drawn/);
    expect(() => renderPng(svg, { scale: 0 })).toThrow(/scale is 0/);
    expect(() => renderPng(svg, { dpi: 300 } as never)).toThrow(/option dpi is unknown/);
  });
});

describe('writePng', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'subspace-plots-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes the picture and leaves nothing else', async () => {
    await writePng(svg, join(folder, 'band.png'), { scale: 1 });
    expect(await readdir(folder)).toEqual(['band.png']);
    expect(new Uint8Array(await readFile(join(folder, 'band.png')))).toEqual(renderPng(svg, { scale: 1 }));
  });

  it('fails where there is no folder', async () => {
    await expect(writePng(svg, join(folder, 'none', 'band.png'))).rejects.toThrow(/ENOENT/);
  });
});

import * as Plot from '@observablehq/plot';
import { requireKnownOptions } from '@subspace/core/internals';
import { figureDocument } from '#document';
import { axes } from './axes.ts';
import { type BandFigureOptions, bandContents, bandFigureOptions } from './band-figure.ts';
import { type BandPrediction, bandLegend, bandMarks } from './band-panel.ts';
import { composeFigure, type SvgDocument, type SvgNode, titleRoom } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { palette } from './palette.ts';

export interface PredictiveBandOptions extends BandFigureOptions {
  /** Where the prediction was made, [N]; in any order. */
  readonly x: ArrayLike<number>;
  /** Of `predictRegression`, [N] each. */
  readonly prediction: BandPrediction;
  /** The function that made the data, on `x` [N]. */
  readonly truth?: ArrayLike<number>;
}

/**
 * A regression and how sure it is, as a figure: data, predictive mean, bands and draws over one input.
 *
 * Bands: mean ± k·√epistemicVariance, k = 1, 2, 3, in falling lightness; apart from them, outlined, mean ± 2·√variance (noise included).
 *
 * @returns the figure as SVG, the same string for the same input
 * @throws on lengths that differ, values that are not finite, negative variances, unknown options
 * @example
 * ```ts
 * import { predictiveBand } from '@subspace/plots';
 *
 * const x = Float64Array.from({ length: 50 }, (_, i) => i / 10);
 * const epistemicVariance = x.map((value) => 0.01 * value * value);
 * const prediction = { mean: x.map(Math.sin), epistemicVariance, variance: epistemicVariance.map((v) => v + 0.04) };
 * const svg = predictiveBand({ x, prediction, data: { x: [0.5, 1], y: [0.6, 0.7] }, title: 'A sine' });
 * ```
 */
export function predictiveBand(options: PredictiveBandOptions): string {
  const where = 'predictiveBand';
  requireKnownOptions(where, options, ['x', 'prediction', 'truth', ...bandFigureOptions]);
  const { title, xLabel = 'x', yLabel = 'y', width = 900, height = 440 } = options;
  requireSize(where, width, height);
  const { panels, data, noise, xDomain, yDomain } = bandContents(where, [{ name: '', panel: options }], options, 12);

  const document = figureDocument() as SvgDocument;
  const key = legend(document, bandLegend(panels, data.length > 0, noise), width - 32);
  const top = titleRoom(title, width, 12);
  const chartTop = top + key.height;
  const margin = { top: 12, bottom: 48 };
  const { x, y, left, right } = axes({
    width,
    panelHeight: height - chartTop - margin.top - margin.bottom,
    xDomain,
    yDomain,
    xLabel,
    yLabel,
  });
  const chart = Plot.plot({
    document: document as never,
    width,
    height: height - chartTop,
    marginTop: margin.top,
    marginRight: right,
    marginBottom: margin.bottom,
    marginLeft: left,
    x,
    y,
    marks: [
      Plot.gridY({ stroke: palette.grid, strokeOpacity: 1, ticks: y.ticks }),
      ...bandMarks(panels[0], data, { noise, dotRadius: 2.2, xDomain: x.domain, yDomain: y.domain }),
      Plot.frame({ stroke: palette.muted, strokeOpacity: 0.5 }),
    ],
  }) as unknown as SvgNode;
  return composeFigure({
    document,
    width,
    height,
    title,
    label: title ?? 'Predictive mean and bands',
    parts: [
      { node: key.node, x: 16, y: top },
      { node: chart, x: 0, y: chartTop },
    ],
  });
}

import * as Plot from '@observablehq/plot';
import { requireKnownOptions } from '@subspace/core/internals';
import { figureDocument } from '#document';
import { axes } from './axes.ts';
import {
  type BandPrediction,
  bandData,
  bandExtent,
  bandLegend,
  bandMarks,
  bandPanel,
  requireDomain,
  requireSamplePaths,
  type XY,
} from './band-panel.ts';
import { composeFigure, type SvgDocument, type SvgNode, titleHeight } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { palette } from './palette.ts';

export interface PredictiveBandOptions {
  /** Where the prediction was made, [N]; in any order. */
  readonly x: ArrayLike<number>;
  /** Of `predictRegression`, [N] each. */
  readonly prediction: BandPrediction;
  readonly data?: XY;
  /** The function that made the data, on `x` [N]. */
  readonly truth?: ArrayLike<number>;
  /** How many draws to show as thin lines, if the prediction has its members; 12 by default. */
  readonly samplePaths?: number;
  /** Whether to show the band with noise; true by default. */
  readonly noise?: boolean;
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** In pixels; 900 × 440 by default. */
  readonly width?: number;
  readonly height?: number;
  /** What the axes span; everything by default. */
  readonly xDomain?: readonly [number, number];
  readonly yDomain?: readonly [number, number];
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
  requireKnownOptions(where, options, [
    'x',
    'prediction',
    'data',
    'truth',
    'samplePaths',
    'noise',
    'title',
    'xLabel',
    'yLabel',
    'width',
    'height',
    'xDomain',
    'yDomain',
  ]);
  const { samplePaths = 12, noise = true, title, xLabel = 'x', yLabel = 'y', width = 900, height = 440 } = options;
  requireSize(where, width, height);
  requireDomain(where, 'xDomain', options.xDomain);
  requireDomain(where, 'yDomain', options.yDomain);
  requireSamplePaths(where, options.samplePaths, [options]);
  const panel = bandPanel(where, '', options, samplePaths);
  const data = bandData(where, options.data);
  const extent = bandExtent([panel], data, noise);

  const document = figureDocument() as SvgDocument;
  const key = legend(document, bandLegend([panel], data.length > 0, noise), width - 32);
  const top = title === undefined ? 12 : titleHeight;
  const chartTop = top + key.height;
  const margin = { top: 12, bottom: 48 };
  const { x, y, left, right } = axes({
    width,
    panelHeight: height - chartTop - margin.top - margin.bottom,
    xDomain: options.xDomain ?? extent.x,
    yDomain: options.yDomain ?? extent.y,
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
      ...bandMarks(panel, data, { noise, dotRadius: 2.2, xDomain: x.domain, yDomain: y.domain }),
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

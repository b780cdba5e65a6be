import * as Plot from '@observablehq/plot';
import { argumentError, requireCount, requireKnownOptions } from '@subspace/core/internals';
import { figureDocument } from '#document';
import { axes } from './axes.ts';
import { type BandFigureOptions, bandContents, bandFigureOptions } from './band-figure.ts';
import { type BandPanelOptions, bandLegend, bandMarks } from './band-panel.ts';
import { composeFigure, type SvgDocument, type SvgNode, titleRoom } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { palette } from './palette.ts';
import { fontSize } from './text-width.ts';
import { wrappedText } from './wrapped-text.ts';

/** Of a panel's label, in pixels of the width of plain text: it is bold, and a pixel larger. */
const boldWidth = 1.25;

/** One method's prediction. */
export interface ComparisonPanel extends BandPanelOptions {
  /** The name of the method. */
  readonly label: string;
}

export interface BandComparisonOptions extends BandFigureOptions {
  readonly panels: readonly ComparisonPanel[];
  /** 3 by default, or the number of panels if that is less. */
  readonly columns?: number;
}

/**
 * Several methods on the same data: one predictive band a panel, with shared axes.
 *
 * With `noise: false` a panel shows what the model does not know, and nothing else: the y axis spans ±3 epistemic sd, the data and the truth.
 *
 * @returns the figure as SVG, the same string for the same input; the legend takes the last cell of the grid if it is empty
 * @throws as `predictiveBand`, naming the panel; and on no panels
 * @example
 * ```ts
 * import { bandComparison } from '@subspace/plots';
 *
 * const x = Float64Array.from({ length: 50 }, (_, i) => i / 10);
 * const band = (width: number) => ({
 *   mean: x.map(Math.sin),
 *   epistemicVariance: x.map((value) => (width * value) ** 2),
 *   variance: x.map((value) => (width * value) ** 2 + 0.04),
 * });
 * const svg = bandComparison({
 *   panels: [
 *     { label: 'SGD', x, prediction: band(0) },
 *     { label: 'PCA subspace', x, prediction: band(0.1) },
 *   ],
 *   data: { x: [0.5, 1], y: [0.6, 0.7] },
 * });
 * ```
 */
export function bandComparison(options: BandComparisonOptions): string {
  const where = 'bandComparison';
  requireKnownOptions(where, options, ['panels', 'columns', ...bandFigureOptions]);
  if (!Array.isArray(options.panels) || options.panels.length === 0) {
    throw argumentError(where, 'panels is empty, expected at least one panel');
  }
  const { columns = Math.min(3, options.panels.length) } = options;
  requireCount(where, 'columns', columns);
  const rows = Math.ceil(options.panels.length / columns);
  const { title, xLabel = 'x', yLabel = 'y', width = 900 } = options;
  const cells = options.panels.map(({ label, ...panel }, i) => {
    requireKnownOptions(`${where} panels[${i}]`, panel, ['x', 'prediction', 'truth']);
    return { label: String(label), facet: { fx: i % columns, fy: Math.floor(i / columns) }, panel };
  });
  const named = cells.map(({ panel }, i) => ({ name: `panels[${i}].`, panel }));
  const { panels, data, noise, xDomain, yDomain } = bandContents(where, named, options, 8);

  const document = figureDocument() as SvgDocument;
  const entries = bandLegend(panels, data.length > 0, noise);
  const { x, y, gap, left, right } = axes({
    width,
    panelHeight: (options.height === undefined ? 230 : (options.height - 130) / rows) - 46,
    columns,
    rows,
    xDomain,
    yDomain,
    xLabel,
    yLabel,
    xTicks: 6,
    yTicks: 5,
  });
  const cellWidth = (width - left - right - (columns - 1) * gap) / columns;
  const labels = cells.map(({ label }) => wrappedText(label, cellWidth / boldWidth));
  const labelHeight = 26 + 17 * (Math.max(...labels.map((lines) => lines.length)) - 1);
  const margin = { top: labelHeight, right, bottom: 48, left };
  const inCell = cells.length < columns * rows && cellWidth >= 240;
  const key = inCell ? legend(document, entries, cellWidth, 'column') : legend(document, entries, width - 32);
  const top = titleRoom(title, width, 8);
  const chartTop = inCell ? top : top + key.height + 6;
  const { height = chartTop + rows * (204 + labelHeight) + margin.bottom } = options;
  requireSize(where, width, height);

  const chart = Plot.plot({
    document: document as never,
    width,
    height: height - chartTop,
    marginTop: margin.top,
    marginRight: margin.right,
    marginBottom: margin.bottom,
    marginLeft: margin.left,
    fx: {
      domain: range(columns),
      axis: null,
      ...gaps(columns, gap, width - margin.left - margin.right),
    },
    fy: {
      domain: range(rows),
      axis: null,
      ...gaps(rows, labelHeight + 20, height - chartTop - margin.top - margin.bottom),
    },
    x,
    y,
    marks: [
      Plot.gridY({ stroke: palette.grid, strokeOpacity: 1, ticks: y.ticks }),
      ...panels.flatMap((panel, i) =>
        bandMarks(panel, data, { noise, facet: cells[i].facet, dotRadius: 1.6, xDomain: x.domain, yDomain: y.domain }),
      ),
      Plot.frame({ stroke: palette.muted, strokeOpacity: 0.5 }),
      Plot.text(cells, {
        fx: ({ facet }) => facet.fx,
        fy: ({ facet }) => facet.fy,
        text: (_, i) => labels[i].join('\n'),
        frameAnchor: 'top-left',
        lineAnchor: 'bottom',
        dy: -7,
        fontSize: fontSize + 1,
        fontWeight: 'bold',
        fill: palette.ink,
        className: 'panel-label',
      }),
    ],
  }) as unknown as SvgNode;
  const cellHeight = (height - chartTop - margin.top - margin.bottom) / rows;
  const emptyCell = {
    x: width - margin.right - cellWidth + 12,
    y: height - margin.bottom - (cellHeight - 30 + key.height) / 2 + 10,
  };
  return composeFigure({
    document,
    width,
    height,
    title,
    label: title ?? `Predictive bands of ${cells.map(({ label }) => label).join(', ')}`,
    parts: [
      { node: chart, x: 0, y: chartTop },
      { node: key.node, ...(inCell ? emptyCell : { x: 16, y: top }) },
    ],
  });
}

/** Padding of a band scale that leaves `gap` pixels between `count` bands in `length`, and none around them. */
function gaps(count: number, gap: number, length: number): { paddingInner: number; paddingOuter: number } {
  return { paddingInner: count === 1 ? 0 : (gap * count) / (length + gap), paddingOuter: 0 };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

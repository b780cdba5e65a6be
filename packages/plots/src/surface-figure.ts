import * as Plot from '@observablehq/plot';
import { figureDocument } from '#document';
import { axes } from './axes.ts';
import { composeFigure, type SvgDocument, type SvgNode, titleRoom } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { palette } from './palette.ts';
import { overlayLegend, overlayMarks, type PlaneOverlay } from './plane-overlay.ts';
import { bilinear, type SurfaceGrid } from './surface-grid.ts';
import { textWidth } from './text-width.ts';

export interface SurfaceFigureOptions extends PlaneOverlay {
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** In pixels. */
  readonly width?: number;
  readonly height?: number;
}

export const surfaceFigureOptions: readonly string[] = ['title', 'xLabel', 'yLabel', 'width', 'height'];

interface Surface extends SurfaceGrid {
  /** Rising, at most ten; what is lower than all of them is white, what is higher darkest. */
  readonly levels: readonly number[];
  readonly levelLabel: (level: number) => string;
  /** Over the colours. */
  readonly legend: string;
  /** What a screen reader says of a figure without a title. */
  readonly label: string;
  /** One unit is as long along y as along x, where no height is given. */
  readonly square: boolean;
}

const defaultSize = { width: 720, height: 620 };
/** Of the chart's panel, in pixels. */
const mostHeight = 900;
const leastHeight = 160;

/** Filled contours over a plane, and what lies on them. Options are those that are checked. */
export function surfaceFigure(where: string, surface: Surface, options: SurfaceFigureOptions): string {
  const { x, y, levels } = surface;
  const { title, xLabel = 'z₁', yLabel = 'z₂', width = defaultSize.width } = options;
  const [x1, x2, y1, y2] = [x[0], x[x.length - 1], y[0], y[y.length - 1]];
  const entries = overlayLegend(options);
  const top = titleRoom(title, width, 8);
  const rampHeight = 58;
  const keyHeight = entries.length > 0 ? 26 : 0;
  const chartTop = top + rampHeight + keyHeight;
  const margin = { top: 10, bottom: 48 };
  const chartAxes = (panelHeight: number) =>
    axes({ width, panelHeight, xDomain: [x1, x2], yDomain: [y1, y2], xLabel, yLabel, yTicks: 7 });
  const around = chartTop + margin.top + margin.bottom;
  const panelHeight = () => {
    if (options.height !== undefined) return options.height - around;
    if (!surface.square) return defaultSize.height - around;
    const { left, right } = chartAxes(defaultSize.height - around);
    const equal = ((width - left - right) * (y2 - y1)) / (x2 - x1);
    return Math.round(Math.min(mostHeight, Math.max(leastHeight, equal)));
  };
  const height = panelHeight() + around;
  requireSize(where, width, height);
  const { left, right, ...scales } = chartAxes(height - around);
  const panel = { width: width - left - right, height: height - around };

  const document = figureDocument() as SvgDocument;
  const color = { type: 'threshold' as const, domain: [...levels], range: colors(levels.length) };
  const rampWidth = Math.min(panel.width, defaultSize.height);
  const ramp = Plot.legend({
    color,
    document: document as never,
    width: rampWidth,
    height: 54,
    marginTop: 20,
    marginBottom: 20,
    marginLeft: 0,
    marginRight: 0,
    label: surface.legend,
    tickFormat: sparse(levels, surface.levelLabel, rampWidth / (levels.length + 1)),
  } as never) as unknown as SvgNode;
  const chart = Plot.plot({
    document: document as never,
    width,
    height: height - chartTop,
    marginTop: margin.top,
    marginRight: right,
    marginBottom: margin.bottom,
    marginLeft: left,
    x: scales.x,
    y: scales.y,
    color: { ...color, legend: false },
    marks: [
      Plot.contour({
        fill: bilinear(surface),
        x1,
        x2,
        y1,
        y2,
        pixelSize: 3,
        thresholds: color.domain,
        stroke: palette.contour,
        strokeWidth: 0.5,
        clip: true,
        className: 'surface',
      } as never),
      ...overlayMarks(options, panel, (px, py) => ({
        x: (panel.width * (px - x1)) / (x2 - x1),
        y: (panel.height * (y2 - py)) / (y2 - y1),
      })),
      Plot.frame({ stroke: palette.muted, strokeOpacity: 0.5 }),
    ],
  }) as unknown as SvgNode;
  const key =
    entries.length > 0 ? [{ node: legend(document, entries, panel.width).node, x: left, y: top + rampHeight }] : [];
  return composeFigure({
    document,
    width,
    height,
    title,
    label: title ?? surface.label,
    parts: [{ node: ramp, x: left, y: top }, ...key, { node: chart, x: 0, y: chartTop }],
  });
}

/** Of the palette's, one more than there are levels, from its first to its last. */
function colors(levels: number): string[] {
  const last = palette.surface.length - 1;
  return Array.from({ length: levels + 1 }, (_, i) => palette.surface[Math.round((i * last) / levels)]);
}

/** The labels of levels that are `distance` pixels apart, so many left out that none touches another. */
function sparse(
  levels: readonly number[],
  label: (level: number) => string,
  distance: number,
): (level: number, i: number) => string {
  const widest = Math.max(...levels.map((level) => textWidth(label(level))));
  const stride = Math.ceil((widest + 4) / distance);
  return (level, i) => (i % stride === 0 ? label(level) : '');
}

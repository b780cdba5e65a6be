import * as Plot from '@observablehq/plot';
import { argumentError, requireFinite, requireKnownOptions, requireLength } from '@subspace/core/internals';
import { figureDocument } from '#document';
import { axes } from './axes.ts';
import { composeFigure, fontSize, type SvgDocument, type SvgNode, titleHeight } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { palette } from './palette.ts';

/** A place in the plane that has a name. */
export interface SurfacePoint {
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

export interface PosteriorSurfaceOptions {
  /** The grid's first coordinates, rising, [X]. */
  readonly x: ArrayLike<number>;
  /** The grid's second coordinates, rising, [Y]. */
  readonly y: ArrayLike<number>;
  /** Log density up to a constant, in nats, [Y, X] row major; −∞ is allowed. */
  readonly logDensity: ArrayLike<number>;
  /** Draws; of each the first two coordinates are shown. */
  readonly draws?: readonly ArrayLike<number>[];
  readonly points?: readonly SurfacePoint[];
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** In pixels; 720 × 620 by default. */
  readonly width?: number;
  readonly height?: number;
}

/** Nats below the maximum. For a Gaussian in the plane, ½ holds 39 % of the mass, 1: 63 %, 3: 95 %, 5: 99.3 %. */
const levels = [30, 20, 15, 10, 7.5, 5, 3, 2, 1, 0.5];

/**
 * The log density of a posterior over two coordinates, as filled contours, with draws over it.
 *
 * Contours of log p(z) − max log p, at levels from ½ to 30 nats below the maximum; what lies lower is white.
 *
 * @returns the figure as SVG, the same string for the same input
 * @throws on lengths that do not agree, a grid that does not rise, NaN or +∞, draws with fewer than two coordinates, unknown options
 * @example
 * ```ts
 * import { posteriorSurface } from '@subspace/plots';
 *
 * const x = Float64Array.from({ length: 41 }, (_, i) => -4 + i / 5);
 * const y = x;
 * const logDensity = Array.from(y, (b) => Array.from(x, (a) => -(a * a + b * b) / 2)).flat();
 * const svg = posteriorSurface({ x, y, logDensity, draws: [[0.3, -0.2], [1, 0.4]], points: [{ label: 'MAP', x: 0, y: 0 }] });
 * ```
 */
export function posteriorSurface(options: PosteriorSurfaceOptions): string {
  const where = 'posteriorSurface';
  requireKnownOptions(where, options, [
    'x',
    'y',
    'logDensity',
    'draws',
    'points',
    'title',
    'xLabel',
    'yLabel',
    'width',
    'height',
  ]);
  const { x, y, draws = [], points = [], title, xLabel = 'z₁', yLabel = 'z₂', width = 720, height = 620 } = options;
  requireSize(where, width, height);
  requireRising(where, 'x', x);
  requireRising(where, 'y', y);
  const heightAt = surface(where, x, y, options.logDensity);
  draws.forEach((draw, i) => {
    if (!(draw?.length >= 2)) {
      throw argumentError(where, `draws[${i}] has length ${draw?.length}, expected at least 2 coordinates`);
    }
    requireFinite(where, `draws[${i}]`, draw);
  });
  points.forEach((point, i) => {
    requireFinite(where, `points[${i}]`, [point.x, point.y]);
  });

  const [x1, x2, y1, y2] = [x[0], x[x.length - 1], y[0], y[y.length - 1]];
  const top = title === undefined ? 8 : titleHeight;
  const chartTop = top + 58;
  const margin = { top: 10, bottom: 48 };
  const { left, right, ...scales } = axes({
    width,
    panelHeight: height - chartTop - margin.top - margin.bottom,
    xDomain: [x1, x2],
    yDomain: [y1, y2],
    xLabel,
    yLabel,
    yTicks: 7,
  });

  const document = figureDocument() as SvgDocument;
  const color = { type: 'threshold' as const, domain: levels.map((level) => -level), range: [...palette.surface] };
  const rampWidth = Math.min(width - left - 32 - (draws.length > 0 ? 94 : 0), 520);
  const key =
    draws.length > 0
      ? legend(document, [{ label: 'draws', swatch: { kind: 'dot', fill: palette.data, radius: 3 } }], 94)
      : undefined;
  const ramp = Plot.legend({
    color,
    document: document as never,
    width: rampWidth,
    height: 54,
    marginTop: 20,
    marginBottom: 20,
    marginLeft: 0,
    label: 'log density: nats below the maximum',
    tickFormat: (level: number) => `${-level}`,
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
        fill: heightAt,
        x1,
        x2,
        y1,
        y2,
        pixelSize: 3,
        thresholds: color.domain,
        stroke: '#ffffff',
        strokeWidth: 0.4,
        clip: true,
        className: 'surface',
      } as never),
      Plot.dot(draws, {
        x: '0',
        y: '1',
        r: 2.1,
        fill: palette.data,
        fillOpacity: 0.75,
        stroke: '#ffffff',
        strokeWidth: 0.5,
        clip: true,
        className: 'draws',
      }),
      Plot.dot(points, {
        x: 'x',
        y: 'y',
        symbol: 'diamond',
        r: 6,
        fill: '#000000',
        stroke: '#ffffff',
        strokeWidth: 1.5,
        className: 'points',
      }),
      Plot.text(points, {
        x: 'x',
        y: 'y',
        text: 'label',
        dy: -15,
        fontSize: fontSize + 1,
        fontWeight: 'bold',
        fill: '#000000',
        stroke: '#ffffff',
        strokeWidth: 4,
        className: 'point-labels',
      }),
      Plot.frame({ stroke: palette.muted, strokeOpacity: 0.5 }),
    ],
  }) as unknown as SvgNode;
  return composeFigure({
    document,
    width,
    height,
    title,
    label: title ?? 'Log density of the posterior and draws',
    parts: [
      { node: ramp, x: left, y: top },
      ...(key === undefined ? [] : [{ node: key.node, x: left + rampWidth + 24, y: top + 16 }]),
      { node: chart, x: 0, y: chartTop },
    ],
  });
}

function requireRising(where: string, name: string, values: ArrayLike<number>): void {
  if (!(values?.length >= 2)) {
    throw argumentError(where, `${name} has length ${values?.length}, expected at least 2 grid points`);
  }
  requireFinite(where, name, values);
  for (let i = 1; i < values.length; i++) {
    if (!(values[i] > values[i - 1])) {
      throw argumentError(where, `${name}[${i}] is ${values[i]} after ${values[i - 1]}, expected rising values`);
    }
  }
}

/** Height over the plane, 0 at the maximum: bilinear between the points of the grid, which need not be evenly spaced. */
function surface(
  where: string,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  logDensity: ArrayLike<number>,
): (x: number, y: number) => number {
  requireLength(where, 'logDensity', logDensity ?? [], x.length * y.length);
  let maximum = -Infinity;
  for (let i = 0; i < logDensity.length; i++) {
    if (Number.isNaN(logDensity[i]) || logDensity[i] === Infinity) {
      throw argumentError(where, `logDensity[${i}] is ${logDensity[i]}, expected a finite number or -Infinity`);
    }
    maximum = Math.max(maximum, logDensity[i]);
  }
  if (maximum === -Infinity) throw argumentError(where, 'logDensity is -Infinity everywhere, expected a finite value');
  // Below the last level all is white; a clamp a little lower keeps the outermost contour where it belongs.
  const lowest = -1.5 * levels[0];
  const at = (row: number, column: number) => Math.max(lowest, logDensity[row * x.length + column] - maximum);
  return (px, py) => {
    const [i, s] = cell(x, px);
    const [j, t] = cell(y, py);
    return (1 - t) * ((1 - s) * at(j, i) + s * at(j, i + 1)) + t * ((1 - s) * at(j + 1, i) + s * at(j + 1, i + 1));
  };
}

/** The interval of the grid that holds a value, and how far into it the value lies, in [0, 1]. */
function cell(grid: ArrayLike<number>, value: number): [number, number] {
  let [low, high] = [0, grid.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (grid[middle] <= value) low = middle;
    else high = middle;
  }
  return [low, Math.min(1, Math.max(0, (value - grid[low]) / (grid[low + 1] - grid[low])))];
}

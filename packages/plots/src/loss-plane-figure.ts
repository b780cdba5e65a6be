import { argumentError, requireFinite, requireKnownOptions, requireOptions } from '@subspace/core/internals';
import { planeOverlayOptions, requirePlaneOverlay } from './plane-overlay.ts';
import { type SurfaceFigureOptions, surfaceFigure, surfaceFigureOptions } from './surface-figure.ts';
import { requireSurfaceGrid } from './surface-grid.ts';

/** Losses over a plane of weight space, as `lossPlane` of `@subspace/curves` gives them. */
export interface LossPlaneGrid {
  /** The grid's first coordinates, rising, [X]. */
  readonly x: ArrayLike<number>;
  /** The grid's second coordinates, rising, [Y]. */
  readonly y: ArrayLike<number>;
  /** [Y, X] row major. NaN and +∞ are drawn as what lies above the last level. */
  readonly loss: ArrayLike<number>;
}

export interface LossPlaneFigureOptions extends SurfaceFigureOptions {
  /** Of the contours: losses above the lowest of the grid, rising, at most ten. By default 1, 2 and 5 · 10ⁿ, the last of them just below nine tenths of the losses. */
  readonly levels?: readonly number[];
}

/**
 * The loss over a plane of weight space as filled contours, with a curve, solutions and draws on it.
 *
 * Contours of loss − min loss at levels that double or so from one to the next: a valley is seen to its ground, beside walls that are a thousand times as high. The
 * darkest is lowest. Unless `height` is given, one unit is as long along y as along x: distances in the figure are distances in weight space.
 *
 * @param grid of `lossPlane`; `grid.coordinatesOf(weights)` are what `curve`, `points` and `draws` need
 * @returns the figure as SVG, 720 pixels wide by default, the same string for the same input
 * @throws on lengths that do not agree, a grid that does not rise, no finite loss, levels that do not rise, unknown options
 * @see Garipov et al. (2018), Figure 1: https://arxiv.org/abs/1802.10026
 * @example
 * ```ts
 * import { lossPlaneFigure } from '@subspace/plots';
 *
 * const x = Float64Array.from({ length: 41 }, (_, i) => -2 + i / 10);
 * const y = x;
 * const loss = Array.from(y, (b) => Array.from(x, (a) => (a * a + b * b - 1) ** 2)).flat();
 * const arc = Array.from({ length: 31 }, (_, i) => [-Math.cos((Math.PI * i) / 30), Math.sin((Math.PI * i) / 30)]);
 * const svg = lossPlaneFigure({ x, y, loss }, { curve: arc, points: [{ label: 'start', x: -1, y: 0 }, { label: 'end', x: 1, y: 0 }] });
 * ```
 */
export function lossPlaneFigure(grid: LossPlaneGrid, options: LossPlaneFigureOptions = {}): string {
  const where = 'lossPlaneFigure';
  requireOptions(where, 'grid', grid);
  requireKnownOptions(where, options, ['levels', ...planeOverlayOptions, ...surfaceFigureOptions]);
  const { x, y, loss } = grid;
  requireSurfaceGrid(where, 'grid.loss', { x, y, values: loss });
  requirePlaneOverlay(where, options);
  const finite = Float64Array.from(loss).filter(Number.isFinite).sort();
  if (finite.length === 0) throw argumentError(where, 'grid.loss is finite nowhere, expected a finite value');
  const lowest = finite[0];
  const levels = options.levels ?? defaultLevels(finite[Math.floor(0.9 * (finite.length - 1))] - lowest);
  requireLevels(where, levels);
  const beyond = 1.5 * levels[levels.length - 1];
  const excess = (value: number) => (Number.isNaN(value) ? beyond : Math.min(beyond, value - lowest));
  const surface = {
    ...{ x, y },
    // Higher is darker.
    values: Float64Array.from(loss, (value) => -excess(value)),
    levels: levels.map((level) => -level).reverse(),
    levelLabel: (level: number) => brief(-level),
    legend: `loss above the lowest (${brief(lowest)})`,
    label: 'Loss over a plane of weight space',
    square: true,
  };
  return surfaceFigure(where, surface, { xLabel: 'distance in weight space', yLabel: 'distance', ...options });
}

/** Ten of 1, 2, 5 · 10ⁿ, rising; the last is at most `highest`. */
function defaultLevels(highest: number): number[] {
  const top = highest > 0 ? highest : 1;
  const decade = Math.floor(Math.log10(top));
  return [-4, -3, -2, -1, 0]
    .flatMap((n) => [1, 2, 5].map((digit) => Number(`${digit}e${decade + n}`)))
    .filter((level) => level > 0 && level <= top)
    .slice(-10);
}

function requireLevels(where: string, levels: readonly number[]): void {
  if (!Array.isArray(levels) || levels.length < 1 || levels.length > 10) {
    throw argumentError(where, `levels has length ${levels?.length}, expected 1 to 10 rising numbers above 0`);
  }
  requireFinite(where, 'levels', levels);
  levels.forEach((level, i) => {
    const before = i === 0 ? 0 : levels[i - 1];
    if (!(level > before)) throw argumentError(where, `levels[${i}] is ${level}, expected more than ${before}`);
  });
}

/** Three digits, without needless zeros. */
function brief(value: number): string {
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 1e-3 && size < 1e5);
  const text = plain ? String(Number(size.toPrecision(3))) : String(Number(size.toPrecision(3)).toExponential());
  return `${value < 0 ? '−' : ''}${text.replace('e+', 'e').replace('-', '−')}`;
}

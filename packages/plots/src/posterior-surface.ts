import { argumentError, requireKnownOptions } from '@subspace/core/internals';
import { planeOverlayOptions, requirePlaneOverlay } from './plane-overlay.ts';
import { type SurfaceFigureOptions, surfaceFigure, surfaceFigureOptions } from './surface-figure.ts';
import { requireSurfaceGrid } from './surface-grid.ts';

export interface PosteriorSurfaceOptions extends SurfaceFigureOptions {
  /** The grid's first coordinates, rising, [X]. */
  readonly x: ArrayLike<number>;
  /** The grid's second coordinates, rising, [Y]. */
  readonly y: ArrayLike<number>;
  /** Log density up to a constant, in nats, [Y, X] row major; −∞ is allowed. */
  readonly logDensity: ArrayLike<number>;
}

/** Nats below the maximum. For a Gaussian in the plane, ½ holds 39 % of the mass, 1: 63 %, 3: 95 %, 5: 99.3 %. */
const levels = [-30, -20, -15, -10, -7.5, -5, -3, -2, -1, -0.5];

/** What lies below the last level is white; a clamp a little lower keeps the outermost contour where it belongs. */
const lowest = 1.5 * levels[0];

/**
 * The log density of a posterior over two coordinates, as filled contours, with a curve, draws and named points over it.
 *
 * Contours of log p(z) − max log p, at levels from ½ to 30 nats below the maximum; what lies lower is white.
 *
 * @returns the figure as SVG, 720 × 620 pixels by default, the same string for the same input
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
  requireKnownOptions(where, options, ['x', 'y', 'logDensity', ...planeOverlayOptions, ...surfaceFigureOptions]);
  const { x, y, logDensity } = options;
  requireSurfaceGrid(where, 'logDensity', { x, y, values: logDensity });
  requirePlaneOverlay(where, options);
  const maximum = highest(where, logDensity);
  const surface = {
    ...{ x, y, levels },
    values: Float64Array.from(logDensity, (value) => Math.max(lowest, value - maximum)),
    levelLabel: (level: number) => `${-level}`,
    legend: 'log density: nats below the maximum',
    label: 'Log density of the posterior and draws',
    square: false,
  };
  return surfaceFigure(where, surface, options);
}

function highest(where: string, logDensity: ArrayLike<number>): number {
  let maximum = -Infinity;
  for (let i = 0; i < logDensity.length; i++) {
    if (Number.isNaN(logDensity[i]) || logDensity[i] === Infinity) {
      throw argumentError(where, `logDensity[${i}] is ${logDensity[i]}, expected a finite number or -Infinity`);
    }
    maximum = Math.max(maximum, logDensity[i]);
  }
  if (maximum === -Infinity) throw argumentError(where, 'logDensity is -Infinity everywhere, expected a finite value');
  return maximum;
}

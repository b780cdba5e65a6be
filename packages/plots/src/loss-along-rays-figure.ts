import { argumentError, requireFinite, requireKnownOptions, requireLength } from '@subspace/core/internals';
import { figureDocument } from '#document';
import { requireDomain } from './band-panel.ts';
import { composeFigure, type SvgDocument, titleRoom } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { type LegendEntry, legend } from './legend.ts';
import { type ChartLine, lineChart } from './line-chart.ts';
import { palette } from './palette.ts';

/** Losses along rays from one solution, as `lossAlongRays` of `@subspace/curves` gives them, and the solution's name. */
export interface SolutionRays {
  readonly label: string;
  /** From the solution, in weight space, rising, [N]. */
  readonly distances: ArrayLike<number>;
  /** By ray, at each distance. */
  readonly loss: readonly ArrayLike<number>[];
}

export interface LossAlongRaysFigureOptions {
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** What the y axis spans; everything by default. */
  readonly yDomain?: readonly [number, number];
  /** In pixels; 640 × 400 by default. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * The loss along rays from solutions: how wide the valley is that each lies in. A colour a solution; thin lines are its rays, the thick one is their mean.
 *
 * @param solutions of `lossAlongRays`: `[{ label: 'SWA', ...await lossAlongRays(network, data, …) }, …]`
 * @returns the figure as SVG, the same string for the same input; where a loss is not finite, there is a gap
 * @throws on no solutions or rays, lengths that differ, distances that do not rise, no finite loss, unknown options
 * @see Izmailov et al. (2018), Figure 4: https://arxiv.org/abs/1803.05407
 * @example
 * ```ts
 * import { lossAlongRaysFigure } from '@subspace/plots';
 *
 * const distances = Float64Array.from({ length: 31 }, (_, i) => i / 2);
 * const rays = (narrowness: number) => [0.8, 1, 1.3].map((c) => distances.map((r) => 0.1 + c * narrowness * r * r));
 * const svg = lossAlongRaysFigure([
 *   { label: 'SGD', distances, loss: rays(0.01) },
 *   { label: 'SWA', distances, loss: rays(0.004) },
 * ]);
 * ```
 */
export function lossAlongRaysFigure(
  solutions: readonly SolutionRays[],
  options: LossAlongRaysFigureOptions = {},
): string {
  const where = 'lossAlongRaysFigure';
  requireKnownOptions(where, options, ['title', 'xLabel', 'yLabel', 'yDomain', 'width', 'height']);
  if (!Array.isArray(solutions) || solutions.length === 0) {
    throw argumentError(where, 'solutions is empty, expected at least one');
  }
  solutions.forEach((solution, i) => {
    requireRays(where, `solutions[${i}]`, solution);
  });
  requireDomain(where, 'yDomain', options.yDomain);
  const { title, xLabel = 'distance in weight space', yLabel = 'loss', width = 640, height = 400, yDomain } = options;
  requireSize(where, width, height);

  const color = (i: number) => palette.chains[i % palette.chains.length];
  const rays = solutions.flatMap(({ distances, loss }, i) =>
    loss.length === 1
      ? []
      : loss.map(
          (y: ArrayLike<number>): ChartLine => ({ x: distances, y, stroke: color(i), ...thin, className: 'ray' }),
        ),
  );
  const means = solutions.map(
    ({ distances, loss }, i): ChartLine => ({
      x: distances,
      y: mean(loss),
      stroke: color(i),
      ...thick,
      className: 'mean',
    }),
  );
  const entries = solutions.map(
    ({ label }, i): LegendEntry => ({ label: String(label), swatch: { kind: 'line', stroke: color(i), ...thick } }),
  );
  const oneRay: LegendEntry = { label: 'one ray', swatch: { kind: 'line', stroke: palette.muted, width: 1 } };
  const document = figureDocument() as SvgDocument;
  const key = legend(document, rays.length > 0 ? [...entries, oneRay] : entries, width - 32);
  const top = titleRoom(title, width, 12);
  const chartTop = top + key.height;
  const node = lineChart(document, {
    ...{ lines: [...rays, ...means], xLabel, yLabel, width, height: height - chartTop, yDomain },
  });
  return composeFigure({
    ...{ document, width, height, title },
    label: title ?? `Loss along rays from ${solutions.map(({ label }) => label).join(', ')}`,
    parts: [
      { node: key.node, x: 16, y: top },
      { node, x: 0, y: chartTop },
    ],
  });
}

const thin = { width: 1, opacity: 0.4 };
const thick = { width: 2.5 };

function requireRays(where: string, name: string, solution: SolutionRays): void {
  const distances = solution?.distances;
  if (!(distances?.length >= 2)) {
    throw argumentError(where, `${name}.distances has length ${distances?.length}, expected at least 2`);
  }
  requireFinite(where, `${name}.distances`, distances);
  for (let i = 1; i < distances.length; i++) {
    if (distances[i] > distances[i - 1]) continue;
    throw argumentError(
      where,
      `${name}.distances[${i}] is ${distances[i]} after ${distances[i - 1]}, expected rising distances`,
    );
  }
  const { loss } = solution;
  if (!Array.isArray(loss) || loss.length === 0)
    throw argumentError(where, `${name}.loss is empty, expected at least one ray`);
  loss.forEach((values, i) => {
    requireLength(where, `${name}.loss[${i}]`, values, distances.length);
  });
  if (!loss.some((values) => Array.from(values).some(Number.isFinite))) {
    throw argumentError(where, `${name}.loss is finite nowhere, expected a finite value`);
  }
}

function mean(rays: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(rays[0], (_, i) => rays.reduce((sum, ray) => sum + ray[i], 0) / rays.length);
}

import * as Plot from '@observablehq/plot';
import { argumentError, requireCount, requireFinite, requireLength } from '@subspace/core/internals';
import type { LegendEntry } from './legend.ts';
import { nearby } from './nearby.ts';
import { palette } from './palette.ts';

/** What a band is drawn of, per point of the grid; core's `RegressionPrediction` is one. */
export interface BandPrediction {
  readonly mean: ArrayLike<number>;
  /** Epistemic and noise. */
  readonly variance: ArrayLike<number>;
  readonly epistemicVariance: ArrayLike<number>;
  /** Of the draws: their means are the sample paths. */
  readonly members?: { readonly means: readonly ArrayLike<number>[] };
}

/** One panel as a user describes it. */
export interface BandPanelOptions {
  readonly x: ArrayLike<number>;
  readonly prediction: BandPrediction;
  readonly truth?: ArrayLike<number>;
}

/** Points of a plane. */
export interface XY {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** One panel as it is drawn: rows in the order of x. */
export interface BandPanel {
  readonly rows: readonly BandRow[];
  readonly paths: readonly { readonly x: number; readonly y: number; readonly path: number }[];
  readonly hasTruth: boolean;
}

interface BandRow {
  readonly x: number;
  readonly mean: number;
  readonly sd: number;
  readonly totalSd: number;
  readonly truth: number;
}

/** Which facet of a figure a panel is drawn in. */
export interface Facet {
  readonly fx: number;
  readonly fy: number;
}

const noiseMultiple = 2;
const multiples = [3, 2, 1];

/** A panel from options, checked, sorted by x. */
export function bandPanel(where: string, name: string, options: BandPanelOptions, samplePaths: number): BandPanel {
  const { x, prediction, truth } = options;
  if (x === undefined || x.length === undefined)
    throw argumentError(where, `${name}x is ${x}, expected an array of numbers`);
  if (x.length < 2) throw argumentError(where, `${name}x has length ${x.length}, expected at least 2 points`);
  requireFinite(where, `${name}x`, x);
  if (typeof prediction !== 'object' || prediction === null) {
    throw argumentError(where, `${name}prediction is ${prediction}, expected { mean, variance, epistemicVariance }`);
  }
  const column = (values: ArrayLike<number> | undefined, title: string) => {
    if (values?.length === undefined)
      throw argumentError(where, `${name}${title} is ${values}, expected an array of numbers`);
    requireLength(where, `${name}${title}`, values, x.length);
    requireFinite(where, `${name}${title}`, values);
    return values;
  };
  const mean = column(prediction.mean, 'prediction.mean');
  const epistemic = column(prediction.epistemicVariance, 'prediction.epistemicVariance');
  const total = column(prediction.variance, 'prediction.variance');
  if (truth !== undefined) column(truth, 'truth');
  const order = Array.from(x, (_, i) => i).sort((a, b) => x[a] - x[b]);
  const sd = (variance: ArrayLike<number>, i: number, title: string) => {
    // A moment-matched variance may come out a rounding error below 0.
    if (variance[i] < -1e-9) {
      throw argumentError(where, `${name}${title}[${i}] is ${variance[i]}, expected a variance of at least 0`);
    }
    return Math.sqrt(Math.max(0, variance[i]));
  };
  const means = thinned(prediction.members?.means ?? [], samplePaths);
  return {
    rows: order.map((i) => ({
      x: x[i],
      mean: mean[i],
      sd: sd(epistemic, i, 'prediction.epistemicVariance'),
      totalSd: sd(total, i, 'prediction.variance'),
      truth: truth?.[i] ?? Number.NaN,
    })),
    paths: means.flatMap((values, path) => {
      column(values, `prediction.members.means[${path}]`);
      return order.map((i) => ({ x: x[i], y: values[i], path }));
    }),
    hasTruth: truth !== undefined,
  };
}

/** Data points, checked. */
export function bandData(where: string, data: XY | undefined): { x: number; y: number }[] {
  if (data === undefined) return [];
  if (data.x?.length === undefined || data.y?.length === undefined) {
    throw argumentError(where, 'data has no x or y, expected { x, y } of equal length');
  }
  requireLength(where, 'data.y', data.y, data.x.length);
  requireFinite(where, 'data.x', data.x);
  requireFinite(where, 'data.y', data.y);
  return Array.from(data.x, (x, i) => ({ x, y: data.y[i] }));
}

export function requireSamplePaths(where: string, samplePaths: unknown, panels: readonly BandPanelOptions[]): void {
  if (samplePaths === undefined) return;
  requireCount(where, 'samplePaths', samplePaths, 0);
  if (samplePaths > 0 && !panels.some(({ prediction }) => prediction?.members !== undefined)) {
    throw argumentError(
      where,
      'samplePaths needs prediction.members, expected a prediction made with keepMembers: true',
    );
  }
}

/** Throws unless `domain` is absent or a rising pair. */
export function requireDomain(where: string, name: string, domain: readonly number[] | undefined): void {
  if (domain === undefined) return;
  if (!Array.isArray(domain) || domain.length !== 2 || !(domain[0] < domain[1]) || !domain.every(Number.isFinite)) {
    throw argumentError(where, `${name} is ${JSON.stringify(domain)}, expected [low, high] with low < high`);
  }
}

/** The range of x and of everything that will be drawn. */
export function bandExtent(
  panels: readonly BandPanel[],
  data: readonly { readonly x: number; readonly y: number }[],
  noise: boolean,
): { readonly x: [number, number]; readonly y: [number, number] } {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  const add = (x: number, low: number, high: number) => {
    [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, low), Math.max(y1, high)];
  };
  for (const { x, y } of data) add(x, y, y);
  for (const { rows, paths, hasTruth } of panels) {
    for (const { x, mean, sd, totalSd, truth } of rows) {
      const half = Math.max(multiples[0] * sd, noise ? noiseMultiple * totalSd : 0);
      add(x, mean - half, mean + half);
      if (hasTruth) add(x, truth, truth);
    }
    for (const { x, y } of paths) add(x, y, y);
  }
  const margin = 0.04 * (y1 - y0) || 1;
  return { x: [x0, x1], y: [y0 - margin, y1 + margin] };
}

/** The marks of a panel, from the back to the front. */
export function bandMarks(
  panel: BandPanel,
  data: readonly { readonly x: number; readonly y: number }[],
  {
    noise,
    facet,
    dotRadius,
    xDomain,
    yDomain,
  }: {
    readonly noise: boolean;
    readonly facet?: Facet;
    readonly dotRadius: number;
    readonly xDomain: readonly [number, number];
    readonly yDomain: readonly [number, number];
  },
): Plot.Markish[] {
  const place = facet === undefined ? {} : { fx: () => facet.fx, fy: () => facet.fy };
  const [atX, atY] = [nearby(xDomain), nearby(yDomain)];
  const common = { ...place, x: ({ x }: { readonly x: number }) => atX(x), clip: true };
  const y = (value: (row: BandRow) => number) => (row: BandRow) => atY(value(row));
  const ofPoint = ({ y }: { readonly y: number }) => atY(y);
  const noiseEdge = (sign: number) => ({
    ...common,
    y: y((row) => row.mean + sign * noiseMultiple * row.totalSd),
  });
  const marks: Plot.Markish[] = [];
  if (noise) {
    marks.push(
      Plot.areaY(panel.rows, {
        ...common,
        y1: noiseEdge(-1).y,
        y2: noiseEdge(1).y,
        fill: palette.noise,
        fillOpacity: 0.12,
        className: 'noise',
      }),
    );
  }
  for (const k of multiples) {
    marks.push(
      Plot.areaY(panel.rows, {
        ...common,
        y1: y((row) => row.mean - k * row.sd),
        y2: y((row) => row.mean + k * row.sd),
        fill: palette.bands[k - 1],
        className: `band-${k}`,
      }),
    );
  }
  if (noise) {
    for (const sign of [-1, 1]) {
      marks.push(
        Plot.line(panel.rows, {
          ...noiseEdge(sign),
          stroke: palette.noise,
          strokeWidth: 1,
          strokeDasharray: '4,3',
          className: 'noise-edge',
        }),
      );
    }
  }
  marks.push(
    Plot.dot(data, { ...common, y: ofPoint, r: dotRadius, fill: palette.data, fillOpacity: 0.6, className: 'data' }),
    Plot.line(panel.paths, {
      ...common,
      y: ofPoint,
      z: 'path',
      stroke: palette.mean,
      strokeWidth: 0.7,
      strokeOpacity: 0.45,
      className: 'draws',
    }),
  );
  if (panel.hasTruth) {
    marks.push(
      Plot.line(panel.rows, {
        ...common,
        y: y(({ truth }) => truth),
        stroke: palette.truth,
        strokeWidth: 2,
        strokeDasharray: '7,4',
        className: 'truth',
      }),
    );
  }
  marks.push(
    Plot.line(panel.rows, {
      ...common,
      y: y(({ mean }) => mean),
      stroke: palette.mean,
      strokeWidth: 2,
      className: 'mean',
    }),
  );
  return marks;
}

/** The legend of what the panels show. */
export function bandLegend(panels: readonly BandPanel[], data: boolean, noise: boolean): LegendEntry[] {
  const entries: LegendEntry[] = [
    { label: 'mean', swatch: { kind: 'line', stroke: palette.mean, width: 2 } },
    { label: '±1, 2, 3 sd of the model (epistemic)', swatch: { kind: 'areas', fills: palette.bands } },
  ];
  if (noise) {
    entries.push({
      label: `±${noiseMultiple} sd with noise`,
      swatch: { kind: 'areas', fills: [palette.noise], opacity: 0.12, outline: palette.noise },
    });
  }
  if (data) entries.push({ label: 'data', swatch: { kind: 'dot', fill: palette.data, radius: 3 } });
  if (panels.some(({ paths }) => paths.length > 0)) {
    entries.push({ label: 'draws', swatch: { kind: 'line', stroke: '#8497b5', width: 1 } });
  }
  if (panels.some(({ hasTruth }) => hasTruth)) {
    entries.push({ label: 'truth', swatch: { kind: 'line', stroke: palette.truth, width: 2, dash: '7,4' } });
  }
  return entries;
}

function thinned<T>(values: readonly T[], count: number): T[] {
  if (count >= values.length) return [...values];
  return Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]);
}

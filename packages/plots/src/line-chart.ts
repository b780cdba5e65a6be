import * as Plot from '@observablehq/plot';
import { axes } from './axes.ts';
import type { SvgDocument, SvgNode } from './figure.ts';
import { nearby } from './nearby.ts';
import { palette } from './palette.ts';

/** A line of a chart; it has gaps where y is not finite. */
export interface ChartLine {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly stroke: string;
  readonly width: number;
  readonly dash?: string;
  readonly opacity?: number;
  readonly className: string;
}

export interface LineChart {
  /** From the back to the front. */
  readonly lines: readonly ChartLine[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** In pixels, axes included. */
  readonly width: number;
  readonly height: number;
  /** What the y axis spans; all that is finite by default. */
  readonly yDomain?: readonly [number, number];
}

export function lineChart(document: SvgDocument, chart: LineChart): SvgNode {
  const { lines, width, height } = chart;
  const margin = { top: 12, bottom: 48 };
  const { x, y, left, right } = axes({
    width,
    panelHeight: height - margin.top - margin.bottom,
    xDomain: extent(lines.map((line) => line.x)),
    yDomain: chart.yDomain ?? roomy(extent(lines.map((line) => line.y))),
    xLabel: chart.xLabel,
    yLabel: chart.yLabel,
  });
  const at = nearby(y.domain);
  return Plot.plot({
    document: document as never,
    width,
    height,
    marginTop: margin.top,
    marginRight: right,
    marginBottom: margin.bottom,
    marginLeft: left,
    x,
    y,
    marks: [
      Plot.gridY({ stroke: palette.grid, strokeOpacity: 1, ticks: y.ticks }),
      ...lines.flatMap((line) => [
        Plot.line(line.x, {
          x: (_, i) => line.x[i],
          y: (_, i) => (Number.isFinite(line.y[i]) ? at(line.y[i]) : Number.NaN),
          stroke: line.stroke,
          strokeWidth: line.width,
          strokeDasharray: line.dash,
          strokeOpacity: line.opacity ?? 1,
          strokeLinecap: 'round',
          clip: true,
          className: line.className,
        }),
        Plot.dot(alone(line.y), {
          x: (i: number) => line.x[i],
          y: (i: number) => at(line.y[i]),
          r: line.width,
          fill: line.stroke,
          clip: true,
        }),
      ]),
      Plot.frame({ stroke: palette.muted, strokeOpacity: 0.5 }),
    ],
  }) as unknown as SvgNode;
}

/** Where a value has no neighbour that is finite: a line has no length there. */
function alone(values: ArrayLike<number>): number[] {
  return Array.from(values, (_, i) => i).filter(
    (i) => Number.isFinite(values[i]) && !Number.isFinite(values[i - 1]) && !Number.isFinite(values[i + 1]),
  );
}

/** Of all that is finite. */
function extent(columns: readonly ArrayLike<number>[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of columns) {
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) [low, high] = [Math.min(low, values[i]), Math.max(high, values[i])];
    }
  }
  return [low, high];
}

function roomy([low, high]: readonly [number, number]): [number, number] {
  const margin = 0.05 * (high - low) || 0.05 * Math.abs(low) || 1;
  return [low - margin, high + margin];
}

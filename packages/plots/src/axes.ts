import { horizontalTicks, verticalTicks } from './axis-ticks.ts';
import { shortenedText } from './wrapped-text.ts';

export interface AxesOptions {
  /** Of the figure, in pixels. */
  readonly width: number;
  /** Of one panel, without margins. */
  readonly panelHeight: number;
  /** Panels side by side, with axes of their own under them. */
  readonly columns?: number;
  readonly rows?: number;
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Ticks at most. */
  readonly xTicks?: number;
  readonly yTicks?: number;
}

/** Both axes of a chart, as Plot takes them, and the room that their labels need. */
export interface Axes {
  readonly x: AxisScale;
  readonly y: AxisScale;
  readonly left: number;
  readonly right: number;
  /** Between two panels side by side. */
  readonly gap: number;
}

interface AxisScale {
  readonly domain: [number, number];
  readonly label: string;
  readonly labelAnchor: 'center';
  readonly labelArrow: 'none';
  readonly labelOffset: number;
  readonly ticks: number[];
  readonly tickFormat: (value: number) => string;
}

export function axes(options: AxesOptions): Axes {
  const { width, panelHeight, columns = 1, rows = 1, xDomain, yDomain } = options;
  const yTicks = verticalTicks(yDomain, options.yTicks ?? panelHeight / 35, panelHeight);
  const labelOffset = Math.max(48, yTicks.width + 28);
  // The labels at both ends of the x axis stand out by half.
  const left = (label: number) => Math.max(labelOffset + 12, label / 2 + 4);
  const right = (label: number) => Math.max(20, label / 2 + 4);
  const gap = (label: number) => label + 8;
  const xTicks = horizontalTicks(
    xDomain,
    options.xTicks ?? width / 80,
    (label) => (width - left(label) - right(label) - (columns - 1) * gap(label)) / columns,
  );
  const [leftOfAll, rightOfAll] = [left(xTicks.width), right(xTicks.width)];
  const common = { labelAnchor: 'center', labelArrow: 'none' } as const;
  return {
    x: {
      ...{
        ...common,
        domain: [...xDomain],
        label: shortenedText(options.xLabel, width - leftOfAll - rightOfAll),
        labelOffset: 40,
      },
      ticks: [...xTicks.values],
      tickFormat: xTicks.label,
    },
    y: {
      ...{ ...common, domain: [...yDomain], label: shortenedText(options.yLabel, panelHeight * rows), labelOffset },
      ticks: [...yTicks.values],
      tickFormat: yTicks.label,
    },
    left: leftOfAll,
    right: rightOfAll,
    gap: gap(xTicks.width),
  };
}

import * as Plot from '@observablehq/plot';
import type { SvgDocument, SvgNode } from './figure.ts';
import { palette } from './palette.ts';
import { fontSize, textWidth } from './text-width.ts';
import { shortenedText } from './wrapped-text.ts';

/** One line of a legend: what is drawn, in miniature, and what it is called. */
export interface LegendEntry {
  readonly label: string;
  readonly swatch:
    | {
        readonly kind: 'areas';
        readonly fills: readonly string[];
        readonly opacity?: number;
        readonly outline?: string;
      }
    | { readonly kind: 'line'; readonly stroke: string; readonly width: number; readonly dash?: string }
    | { readonly kind: 'dot'; readonly fill: string; readonly radius: number };
}

export interface Legend {
  readonly node: SvgNode;
  readonly width: number;
  readonly height: number;
}

const swatchWidth = 30;
const rowHeight = 22;
const gap = 22;

/** A legend `width` pixels wide: entries in rows, or in one column (where a label breaks before its bracket). */
export function legend(
  document: SvgDocument,
  entries: readonly LegendEntry[],
  width: number,
  direction: 'row' | 'column' = 'row',
): Legend {
  const placed = place(entries, width, direction);
  const height = Math.max(...placed.map(({ row, lines }) => row + lines)) * rowHeight;
  const middle = ({ row, lines }: Placed) => (row + lines / 2) * rowHeight;

  const marks = placed.flatMap((entry) => {
    const { swatch } = entry.entry;
    const [x, y] = [entry.x, middle(entry)];
    if (swatch.kind === 'dot') return [Plot.dot([[x + swatchWidth / 2, y]], { r: swatch.radius, fill: swatch.fill })];
    if (swatch.kind === 'line') {
      const { stroke, width: strokeWidth, dash: strokeDasharray } = swatch;
      return [Plot.line([[x, y], [x + swatchWidth, y]], { stroke, strokeWidth, strokeDasharray })]; // biome-ignore format: one line
    }
    const cell = swatchWidth / swatch.fills.length;
    const areas: Plot.Markish[] = swatch.fills.map((fill, i) =>
      Plot.rect([0], {
        x1: () => x + i * cell,
        x2: () => x + (i + 1) * cell,
        y1: () => y - 7,
        y2: () => y + 7,
        fill,
        fillOpacity: swatch.opacity ?? 1,
      }),
    );
    if (swatch.outline !== undefined) {
      for (const edge of [y - 7, y + 7]) {
        areas.push(
          Plot.line([[x, edge], [x + swatchWidth, edge]], { stroke: swatch.outline, strokeDasharray: '4,3' }), // biome-ignore format: one line
        );
      }
    }
    return areas;
  });
  const labels = Plot.text(placed, {
    x: (entry: Placed) => entry.x + swatchWidth + 7,
    y: middle,
    text: 'label',
    textAnchor: 'start',
    fontSize,
    fill: palette.ink,
    className: 'legend',
  });
  const node = Plot.plot({
    document: document as never,
    width,
    height,
    margin: 0,
    x: { type: 'identity', axis: null },
    y: { type: 'identity', axis: null },
    marks: [...marks, labels],
  }) as unknown as SvgNode;
  return { node, width, height };
}

interface Placed {
  readonly entry: LegendEntry;
  readonly label: string;
  readonly x: number;
  /** In units of the height of a row. */
  readonly row: number;
  readonly lines: number;
}

function place(entries: readonly LegendEntry[], width: number, direction: 'row' | 'column'): Placed[] {
  let [x, row] = [0, 0];
  const fitting = (label: string) => shortenedText(label, width - swatchWidth - 7);
  return entries.map((entry) => {
    if (direction === 'column') {
      const lines = entry.label.replace(' (', '\n(').split('\n').map(fitting);
      const placed = { entry, label: lines.join('\n'), x: 0, row, lines: lines.length === 1 ? 1 : 1.7 };
      row += placed.lines;
      return placed;
    }
    const label = fitting(entry.label);
    const length = swatchWidth + 7 + textWidth(label);
    if (x > 0 && x + length > width) [x, row] = [0, row + 1];
    const placed = { entry, label, x, row, lines: 1 };
    x += length + gap;
    return placed;
  });
}

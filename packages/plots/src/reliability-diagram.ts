import {
  argumentError,
  requireKnownOptions,
  requireLength,
  requireList,
  requireOptions,
} from '@subspace/core/internals';
import { figureDocument } from '#document';
import { composeFigure, type SvgDocument, titleRoom } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { lineChart } from './line-chart.ts';
import { palette } from './palette.ts';

/** How sure and how right, by bins: what `calibrationCurve` of `@subspace/metrics` gives. */
export interface Reliability {
  /** Points of each bin [bins]; those without any are left out. */
  readonly count: ArrayLike<number>;
  /** Mean confidence [bins], from 0 to 1. */
  readonly confidence: ArrayLike<number>;
  /** Share of right answers [bins], from 0 to 1. */
  readonly accuracy: ArrayLike<number>;
}

export interface ReliabilityDiagramOptions {
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** In pixels; 480 × 460 by default. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * How often classifiers are right, by how sure they are: on the diagonal both are the same, below it a classifier is too sure.
 *
 * @param curves a line each, by name: of `calibrationCurve`
 * @returns the figure as SVG, the same string for the same input
 * @throws on no curve, more than there are colours, lengths that differ, a curve without points, or shares that are not from 0 to 1
 * @see Guo, Pleiss, Sun & Weinberger (2017), "On calibration of modern neural networks", Figure 1
 * @example
 * ```ts
 * import { reliabilityDiagram } from '@subspace/plots';
 *
 * const confidence = [0.3, 0.5, 0.7, 0.9];
 * const svg = reliabilityDiagram({
 *   SGD: { count: [20, 40, 60, 200], confidence, accuracy: [0.2, 0.35, 0.5, 0.8] },
 *   estimator: { count: [30, 60, 60, 170], confidence, accuracy: [0.33, 0.48, 0.71, 0.9] },
 * });
 * ```
 */
export function reliabilityDiagram(
  curves: Readonly<Record<string, Reliability>>,
  options: ReliabilityDiagramOptions = {},
): string {
  const where = 'reliabilityDiagram';
  requireOptions(where, 'curves', curves);
  requireKnownOptions(where, options, ['title', 'xLabel', 'yLabel', 'width', 'height']);
  const { title, xLabel = 'confidence', yLabel = 'accuracy', width = 480, height = 460 } = options;
  requireSize(where, width, height);
  const names = Object.keys(curves);
  if (names.length === 0 || names.length > palette.chains.length) {
    throw argumentError(where, `curves has ${names.length} of them, expected 1 to ${palette.chains.length}`);
  }
  const lines = names.map((name, i) => ({
    ...pointsOf(where, name, curves[name]),
    ...{ stroke: palette.chains[i], width: 2.5, className: `curve-${i + 1}` },
  }));
  const diagonal = { x: [0, 1], y: [0, 1], stroke: palette.muted, width: 1.5, dash: '7,4', className: 'diagonal' };

  const document = figureDocument() as SvgDocument;
  const key = legend(
    document,
    lines.map(({ stroke, width }, i) => ({ label: names[i], swatch: { kind: 'line', stroke, width } })),
    width - 32,
  );
  const top = titleRoom(title, width, 12);
  const node = lineChart(document, {
    lines: [diagonal, ...lines],
    ...{ xLabel, yLabel, width, height: height - top - key.height },
    yDomain: [0, 1],
  });
  return composeFigure({
    ...{ document, width, height, title },
    label: title ?? 'Accuracy by confidence',
    parts: [
      { node: key.node, x: 16, y: top },
      { node, x: 0, y: top + key.height },
    ],
  });
}

/** The bins that have points. */
function pointsOf(where: string, name: string, curve: Reliability): { readonly x: number[]; readonly y: number[] } {
  requireOptions(where, `curves.${name}`, curve);
  const { count, confidence, accuracy } = curve;
  requireList(where, `curves.${name}.count`, count);
  requireLength(where, `curves.${name}.confidence`, confidence ?? [], count.length);
  requireLength(where, `curves.${name}.accuracy`, accuracy ?? [], count.length);
  const filled = Array.from(count as ArrayLike<number>, (_, b) => b).filter((b) => count[b] !== 0);
  if (filled.length === 0) throw argumentError(where, `curves.${name} has no points in any bin, expected some`);
  for (const b of filled) {
    for (const [what, share] of [
      ['confidence', confidence[b]],
      ['accuracy', accuracy[b]],
    ] as const) {
      if (!(share >= 0 && share <= 1)) {
        throw argumentError(where, `curves.${name}.${what}[${b}] is ${share}, expected a number from 0 to 1`);
      }
    }
  }
  return { x: filled.map((b) => confidence[b]), y: filled.map((b) => accuracy[b]) };
}

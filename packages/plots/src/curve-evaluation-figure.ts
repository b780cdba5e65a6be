import {
  argumentError,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireOptions,
} from '@subspace/core/internals';
import { figureDocument } from '#document';
import { composeFigure, type SvgDocument, titleRoom } from './figure.ts';
import { requireSize } from './figure-size.ts';
import { legend } from './legend.ts';
import { lineChart } from './line-chart.ts';
import { palette } from './palette.ts';

/** What `evaluateCurve` of `@subspace/curves` measures at each point of a path. */
export type CurveScore = 'loss' | 'nll' | 'error' | 'accuracy';

/** Scores along a path: at each point, by name. */
export type PathScores = Readonly<Partial<Record<CurveScore, { readonly values: ArrayLike<number> }>>>;

/** Scores along a curve and along the straight line between its ends, as `evaluateCurve` of `@subspace/curves` gives them. */
export interface CurveScores {
  /** Of the points, from 0 to 1, [N]. */
  readonly times: ArrayLike<number>;
  readonly curve: PathScores;
  readonly line?: PathScores;
}

export interface CurveEvaluationFigureOptions {
  /** A panel each. By default `['loss', 'error']`, or those of them that are finite anywhere. */
  readonly scores?: readonly CurveScore[];
  readonly title?: string;
  readonly xLabel?: string;
  /** In pixels; 900 × 340 by default, 500 × 340 with one panel. */
  readonly width?: number;
  readonly height?: number;
}

const allScores: readonly CurveScore[] = ['loss', 'nll', 'error', 'accuracy'];
const names: Readonly<Record<CurveScore, string>> = {
  loss: 'loss',
  nll: 'negative log likelihood',
  error: 'error',
  accuracy: 'accuracy',
};
const styles = {
  curve: { stroke: palette.chains[0], width: 2.5 },
  line: { stroke: palette.chains[4], width: 2, dash: '7,4' },
};

/**
 * Loss and error along a curve, beside those along the straight line between its ends: whether there is a barrier, and whether the curve goes round it.
 *
 * One panel a score, over t. Where a score is not finite, there is a gap.
 *
 * @param evaluation of `evaluateCurve`
 * @returns the figure as SVG, the same string for the same input
 * @throws on lengths that differ, a score that is not there or finite nowhere, unknown options
 * @see Garipov et al. (2018), Figure 2: https://arxiv.org/abs/1802.10026
 * @example
 * ```ts
 * import { curveEvaluationFigure } from '@subspace/plots';
 *
 * const times = Float64Array.from({ length: 21 }, (_, i) => i / 20);
 * const along = (barrier: number) => ({
 *   loss: { values: times.map((t) => 0.1 + barrier * t * (1 - t)) },
 *   error: { values: times.map((t) => 0.3 + 0.5 * barrier * t * (1 - t)) },
 * });
 * const svg = curveEvaluationFigure({ times, curve: along(0.1), line: along(4) }, { title: 'A barrier, and a way round it' });
 * ```
 */
export function curveEvaluationFigure(evaluation: CurveScores, options: CurveEvaluationFigureOptions = {}): string {
  const where = 'curveEvaluationFigure';
  requireOptions(where, 'evaluation', evaluation);
  requireKnownOptions(where, options, ['scores', 'title', 'xLabel', 'width', 'height']);
  const { times } = evaluation;
  if (!(times?.length >= 2)) {
    throw argumentError(where, `evaluation.times has length ${times?.length}, expected at least 2 points`);
  }
  requireFinite(where, 'evaluation.times', times);
  requireOptions(where, 'evaluation.curve', evaluation.curve);
  const paths = (['line', 'curve'] as const).flatMap((name) => {
    const scores = evaluation[name];
    return scores === undefined ? [] : [{ name, scores }];
  });
  const scores = shownScores(where, evaluation, options.scores);
  for (const score of scores) {
    for (const path of paths) {
      const values = path.scores[score]?.values;
      requireLength(where, `evaluation.${path.name}.${score}.values`, values ?? [], times.length);
    }
  }
  const { title, xLabel = 't', width = scores.length === 1 ? 500 : 900, height = 340 } = options;
  requireSize(where, width / scores.length, height);

  const document = figureDocument() as SvgDocument;
  const key = legend(
    document,
    [...paths].reverse().map(({ name }) => ({
      label: name === 'curve' ? 'curve' : 'straight line',
      swatch: { kind: 'line', ...styles[name] },
    })),
    width - 32,
  );
  const top = titleRoom(title, width, 12);
  const chartTop = top + key.height;
  const panelWidth = width / scores.length;
  const panels = scores.map((score, i) => {
    const node = lineChart(document, {
      lines: paths.map((path) => ({
        ...{ x: times, y: path.scores[score]!.values },
        ...{ ...styles[path.name], className: `${path.name}-${score}` },
      })),
      ...{ xLabel, yLabel: names[score], width: panelWidth, height: height - chartTop },
    });
    return { node, x: i * panelWidth, y: chartTop };
  });
  return composeFigure({
    ...{ document, width, height, title },
    label: title ?? `${scores.map((score) => names[score]).join(', ')} along a curve`,
    parts: [{ node: key.node, x: 16, y: top }, ...panels],
  });
}

function shownScores(
  where: string,
  { curve }: CurveScores,
  asked: readonly CurveScore[] | undefined,
): readonly CurveScore[] {
  const finite = (score: CurveScore) => Array.from(curve[score]?.values ?? []).some(Number.isFinite);
  if (asked === undefined) {
    const shown = (['loss', 'error'] as const).filter(finite);
    if (shown.length === 0)
      throw argumentError(where, 'evaluation.curve.loss is finite nowhere, expected a finite value');
    return shown;
  }
  if (!Array.isArray(asked) || asked.length === 0) {
    throw argumentError(where, `scores is ${JSON.stringify(asked)}, expected at least one of ${allScores.join(', ')}`);
  }
  asked.forEach((score, i) => {
    if (!allScores.includes(score)) {
      throw argumentError(where, `scores[${i}] is ${String(score)}, expected one of ${allScores.join(', ')}`);
    }
    if (!finite(score)) {
      throw argumentError(where, `evaluation.curve.${score} is finite nowhere, expected a finite value`);
    }
  });
  return asked;
}

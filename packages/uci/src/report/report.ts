import { argumentError, requireKnownOptions, requireOptions, show } from '@subspace/core/internals';
import type { ResultRow } from '../results/columns.ts';
import type { TaskName } from '../tasks/task-result.ts';
import { type PaperFigure, paperFigure } from './paper-figures.ts';
import { ranked, wilcoxon } from './wilcoxon.ts';

export type Better = 'larger' | 'smaller' | number;

export interface ReportOptions {
  /** A column of the task's table: `test_loglik_unnormalized`. */
  readonly metric: string;
  /** Default `'regression'`. */
  readonly task?: TaskName;
  /**
   * Which of two values is better; a number is where it should be near to. Default: the larger one of log likelihoods and accuracies, for coverages what they should be
   * (0.95 for `test_calibration`), the smaller one of all else.
   */
  readonly better?: Better;
  /** The method that others are compared with. Default: the first one. */
  readonly baseline?: string;
  /** Which methods, in this order. Default: all, in the order in which they came. */
  readonly methods?: readonly string[];
}

/** A method on a data set. */
export interface ReportCell {
  readonly method: string;
  /** How many splits; the mean over seeds counts once a split. */
  readonly splits: number;
  readonly mean: number;
  /** Population standard deviation over splits, as in the paper. */
  readonly std: number;
  /** What the paper has. */
  readonly paper?: PaperFigure;
  /** Against the baseline, split by split; where two splits or more have both. */
  readonly difference?: PairedDifference;
}

export interface PairedDifference {
  readonly splits: number;
  /** This method minus the baseline. */
  readonly mean: number;
  readonly standardError: number;
  /** Two-sided p of Wilcoxon's signed-rank test. */
  readonly p: number;
}

export interface ReportRow {
  readonly dataset: string;
  /** In the order of the methods; undefined where there is no result. */
  readonly cells: readonly (ReportCell | undefined)[];
}

/** Plain data: `reportText`, `reportMarkdown`, `reportCsv` and `reportHtml` write it down. */
export interface Report {
  readonly metric: string;
  readonly better: Better;
  readonly baseline: string;
  readonly methods: readonly string[];
  readonly rows: readonly ReportRow[];
  /** Mean rank of each method, 1 the best, over data sets that all methods have; empty where there is none. */
  readonly ranks: readonly number[];
}

/**
 * Results by data set and method: mean ± standard deviation over splits, ranks, and paired differences from a baseline with their standard errors and a Wilcoxon test,
 * beside the figures of the paper.
 *
 * @param results what `openResults` gives, or its rows
 * @throws on a metric that the table does not have
 * @example
 * ```ts
 * import { report, reportText } from '@subspace/uci';
 *
 * const rows = [1, 2, 3].flatMap((split) => [
 *   { dataset: 'boston', model: 'SGD', split, test_loglik_unnormalized: -2.8 - 0.1 * split },
 *   { dataset: 'boston', model: 'PCA+ESS', split, test_loglik_unnormalized: -2.7 - 0.11 * split },
 * ]);
 * const made = await report(rows, { metric: 'test_loglik_unnormalized' });
 * made.rows[0].cells[1].difference; // { splits: 3, mean: 0.08, standardError: 0.0057…, p: 0.25 }
 * reportText(made); // a table for the terminal
 * ```
 */
export async function report(
  results: readonly ResultRow[] | { rows(task: TaskName): Promise<readonly ResultRow[]> },
  options: ReportOptions,
): Promise<Report> {
  requireKnownOptions('report', options, ['metric', 'task', 'better', 'baseline', 'methods']);
  const { metric, task = 'regression', better = betterOf(metric) } = options;
  requireOptions('report', 'results', results);
  const rows = 'rows' in results ? await results.rows(task) : results;
  const withMetric = rows.filter((row) => typeof row[metric] === 'number');
  if (withMetric.length === 0) {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].join(', ') || 'nothing';
    throw argumentError(
      'report',
      `metric is ${show(metric)}, which no row of ${task} has a number of, expected one of ${columns}`,
    );
  }
  const methods = options.methods ?? [...new Set(withMetric.map(({ model }) => String(model)))];
  const { baseline = methods[0] } = options;
  if (!methods.includes(baseline)) {
    throw argumentError('report', `baseline is ${show(baseline)}, expected one of ${methods.map(show).join(', ')}`);
  }
  const chosen = withMetric.filter(({ model }) => methods.includes(String(model)));
  const datasets = [...new Set(chosen.map(({ dataset }) => String(dataset)))].sort();
  const made = datasets.map((dataset): ReportRow => {
    const bySplit = methods.map((method) => meansBySplit(chosen, dataset, method, metric));
    const base = bySplit[methods.indexOf(baseline)];
    const cells = bySplit.map((values, i) => {
      const method = methods[i];
      if (values.size === 0) return undefined;
      const difference = method === baseline ? undefined : paired(values, base);
      const paper = paperFigure(metric, dataset, method);
      return {
        method,
        splits: values.size,
        ...moments([...values.values()]),
        ...(paper && { paper }),
        ...(difference && { difference }),
      };
    });
    return { dataset, cells };
  });
  return { metric, better, baseline, methods, rows: made, ranks: meanRanks(made, better) };
}

function betterOf(metric: string): Better {
  if (/loglik|acc/.test(metric)) return 'larger';
  const coverage = /calibration(?:_(\d+))?$/.exec(metric);
  return coverage ? Number(coverage[1] ?? 95) / 100 : 'smaller';
}

/** Several seeds of a split count as one: their mean. */
function meansBySplit(
  rows: readonly ResultRow[],
  dataset: string,
  method: string,
  metric: string,
): Map<number, number> {
  const values = new Map<number, number[]>();
  for (const row of rows) {
    if (row.dataset !== dataset || row.model !== method) continue;
    const split = Number(row.split);
    values.set(split, [...(values.get(split) ?? []), Number(row[metric])]);
  }
  return new Map([...values].map(([split, of]) => [split, moments(of).mean]));
}

function paired(values: ReadonlyMap<number, number>, base: ReadonlyMap<number, number>): PairedDifference | undefined {
  const differences = [...values]
    .filter(([split]) => base.has(split))
    .map(([split, value]) => value - base.get(split)!);
  if (differences.length < 2) return undefined;
  const { mean, std } = moments(differences);
  const standardError = std / Math.sqrt(differences.length - 1);
  return { splits: differences.length, mean, standardError, p: wilcoxon(differences) };
}

function moments(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, std: Math.sqrt(squares / values.length) };
}

function meanRanks(rows: readonly ReportRow[], better: Better): readonly number[] {
  const whole = rows.map(({ cells }) => cells).filter((cells) => cells.every((cell) => cell !== undefined));
  if (whole.length === 0) return [];
  const ranks = whole.map((cells) => ranked(cells.map((cell) => badness(cell!.mean, better))).ranks);
  return Array.from(ranks[0], (_, i) => ranks.reduce((sum, one) => sum + one[i], 0) / ranks.length);
}

function badness(mean: number, better: Better): number {
  if (typeof better === 'number') return Math.abs(mean - better);
  return better === 'larger' ? -mean : mean;
}

import type { Better, Report, ReportCell } from './report.ts';

/**
 * A report as a table for the terminal.
 *
 * @example
 * ```ts
 * import { report, reportText } from '@subspace/uci';
 *
 * const rows = [{ dataset: 'yacht', model: 'SGD', split: 1, test_rmse: 0.1 }];
 * reportText(await report(rows, { metric: 'test_rmse' })); // 'test_rmse …'
 * ```
 */
export function reportText(report: Report): string {
  const rows = tableOf(report);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [titleOf(report), '', line(rows[0]), rule, ...rows.slice(1).map(line), ''].join('\n');
}

/**
 * A report as a table in Markdown.
 *
 * @example
 * ```ts
 * import { report, reportMarkdown } from '@subspace/uci';
 *
 * const rows = [{ dataset: 'yacht', model: 'SGD', split: 1, test_rmse: 0.1 }];
 * reportMarkdown(await report(rows, { metric: 'test_rmse' })); // '| dataset | SGD | …'
 * ```
 */
export function reportMarkdown(report: Report): string {
  const [head, ...rows] = tableOf(report);
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [titleOf(report), '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

/**
 * A report as comma separated values: a line for each data set and method, with all digits.
 *
 * @example
 * ```ts
 * import { report, reportCsv } from '@subspace/uci';
 *
 * const rows = [{ dataset: 'yacht', model: 'SGD', split: 1, test_rmse: 0.1 }];
 * reportCsv(await report(rows, { metric: 'test_rmse' })).split('\n')[1]; // 'test_rmse,yacht,SGD,1,0.1,0,…'
 * ```
 */
export function reportCsv(report: Report): string {
  const head = [
    ...['metric', 'dataset', 'method', 'splits', 'mean', 'std', 'paper_mean', 'paper_std', 'baseline'],
    ...['paired_splits', 'paired_mean', 'paired_standard_error', 'wilcoxon_p'],
  ];
  const lines = report.rows.flatMap(({ dataset, cells }) =>
    cells.filter(isThere).map(({ method, splits, mean, std, paper, difference }) => {
      const pair = [difference?.splits, difference?.mean, difference?.standardError, difference?.p];
      return [report.metric, dataset, method, splits, mean, std, paper?.mean, paper?.std, report.baseline, ...pair];
    }),
  );
  return [head, ...lines].map((line) => `${line.map(quoted).join(',')}\n`).join('');
}

/** Cells as texts, the head first. */
function tableOf({ methods, rows, ranks, baseline }: Report): readonly (readonly string[])[] {
  const head = ['dataset', ...methods];
  const body = rows.flatMap(({ dataset, cells }) => {
    const digits = digitsOf(cells.filter(isThere));
    const lines = [[dataset, ...cells.map((cell) => (cell ? valueText(cell, digits) : '—'))]];
    if (cells.some((cell) => cell?.paper)) lines.push(['  paper', ...cells.map((cell) => paperText(cell, digits))]);
    if (cells.some((cell) => cell?.difference)) {
      lines.push([`  minus ${baseline}`, ...cells.map((cell) => differenceText(cell, digits))]);
    }
    return lines;
  });
  const foot = ranks.length > 0 ? [['mean rank', ...ranks.map((rank) => rank.toFixed(2))]] : [];
  return [head, ...body, ...foot];
}

function titleOf({ metric, better }: Report): string {
  return `${metric} (${betterText(better)}): mean ± standard deviation over splits (how many)`;
}

export function betterText(better: Better): string {
  return typeof better === 'number' ? `nearer to ${better} is better` : `${better} is better`;
}

function valueText({ mean, std, splits }: ReportCell, digits: number): string {
  return `${mean.toFixed(digits)} ± ${std.toFixed(digits)} (${splits})`;
}

function paperText(cell: ReportCell | undefined, digits: number): string {
  if (!cell?.paper) return '';
  const { mean, std } = cell.paper;
  return `${mean.toFixed(digits)}${std === undefined ? '' : ` ± ${std.toFixed(digits)}`}`;
}

function differenceText(cell: ReportCell | undefined, digits: number): string {
  if (!cell?.difference) return '';
  const { mean, standardError, p } = cell.difference;
  return `${mean < 0 ? '' : '+'}${mean.toFixed(digits)} ± ${standardError.toFixed(digits)}, p ${p < 0.001 ? '< .001' : p.toFixed(3)}`;
}

/** So many that the smallest mean has three figures. */
function digitsOf(cells: readonly ReportCell[]): number {
  const smallest = Math.min(...cells.map(({ mean }) => Math.abs(mean)).filter((mean) => mean > 0), 1);
  return Math.min(8, Math.max(3, 2 - Math.floor(Math.log10(smallest))));
}

export function isThere(cell: ReportCell | undefined): cell is ReportCell {
  return cell !== undefined;
}

function quoted(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

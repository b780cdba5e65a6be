import type { Report, ReportRow } from './report.ts';
import { betterText, isThere, reportText } from './report-tables.ts';

const WIDTH = 640;
const LEFT = 130;
const LINE = 26;

/**
 * Reports as one HTML page: a plot for each data set (mean and standard deviation of each method, the paper's beside it), and the tables below.
 *
 * The page needs nothing else: no script, no style sheet, no font.
 *
 * @example
 * ```ts
 * import { report, reportHtml } from '@subspace/uci';
 *
 * const rows = [{ dataset: 'yacht', model: 'SGD', split: 1, test_rmse: 0.1 }];
 * reportHtml([await report(rows, { metric: 'test_rmse' })]).startsWith('<!doctype html>'); // true
 * ```
 */
export function reportHtml(reports: readonly Report[]): string {
  const sections = reports.map(
    (report) => `<h2>${escaped(report.metric)}</h2>
<p>${betterText(report.better)}. Dots: mean over splits, with the standard deviation; open: the paper.</p>
${report.rows.map((row) => plotOf(row, report)).join('\n')}
<pre>${escaped(reportText(report))}</pre>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>UCI benchmark</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; color: #222; background: #fff; }
pre { overflow-x: auto; font-size: 13px; }
svg { display: block; margin: 1em 0; max-width: 100%; height: auto; }
</style>
<h1>UCI benchmark</h1>
${sections.join('\n')}
</html>
`;
}

function plotOf({ dataset, cells }: ReportRow, { metric }: Report): string {
  const shown = cells.filter(isThere);
  const ends = shown.flatMap(({ mean, std, paper }) => [
    ...[mean - std, mean + std],
    ...(paper ? [paper.mean - (paper.std ?? 0), paper.mean + (paper.std ?? 0)] : []),
  ]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const span = high - low || Math.abs(high) || 1;
  const x = (value: number) => LEFT + 10 + ((value - low) / span) * (WIDTH - LEFT - 30);
  const height = LINE * shown.length + 60;
  const lines = shown.map((cell, i) => {
    const y = 40 + LINE * i;
    return `<text x="${LEFT}" y="${y + 4}" text-anchor="end">${escaped(cell.method)}</text>
${mark(x, y, cell.mean, cell.std, '#1f5fa8', true)}
${cell.paper ? mark(x, y + 8, cell.paper.mean, cell.paper.std ?? 0, '#b5561c', false) : ''}`;
  });
  const label = `${dataset}: ${metric} by method`;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-size="13" role="img" aria-label="${escaped(label)}">
<text x="10" y="18" font-weight="bold">${escaped(dataset)}</text>
${lines.join('\n')}
<text x="${LEFT + 10}" y="${height - 6}">${low.toPrecision(4)}</text>
<text x="${WIDTH - 20}" y="${height - 6}" text-anchor="end">${high.toPrecision(4)}</text>
</svg>`;
}

function mark(
  x: (value: number) => number,
  y: number,
  mean: number,
  std: number,
  colour: string,
  filled: boolean,
): string {
  const [from, to, at] = [x(mean - std), x(mean + std), x(mean)].map((value) => value.toFixed(1));
  return `<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="1.5"/><circle cx="${at}" cy="${y}" r="4" stroke="${colour}" fill="${filled ? colour : '#fff'}"/>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

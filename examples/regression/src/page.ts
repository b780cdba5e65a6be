import type { Claim, Section } from './figures.ts';
import { oursColumns, oursLegend, oursOf, oursRows } from './ours-report.ts';
import { columns, legend, methodsOf } from './report.ts';
import { paper } from './settings.ts';
import type { Study } from './study.ts';

/** The whole study as one HTML page that needs no other file. */
export function page(
  study: Study,
  sections: readonly Section[],
  facts: { engine: string; command: string; seconds: number },
): string {
  const settings = Object.entries(study.problem.posterior)
    .flatMap(([name, value]) =>
      typeof value === 'object' ? [`${name}: σ = ${value.priorStd}, T = ${value.temperature}`] : [],
    )
    .join('; ');
  const methods = methodsOf(study);
  const head = columns.map(({ title }) => `<th>${html(title)}</th>`).join('');
  const body = methods
    .map((method) => `<tr>${columns.map(({ cell }) => `<td>${html(cell(method))}</td>`).join('')}</tr>`)
    .join('\n');
  const [comparison, ...others] = sections.map(
    ({ title, figures }) =>
      `<h2>${html(title)}</h2>\n${figures
        .map(
          ({ svg, caption, claim }) =>
            `<figure>${svg.replace(/^<\?xml[^>]*>\s*/, '')}<figcaption>${html(caption)}${claim ? `<br>${sentence(claim)}` : ''}</figcaption></figure>`,
        )
        .join('\n')}`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Subspace inference: regression uncertainty</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
  th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid #ddd; text-align: right; vertical-align: bottom; }
  th:first-child, td:first-child { text-align: left; }
  figure { margin: 2rem 0; }
  figure svg { max-width: 100%; height: auto; }
  .seen { color: #00704f; }
  .unseen { color: #b3261e; }
  figcaption, .facts { color: #555; font-size: 0.9rem; }
</style>
<h1>How sure is the network?</h1>
<p>${html(study.problem.name)}. ${html(study.from)}; then ${methods.length} answers.</p>
${comparison}
${
  methods.length === 0
    ? ''
    : `<h2>In numbers</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table></div>
<p class="facts">${html(legend(study))}</p>`
}
${ours(study)}
${others.join('\n')}
<p class="facts">Prior and temperature: ${html(settings)}. K = ${paper.rank} of the random and the PCA subspace, 2 of the curve's.
Made in ${facts.seconds.toFixed(0)} s by <code>${html(facts.command)}</code>. Engine: ${html(facts.engine)}.</p>
</html>
`;
}

/** What to see, and whether it is seen in the numbers. */
function sentence({ says, seen, because }: Claim): string {
  return `${html(says)}: <strong class="${seen ? 'seen' : 'unseen'}">${seen ? 'seen' : 'not seen here'}</strong>, ${html(because)}.`;
}

/** The table of `ours`, where it was asked for. */
function ours(study: Study): string {
  const results = oursOf(study);
  if (results.length === 0) return '';
  const head = ['method', ...oursColumns.map(({ title }) => title)].map((title) => `<th>${html(title)}</th>`).join('');
  const body = oursRows(results).map((cells) => `<tr>${cells.map((cell) => `<td>${html(cell)}</td>`).join('')}</tr>`);
  return `<h2>Right, not only wide, in numbers</h2>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>
<p class="facts">${html(oursLegend)}</p>`;
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}

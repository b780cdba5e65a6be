import Table from 'cli-table3';
import type { MethodResult } from './method.ts';
import type { Study } from './study.ts';

/** The columns of the table, for the terminal and for the page. */
export const columns: readonly { readonly title: string; readonly cell: (method: MethodResult) => string }[] = [
  { title: 'method', cell: ({ name }) => name },
  { title: 'NLL at data', cell: ({ scores }) => number(scores.nllAtData ?? scores.trainNll) },
  { title: 'NLL between', cell: ({ scores }) => number(scores.nllBetween) },
  { title: 'NLL outside', cell: ({ scores }) => number(scores.nllOutside) },
  { title: 'coverage at data', cell: ({ scores }) => number(scores.coverageAtData) },
  { title: 'coverage between', cell: ({ scores }) => number(scores.coverageBetween) },
  { title: 'coverage outside', cell: ({ scores }) => number(scores.coverageOutside) },
  { title: 'width at data', cell: ({ scores }) => String(Number(scores.widthAtData.toPrecision(3))) },
  { title: 'between ÷ at data', cell: ({ scores }) => number(scores.ratioBetween, 1) },
  { title: 'outside ÷ at data', cell: ({ scores }) => number(scores.ratioOutside, 1) },
  { title: 'R̂', cell: ({ sampling }) => number(sampling?.rHat, 3) },
  { title: 'bulk ESS', cell: ({ sampling }) => number(sampling?.essBulk, 0) },
  { title: 'k̂', cell: ({ paretoK }) => number(paretoK, 2) },
  { title: 'evaluations', cell: ({ evaluations }) => number(evaluations, 0) },
  { title: 'seconds', cell: ({ seconds }) => number(seconds, 1) },
];

/** What the columns mean, and what is not as it was asked for, in one paragraph. */
export function legend({ noiseVariance, problem, notes }: Study): string {
  const learnt = problem.posterior.noiseVariance === 'learnt' ? ', as learnt from the residuals of training' : '';
  return [
    `NLL in nats per point (lower is better; where nothing is held out, of the training points), with noise of variance ${Number(noiseVariance.toPrecision(3))}${learnt}; coverage of the 95 % interval; widths are means of √epistemic variance (noise left out); R̂ and bulk effective sample size of the worst coordinate. “At data” is where training points are, “away” where there are none.`,
    ...notes,
  ].join(' ');
}

/** The table for a terminal. */
export function table(study: Study): string {
  const rows = new Table({
    head: columns.map(({ title }) => title.replace(' ', '\n')),
    style: { head: [], border: [], compact: true },
  });
  for (const method of methodsOf(study)) rows.push(columns.map(({ cell }) => cell(method)));
  return rows.toString();
}

function number(value: number | undefined, digits = 3): string {
  return value === undefined ? '–' : value.toFixed(digits);
}

/** All rows. */
export function methodsOf({ results }: Study): readonly MethodResult[] {
  return results.flatMap(({ result }) => result.methods);
}

import Table from 'cli-table3';
import type { OursResult } from './ours-part.ts';
import type { Study } from './study.ts';

/** The columns of the table of `ours`. */
export const oursColumns: readonly {
  readonly title: string;
  readonly value: (result: OursResult) => number | undefined;
  readonly digits: number;
}[] = [
  { title: 'truth covered between', value: ({ scores }) => scores.coverageBetween, digits: 2 },
  { title: 'truth covered at data', value: ({ scores }) => scores.coverageAtData, digits: 2 },
  { title: 'CRPS between', value: ({ scores }) => scores.crpsBetween, digits: 3 },
  { title: 'CRPS at data', value: ({ scores }) => scores.crpsAtData, digits: 4 },
  { title: 'width between', value: ({ scores }) => scores.widthBetween, digits: 3 },
  { title: 'width at data', value: ({ scores }) => scores.widthAtData, digits: 4 },
  { title: 'W₂ to HMC', value: ({ scores }) => scores.distance, digits: 3 },
  { title: 'W₂ between', value: ({ scores }) => scores.distanceBetween, digits: 3 },
  { title: 'σ', value: ({ chosen }) => chosen?.priorStd, digits: 2 },
  { title: 'T', value: ({ chosen }) => chosen?.temperature, digits: 2 },
  { title: 'R̂', value: ({ sampling }) => sampling?.rHat, digits: 2 },
  { title: 'evaluations', value: ({ evaluations }) => evaluations, digits: 0 },
  { title: 'seconds', value: ({ seconds }) => seconds, digits: 0 },
];

export const oursLegend =
  'Truth covered: the share of x where it is within 1.96 sd of the functions drawn, noise left out. CRPS of held-out targets, noise included. Widths are means of the functions’ sd. W₂ per x from the functions of Hamiltonian Monte Carlo over all weights, in the mean over x; of HMC itself, of one half of its chains from the other. σ of the prior by evidence (of a tunnel, its radius), T by leave-one-out; R̂ of the worst coordinate, of HMC of the worst point’s prediction. Evaluations and seconds beyond training, choices included.';

/** All rows of `ours` in a study. */
export function oursOf({ results }: Study): readonly OursResult[] {
  return results.flatMap(({ result }) => result.ours ?? []);
}

/** The table for a terminal; undefined where `ours` was not asked for. */
export function oursTable(study: Study): string | undefined {
  const results = oursOf(study);
  if (results.length === 0) return undefined;
  const rows = new Table({
    head: ['method', ...oursColumns.map(({ title }) => title.replace(' ', '\n'))],
    style: { head: [], border: [], compact: true },
  });
  for (const cells of oursRows(results)) rows.push([...cells]);
  return rows.toString();
}

/** One row a method, one cell a column. */
export function oursRows(results: readonly OursResult[]): readonly (readonly string[])[] {
  return results.map((result) => [
    result.name,
    ...oursColumns.map(({ value, digits }) => value(result)?.toFixed(digits) ?? '–'),
  ]);
}

/** A row of Markdown a method, over several runs: all values, and their mean. */
export function oursMarkdown(runs: readonly (readonly OursResult[])[]): readonly string[] {
  const names = [...new Set(runs.flat().map(({ name }) => name))];
  const rows = names.map((name) => {
    const of = runs.flatMap((results) => results.filter((result) => result.name === name));
    const cells = oursColumns.map(({ value, digits }) => {
      const found = of.map(value).filter((one) => one !== undefined);
      if (found.length === 0) return '–';
      const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
      const all = found.map((one) => one.toFixed(digits)).join(' ');
      return found.length === 1 ? all : `${all} → ${mean.toFixed(digits)}`;
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return [
    `| method | ${oursColumns.map(({ title }) => title).join(' | ')} |`,
    `|---|${oursColumns.map(() => '---|').join('')}`,
    ...rows,
  ];
}

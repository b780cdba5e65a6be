import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crewFor } from './crew.ts';
import { type EngineOptions, openEngine } from './engine.ts';
import type { MethodResult } from './method.ts';
import { pickParts } from './part.ts';
import { parts } from './parts.ts';
import { fileProblem, type Problem, syntheticProblem } from './problem.ts';
import { methodsOf } from './report.ts';
import { effort } from './settings.ts';
import { study } from './study.ts';

/**
 * The default study for several seeds, as a Markdown table: how the widths of the methods' bands vary with the problem and the training run.
 *
 * What is done is kept in --out (`out/seeds` by default), and not done again.
 *
 * `pnpm --filter @subspace-examples/regression seeds [--only=ess,grid] [--out=folder] [--engine=tfjs] [file.npy]`; with a file, its data for every seed.
 */
const seeds = [1, 2, 3, 4];
const { values, positionals } = parseArgs({
  options: { engine: { type: 'string' }, only: { type: 'string' }, out: { type: 'string', default: 'out/seeds' } },
  allowPositionals: true,
});
const file = positionals[0];

const picked = pickParts(parts, values.only);
const options = { engine: values.engine } as EngineOptions;
const engine = await openEngine(options);
const crew = crewFor(engine, options, availableParallelism());
const problem = (seed: number): Promise<Problem> | Problem => (file ? fileProblem(file, seed) : syntheticProblem(seed));
const results: MethodResult[][] = [];
for (const seed of seeds) {
  const result = await study({
    engine,
    crew,
    problem: await problem(seed),
    effort: effort.default,
    seed,
    parts: picked,
    checkpoint: { folder: join(values.out, String(seed)), resume: true },
  });
  results.push([...methodsOf(result)]);
  console.error(`seed ${seed} done`);
}

const columns: readonly [string, (method: MethodResult) => number | undefined, number][] = [
  ['width at data', ({ scores }) => scores.widthAtData, 4],
  ['between ÷ at data', ({ scores }) => scores.ratioBetween, 2],
  ['outside ÷ at data', ({ scores }) => scores.ratioOutside, 2],
  ['width away', ({ scores }) => scores.widthAway, 4],
  ['NLL at data', ({ scores }) => scores.nllAtData, 3],
  ['NLL between', ({ scores }) => scores.nllBetween, 3],
  ['NLL outside', ({ scores }) => scores.nllOutside, 3],
  ['coverage between', ({ scores }) => scores.coverageBetween, 3],
  ['coverage outside', ({ scores }) => scores.coverageOutside, 3],
  ['R̂', ({ sampling }) => sampling?.rHat, 3],
  ['bulk ESS', ({ sampling }) => sampling?.essBulk, 0],
];
const lines = [
  `Seeds ${seeds.join(', ')}, in order; then their mean. Node ${process.version}, ${engine.description}, ${cpus()[0].model}, ${cpus().length} cores.`,
  '',
  `| method | ${columns.map(([title]) => title).join(' | ')} |`,
  `|---|${columns.map(() => '---|').join('')}`,
];
results[0].forEach(({ name }, m) => {
  const cells = columns.map(([, read, digits]) => {
    const values = results.map((methods) => read(methods[m])).filter((value) => value !== undefined);
    if (values.length === 0) return '–';
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return `${values.map((value) => value.toFixed(digits)).join(' ')} → ${mean.toFixed(digits)}`;
  });
  lines.push(`| ${name} | ${cells.join(' | ')} |`);
});
console.log(lines.join('\n'));
await crew.close();

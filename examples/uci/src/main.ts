import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { report, reportCsv, reportHtml, reportMarkdown, reportText } from '@subspace/uci';
import { openResults } from '@subspace/uci/node';
import { Command, InvalidArgumentError } from 'commander';
import { METHODS, type Method } from './methods.ts';
import { type Preset, presetOf, SUITES } from './presets.ts';
import { progressLines } from './progress.ts';
import { runSweep, type Sweep } from './sweep.ts';

const DATABASE = 'uci-results.db';
const METRICS = ['test_loglik_unnormalized', 'test_rmse_unnormalized', 'test_calibration'];

/** `1..20`, `1,2,5`, or both. */
export function splitsOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(part.trim()) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (!(first >= 1 && last >= first)) throw new InvalidArgumentError('expected splits from 1: 1..20, or 1,2,5');
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function methodsOf(text: string): Method[] {
  return text.split(',').map((name) => {
    if (!Object.hasOwn(METHODS, name)) {
      throw new InvalidArgumentError(`expected some of ${Object.keys(METHODS).join(', ')}`);
    }
    return name as Method;
  });
}

const numberOf = (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
};

/** Options of the original's scripts, and the setting of the preset that each stands for. */
const SETTINGS: readonly (readonly [flag: string, settings: readonly (keyof Preset)[]])[] = [
  ['epochs', ['epochs']],
  ['batch_size', ['batchSize']],
  ['lr_init', ['learningRate']],
  ['wd', ['weightDecay']],
  ['swag_start', ['swagStart']],
  ['max_num_models', ['rank']],
  ['num_samples', ['samples']],
  ['scale', ['scale']],
  ['temperature', ['temperatureEss', 'temperatureVi']],
  ['prior_std', ['priorStdEss', 'priorStdVi']],
];

export function program(): Command {
  const command = new Command('uci').description('The UCI benchmark of the paper, on all cores.');
  const run = command
    .command('run')
    .description('run what is not in the database yet')
    .option('--suite <name>', `some data sets: ${Object.keys(SUITES).join(', ')}`)
    .option('--dataset <names>', 'data sets, with commas between them')
    .option('--splits <list>', 'splits of the original code, from 1', splitsOf, [1])
    .option('--methods <list>', Object.keys(METHODS).join(', '), methodsOf, Object.keys(METHODS) as Method[])
    .option('--seed <n>', 'of training and sampling', numberOf, 0)
    .option('--root <folder>', 'folder with the data; without it, the bundled sets')
    .option('--database_path <file>', 'database of results', DATABASE)
    .option('--workers <n>', 'at a time; default: one for each core', numberOf);
  for (const [flag] of SETTINGS) run.option(`--${flag} <n>`, "instead of the paper's", numberOf);
  run.action(async (options) => {
    const datasets = options.dataset?.split(',') ?? SUITES[options.suite ?? 'small'];
    if (!datasets) run.error(`error: suite ${options.suite} is none of ${Object.keys(SUITES).join(', ')}`);
    const overrides: Record<string, number> = {};
    for (const [flag, settings] of SETTINGS) {
      for (const setting of settings) if (options[flag] !== undefined) overrides[setting] = options[flag];
    }
    const { splits, methods, seed, workers } = options;
    // Whole, so that `resume` finds it from any folder.
    const root = options.root && resolve(options.root);
    const sweep: Sweep = { datasets, splits, methods, seed, root, workers, overrides, database: options.database_path };
    writeFileSync(sweepFile(sweep.database), `${JSON.stringify(sweep, undefined, 2)}\n`);
    await runAndSay(sweep);
  });
  command
    .command('resume')
    .description('go on with the last run of a database')
    .option('--database_path <file>', 'database of results', DATABASE)
    .action(async ({ database_path }) => {
      const file = sweepFile(database_path);
      if (!existsSync(file)) command.error(`error: ${file} is not there: nothing was run with this database`);
      await runAndSay({ ...JSON.parse(readFileSync(file, 'utf8')), database: database_path });
    });
  command
    .command('report')
    .description('means over splits, paired differences and ranks, beside the paper')
    .option('--database_path <file>', 'database of results', DATABASE)
    .option('--metric <column>', `default: ${METRICS.join(', ')}`)
    .option('--baseline <method>', 'what others are compared with; default: the first one')
    .option('--format <name>', 'text, markdown, csv or html', 'text')
    .action(async ({ database_path, metric, baseline, format }) => {
      if (!existsSync(database_path)) command.error(`error: ${database_path} is not there: nothing was run with it`);
      const write = { text: reportText, markdown: reportMarkdown, csv: reportCsv }[format as 'text'];
      if (format !== 'html' && !write) command.error(`error: format ${format} is none of text, markdown, csv, html`);
      const results = await openResults(database_path);
      const metrics: readonly string[] = metric ? [metric] : METRICS;
      const reports = [];
      for (const one of metrics) reports.push(await report(results, { metric: one, baseline }));
      results.close();
      process.stdout.write(format === 'html' ? reportHtml(reports) : reports.map(write).join('\n'));
    });
  command
    .command('list')
    .description('suites, methods and settings')
    .action(() => {
      process.stdout.write(
        `methods: ${Object.entries(METHODS)
          .map(([flag, name]) => `${flag} (${name})`)
          .join(', ')}\n`,
      );
      for (const [suite, datasets] of Object.entries(SUITES)) {
        process.stdout.write(`${suite}:\n`);
        for (const dataset of datasets) process.stdout.write(`  ${dataset}: ${JSON.stringify(presetOf(dataset))}\n`);
      }
    });
  return command;
}

function sweepFile(database: string): string {
  return `${database}.sweep.json`;
}

/** Ctrl-C ends the workers; what is done is kept. */
async function runAndSay(sweep: Sweep): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  const onProgress = progressLines(process.stderr);
  const { added, failed, cancelled } = await runSweep(sweep, { signal: stop.signal, onProgress });
  process.off('SIGINT', onSignal);
  for (const { name, error } of failed) process.stderr.write(`${name} failed: ${error}\n`);
  process.stderr.write(
    `${added} results added to ${sweep.database}${cancelled ? '; cancelled: uci resume goes on' : ''}\n`,
  );
  if (failed.length > 0 || cancelled) process.exitCode = 1;
}

if (process.argv[1] === new URL(import.meta.url).pathname) await program().parseAsync();

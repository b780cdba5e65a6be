import { access, constants, mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { argumentError } from '@subspace/core/internals';
import { Command, InvalidArgumentError } from 'commander';
import { crewFor } from './crew.ts';
import { type EngineOptions, openEngine } from './engine.ts';
import { sections, writeFigures, writeWhole } from './figures.ts';
import { oursLegend, oursTable } from './ours-report.ts';
import { page } from './page.ts';
import { pickParts } from './part.ts';
import { parts } from './parts.ts';
import { checkpointsProblem, fileProblem, type Problem, syntheticProblem } from './problem.ts';
import { progressDisplay } from './progress.ts';
import { legend, methodsOf, table } from './report.ts';
import { effort } from './settings.ts';
import { study } from './study.ts';

interface Options extends EngineOptions {
  readonly epochs?: number;
  readonly seed: number | string;
  readonly data?: string;
  readonly checkpoints?: string;
  readonly quick: boolean;
  readonly out: string;
  readonly only?: string;
  readonly resume: boolean;
}

const program = new Command('npm start --')
  .description("The paper's synthetic regression: how sure is the network, by five methods? Writes a page and figures.")
  .option('--epochs <count>', 'epochs of training (default: 3000)', count)
  .option(
    '--seed <seed>',
    'of data, training and sampling',
    (text) => (Number.isFinite(Number(text)) && text.trim() ? Number(text) : text),
    1,
  )
  .option('--data <file>', 'your own x, y: a .csv or .npy file of two columns, in any units')
  .option(
    '--checkpoints <folder>',
    'weights that were trained with PyTorch, instead of training: sgd*.pt, swag*.pt, curve.pt and data.npy',
  )
  .option('--quick', 'less of everything: rougher pictures, in a quarter of a minute', false)
  .option(
    '--only <parts>',
    `some of it, by words: ${[...new Set(parts.flatMap(({ name }) => name.split('-')))].join(', ')}`,
  )
  .option('--engine <name>', 'dense, or tfjs for TensorFlow.js', 'dense')
  .option('--backend <name>', 'of TensorFlow.js: auto, native, wasm or cpu (default: auto)')
  .option('--out <folder>', 'where to write', 'out')
  .option('--resume', 'go on with a run that was stopped, from <folder>/checkpoint', false)
  .allowExcessArguments(false)
  .parse();

const stop = new AbortController();
/** What a shell says of a program that a signal has ended. */
let stopped = 0;
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => {
    // A second one does not wait for a clean stop.
    if (stop.signal.aborted) process.exit(code);
    stopped = code;
    stop.abort();
  });
}
// The shell between npm and this process dies of SIGTERM and does not pass it on.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined) {
  setInterval(() => {
    if (process.ppid === parent || stop.signal.aborted) return;
    stopped = 143;
    stop.abort();
  }, 100).unref();
}
// What is written to a pipe that nobody reads any more, a full disk or a closed terminal is lost; the page is still to be made.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  await run(program.opts<Options>());
} catch (error) {
  const { code, syscall, message } = error as { code?: string; syscall?: string; message: string };
  if (code === 'ABORTED') {
    console.error('\nStopped. Go on with --resume.');
    process.exitCode = stopped;
  } else if (code === 'INVALID_ARGUMENT') {
    console.error(`\n${message}`);
    process.exitCode = 2;
  } else if (syscall) {
    console.error(`\n--out: ${message}`);
    process.exitCode = 1;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
}

async function run(options: Options): Promise<void> {
  const started = performance.now();
  const picked = pickParts(parts, options.only);
  const { engine: name, backend } = options;
  const engine = await openEngine({ engine: name, backend });
  console.log(`Engine: ${engine.description}`);
  const problem = await problemOf(options);
  const base = options.quick ? effort.quick : effort.default;

  const folder = resolve(options.out);
  // Before the work, not after it.
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  const display = progressDisplay(process.stderr);
  const crew = crewFor(engine, { engine: name, backend }, availableParallelism());
  const result = await study({
    engine,
    problem,
    effort: { ...base, epochs: options.epochs ?? base.epochs },
    seed: options.seed,
    parts: picked,
    crew,
    checkpoints: options.checkpoints,
    signal: stop.signal,
    onProgress: display.update,
    checkpoint: { folder: join(folder, 'checkpoint'), resume: options.resume },
  }).finally(async () => {
    display.stop();
    await crew.close();
  });

  const all = sections(result);
  await writeFigures(
    all.flatMap(({ figures }) => figures),
    folder,
  );
  const seconds = (performance.now() - started) / 1000;
  const command = ['npm start', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  await writeWhole(join(folder, 'index.html'), page(result, all, { engine: engine.description, command, seconds }));

  if (methodsOf(result).length > 0) console.log(`\n${table(result)}\n\n${legend(result)}\n`);
  const right = oursTable(result);
  if (right) console.log(`\nRight, not only wide:\n${right}\n\n${oursLegend}\n`);
  console.log(`${result.from}. All done in ${seconds.toFixed(0)} s.`);
  const picture = methodsOf(result).length > 0 ? 'bands.png' : 'ours.png';
  console.log(`Look at ${join(relative(process.cwd(), folder) || '.', 'index.html')} (and ${picture} beside it).`);
}

function problemOf({ data, checkpoints, epochs, seed }: Options): Promise<Problem> | Problem {
  if (checkpoints === undefined) return data ? fileProblem(data, seed) : syntheticProblem(seed);
  const other = data !== undefined ? '--data' : epochs !== undefined ? '--epochs' : undefined;
  if (other) throw argumentError('--checkpoints', `is given with ${other}, expected one of them: nothing is trained`);
  return checkpointsProblem(checkpoints);
}

function count(text: string): number {
  const value = Number(text);
  // PCA of rank 10 needs 11 snapshots, which are collected in the last third of the epochs.
  if (!Number.isSafeInteger(value) || value < 40) throw new InvalidArgumentError('expected an integer of at least 40.');
  return value;
}

/**
 * `@subspace/dense` against PyTorch at its best and BlackJAX, on this machine and in turns: `npm run dense`; with `--write` the table goes to
 * docs/results/dense.md as well.
 *
 *     npm run dense -- [--rounds=3] [--only=13-50-2|toy|big|jobs] [--no-node24] [--write]
 *
 * Peers are the scripts of `../shared/peers` (pip install torch==2.13.0 jax blackjax arviz). A peer counts at its best variant and number of threads, we at
 * the better of one and two threads.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median, table } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const peers = `${root}../shared/peers`;
const yacht = `${root}../shared/data/uci-small/yacht/data`;
const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
const rounds = Number(option('rounds') ?? 3);
const only = option('only') ?? '';
const node24 = !process.argv.includes('--no-node24');

/** What is asked of us: least ratio on Node 20 and on Node 24. */
const goals: readonly { task: string; title: string; node20: number; node24: number; peer?: string }[] = [
  { task: 'train 13-50-2', title: 'training step [13, 50, 2], batch 30', node20: 50, node24: 60 },
  { task: 'fit 13-50-2', title: '– through `fit`', node20: 35, node24: 40, peer: 'train 13-50-2' },
  { task: 'train toy', title: 'training step toy, batch 50', node20: 4, node24: 4.5 },
  { task: 'train big', title: 'training step big, batch 400', node20: 0.45, node24: 0.6 },
  { task: 'eval 13-50-2 K=5 z=1', title: 'log likelihood [13, 50, 2], 1 z', node20: 3, node24: 3.5 },
  { task: 'eval 13-50-2 K=5 z=16', title: '– 16 z', node20: 2, node24: 2.6 },
  { task: 'eval toy K=5 z=1', title: 'log likelihood toy, 1 z', node20: 1, node24: 1.4 },
  { task: 'eval toy K=5 z=16', title: '– 16 z', node20: 0.65, node24: 0.9 },
  { task: 'eval big K=5 z=1', title: 'log likelihood big, 1 z', node20: 0, node24: 0 },
  { task: 'grad 13-50-2 K=5 z=1', title: 'value and gradient [13, 50, 2], 1 z', node20: 6, node24: 7.5 },
  { task: 'grad 13-50-2 K=5 z=16', title: '– 16 z', node20: 1.8, node24: 2.3 },
  { task: 'grad toy K=5 z=1', title: 'value and gradient toy, 1 z', node20: 1.6, node24: 2 },
  { task: 'grad toy K=5 z=16', title: '– 16 z', node20: 0.9, node24: 1.1 },
  { task: 'grad big K=5 z=1', title: 'value and gradient big, 1 z', node20: 0, node24: 0 },
  { task: 'elliptical slice again', title: 'elliptical slice [13, 50, 2], 4 × (500 + 1000)', node20: 4, node24: 4 },
  { task: 'regression job', title: 'whole regression job', node20: 5, node24: 5 },
  { task: 'yacht job', title: 'whole yacht split', node20: 35, node24: 35 },
];

/** Microseconds of each round, by contender and task. */
const times = new Map<string, Map<string, number[]>>();
const note = (contender: string, task: string, microseconds: number) => {
  const tasks = times.get(contender) ?? new Map<string, number[]>();
  times.set(contender, tasks);
  tasks.set(task, [...(tasks.get(task) ?? []), microseconds]);
};

const networks = ['13-50-2', 'toy', 'big'].filter((name) => only === '' || only === name);
const peaks = { node20: 0, node24: 0 };
measurePeaks();
for (let round = 0; round < rounds; round++) {
  for (const network of networks) {
    ours(network);
    torchDense(network);
  }
  if (only === '' || only === 'jobs') {
    for (const job of ['regression', 'yacht']) ours(job);
    torchJobs();
    blackjax();
  }
}
measurePeaks();
report();

/** Before and after all else: the machine may be held up at one of them. */
function measurePeaks(): void {
  peaks.node20 = Math.max(peaks.node20, peak(process.execPath, []));
  if (node24) peaks.node24 = Math.max(peaks.node24, peak('npx', ['-y', 'node@24']));
}

function ours(part: string): void {
  const program = [`${root}benchmarks/src/dense-tasks.ts`, `--only=${part}`, `--yacht=${yacht}`];
  const flags = ['--conditions=@subspace/source', '--import', 'tsx'];
  for (const threads of [1, 2]) {
    const rest = [...flags, ...program, `--threads=${threads}`];
    const runs: [string, string, string[]][] = [[`node20 ${threads}t`, process.execPath, rest]];
    if (node24) runs.push([`node24 ${threads}t`, 'npx', ['-y', 'node@24', ...rest]]);
    for (const [contender, command, parameters] of runs) {
      for (const line of lines(command, parameters)) note(contender, line.task as string, line.us as number);
    }
  }
}

/** GFLOP/s that WebAssembly reaches on one core, in registers. */
function peak(command: string, flags: readonly string[]): number {
  return Math.max(
    ...lines(command, [...flags, '--import', 'tsx', `${root}benchmarks/src/peak.ts`]).map(
      (line) => line.gflops as number,
    ),
  );
}

function torchDense(network: string): void {
  for (const threads of ['1', '2']) {
    for (const line of lines('python3', [`${peers}/torch_dense.py`, threads, network])) {
      if (line.us !== undefined && !(line.task as string).startsWith('conv')) {
        note(`peer ${line.who}`, line.task as string, line.us as number);
      }
    }
  }
}

function torchJobs(): void {
  for (const threads of ['1', '2']) {
    const uci = [
      'uci',
      '--data',
      yacht,
      '--epochs',
      '1000',
      '--batch',
      '30',
      '--lr',
      '1e-3',
      '--wd',
      '1e-3',
      '--swag-start',
      '500',
    ];
    for (const [task, parameters] of [['regression job', ['regression']] as const, ['yacht job', uci] as const]) {
      for (const line of lines('python3', [`${peers}/torch_peer.py`, '--threads', threads, ...parameters])) {
        const after = (line.sample_s ?? line.infer_s) as number;
        note(`peer torch ${threads}t`, task, 1e6 * ((line.train_s as number) + after));
      }
    }
  }
}

function blackjax(): void {
  for (const line of lines('python3', [`${peers}/jax_peer.py`, '--target', 'network', '--sampler', 'blackjax-ess'])) {
    note('peer BlackJAX', 'elliptical slice again', 1e6 * (line.run_s as number));
  }
}

/** The JSON lines that a program prints. */
function lines(command: string, parameters: readonly string[]): Record<string, unknown>[] {
  process.stderr.write(`${command} ${parameters.slice(-3).join(' ')}\n`);
  const { stdout, stderr, status } = spawnSync(command, parameters, { encoding: 'utf8', cwd: `${root}benchmarks` });
  if (status !== 0) process.stderr.write(`${stderr}\n`);
  return (stdout ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function best(contenders: (name: string) => boolean, task: string): { name: string; us: number } | undefined {
  return [...times]
    .filter(([name, tasks]) => contenders(name) && tasks.has(task))
    .map(([name, tasks]) => ({ name, us: median(tasks.get(task)!) }))
    .sort((a, b) => a.us - b.us)[0];
}

function report(): void {
  const rows = goals.flatMap(({ task, title, node20, node24: goal24, peer = task }) => {
    const against = best((name) => name.startsWith('peer'), peer);
    const own20 = best((name) => name.startsWith('node20'), task);
    const own24 = best((name) => name.startsWith('node24'), task);
    if (!against || !own20) return [];
    const cells = (own: typeof own20 | undefined, goal: number) => {
      if (!own) return ['', '', ''];
      const ratio = against.us / own.us;
      const verdict = goal === 0 ? '' : ratio >= goal ? `≥ ${goal}` : `missed ${goal}`;
      return [`${duration(own.us)} (${own.name.slice(-2)})`, `${ratio.toPrecision(3)} ×`, verdict];
    };
    return [
      [title, `${duration(against.us)} (${against.name.slice(5)})`, ...cells(own20, node20), ...cells(own24, goal24)],
    ];
  });
  const arithmetic = goals.flatMap(({ task, title }) => {
    const operations = 2 * multiplyAdds(task);
    const peer = best((name) => name.startsWith('peer'), task);
    const [own20, own24] = ['node20', 'node24'].map((node) => best((name) => name.startsWith(node), task));
    if (operations === 0 || !own20 || !peer) return [];
    const cell = (own: typeof own20 | undefined, peak: number) => {
      if (!own) return '';
      const rate = operations / own.us / 1e3;
      return `${rate.toFixed(1)} = ${((100 * rate) / (peak * Number(own.name.at(-2)))).toFixed(0)} %`;
    };
    return [
      [
        title,
        (operations / 1e6).toPrecision(3),
        (operations / peer.us / 1e3).toFixed(1),
        cell(own20, peaks.node20),
        cell(own24, peaks.node24),
      ],
    ];
  });
  const header = ['task', 'best peer', 'Node 20', 'ratio', 'goal', 'Node 24', 'ratio', 'goal'];
  const text = [
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}${node24 ? ' and 24' : ''}; medians of ${rounds} rounds in turns, each a median of its own`,
    '',
    table(header, rows),
    '',
    `Arithmetic, in GFLOP/s, and as a share of what the threads that were used reach in registers: ${peaks.node20.toFixed(1)} a core on Node 20 (a multiplication and an addition of four lanes)${node24 ? `, ${peaks.node24.toFixed(1)} on Node 24 (fused)` : ''}. Only products that are needed count: not what fills rows up to a multiple of eight, nor the head.`,
    '',
    table(['task', 'MFLOP', 'best peer', 'Node 20', 'Node 24'], arithmetic),
  ].join('\n');
  process.stdout.write(`${text}\n`);
  if (!process.argv.includes('--write')) return;
  const folder = `${root}docs/results/`;
  const file = `${folder}dense.md`;
  mkdirSync(folder, { recursive: true });
  // What people have written about the figures stays.
  const remarks = existsSync(file) ? (/^## What limits[\s\S]*/m.exec(readFileSync(file, 'utf8'))?.[0] ?? '') : '';
  writeFileSync(
    file,
    `# @subspace/dense against PyTorch and BlackJAX\n\n\`pnpm --filter @subspace-internal/benchmarks dense --write\`; ratio = the best peer's time / ours, a peer at its best variant and number of threads, we at the better of one and two threads.\n\n${text}\n\n${remarks}`,
  );
}

/** Multiply-adds that a task of `dense-tasks.ts` needs; 0 for whole jobs. */
function multiplyAdds(task: string): number {
  const [kind, name] = task.split(' ');
  const layers = { '13-50-2': [13, 50, 2], toy: [2, 200, 50, 50, 50, 1], big: [18, 1000, 1000, 500, 50, 2] }[name];
  if (!layers || !['train', 'eval', 'grad'].includes(kind)) return 0;
  const forward = layers.slice(1).reduce((sum, out, l) => sum + out * layers[l], 0);
  const first = layers[0] * layers[1];
  const [batch, rows] = { '13-50-2': [30, 455], toy: [50, 400], big: [400, 15_000] }[name]!;
  if (kind === 'train') return batch * (3 * forward - first);
  const points = task.endsWith('=16') ? 16 : 1;
  // From precomputed sums, a first layer takes K = 5 multiply-adds a unit, forward and back.
  const [there, back] =
    name === 'toy'
      ? [forward, 2 * forward - first]
      : [forward - first + 5 * layers[1], 2 * (forward - first) + 5 * layers[1]];
  return points * rows * (kind === 'eval' ? there : there + back);
}

function duration(microseconds: number): string {
  if (microseconds >= 1e6) return `${(microseconds / 1e6).toPrecision(3)} s`;
  if (microseconds >= 1e4) return `${(microseconds / 1e3).toPrecision(3)} ms`;
  return `${microseconds.toPrecision(3)} µs`;
}

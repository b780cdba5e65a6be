/**
 * Elliptical slice sampling and NUTS against BlackJAX and NumPyro, on the same targets and in turns: `npm run inference`; with `--write` the table goes to
 * docs/results/inference.md as well.
 *
 *     npm run inference -- [--rounds=3] [--target=gaussian20|network] [--write]
 *
 * Peers are `../shared/peers/jax_peer.py` (pip install jax blackjax numpyro arviz). Each contender is a process of its own. It samples once with all compilation,
 * and then again: a peer once, ours five times, because their compiler is done by then and ours is still at it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  arraysDataset,
  coordinateChains,
  type DifferentiableLogDensity,
  heteroscedasticGaussianLikelihood,
  logDensity,
  type Posterior,
  posterior,
  randomSource,
  type SamplingAlgorithm,
  sample,
  subspace,
  subspacePosterior,
} from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { essBulk, rHat } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { nuts } from '@subspace/nuts';
import { median, table } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const peer = `${root}../shared/peers/jax_peer.py`;
const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);

/** What one contender has measured, as `jax_peer.py` prints it. */
interface Measurement {
  readonly first_run_s: number;
  readonly run_s: number;
  readonly min_ess_bulk: number;
  readonly max_rhat: number;
  readonly effective_draws_per_s: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the state is the algorithm's own affair
type Sampler = (target: Posterior) => SamplingAlgorithm<any, unknown>;
const samplers: Readonly<Record<string, { readonly sampler: Sampler; readonly peers: readonly string[] }>> = {
  'elliptical slice': { sampler: ellipticalSlice, peers: ['blackjax-ess'] },
  NUTS: { sampler: (target) => nuts(target), peers: ['blackjax-nuts', 'numpyro-nuts'] },
  'NUTS, dense mass matrix': {
    sampler: (target) => nuts(target, { massMatrix: 'dense' }),
    peers: ['blackjax-nuts', 'numpyro-nuts'],
  },
};
const targets: Readonly<Record<string, () => Posterior>> = { gaussian20, network };
const [chains, warmup, draws] = [4, 500, 1000];

const own = option('own');
if (own === undefined) await compare();
else await measure(option('target')!, own, Number(option('seed')));

/** All contenders in turns. */
async function compare(): Promise<void> {
  const rounds = Number(option('rounds') ?? 3);
  const names = Object.keys(targets).filter((name) => (option('target') ?? name) === name);
  const measured = new Map<string, Measurement[]>();
  const note = (contender: string, line: Measurement) =>
    measured.set(contender, [...(measured.get(contender) ?? []), line]);
  for (let round = 0; round < rounds; round++) {
    for (const target of names) {
      for (const name of new Set(Object.values(samplers).flatMap(({ peers }) => peers))) {
        note(`${target} ${name}`, json('python3', ['-c', seededPeer(round), '--target', target, '--sampler', name]));
      }
      const program = ['--conditions=@subspace/source', '--import', 'tsx', fileURLToPath(import.meta.url)];
      for (const name of Object.keys(samplers)) {
        const parameters = [...program, `--own=${name}`, `--target=${target}`, `--seed=${round + 1}`];
        note(`${target} ${name}`, json(process.execPath, parameters));
      }
    }
  }
  const middle = (contender: string, what: keyof Measurement) =>
    median(measured.get(contender)!.map((line) => line[what]));
  const row = (title: string, contender: string, ratio: string) => [
    title,
    seconds(middle(contender, 'first_run_s')),
    seconds(middle(contender, 'run_s')),
    middle(contender, 'min_ess_bulk').toFixed(0),
    middle(contender, 'effective_draws_per_s').toFixed(0),
    ratio,
  ];
  const rows = names.flatMap((target) => [
    ...[...new Set(Object.values(samplers).flatMap(({ peers }) => peers))].map((name) =>
      row(`${target}: ${name}`, `${target} ${name}`, ''),
    ),
    ...Object.entries(samplers).map(([name, { peers }]) => {
      const best = Math.max(...peers.map((other) => middle(`${target} ${other}`, 'effective_draws_per_s')));
      const ratio = middle(`${target} ${name}`, 'effective_draws_per_s') / best;
      return row(`${target}: ours, ${name}`, `${target} ${name}`, `${ratio.toFixed(1)} ×`);
    }),
  ]);
  const header = ['target and sampler', 'first run', 'again', 'effective draws', 'per second', 'over the best peer'];
  const versions = spawnSync('python3', [
    '-c',
    'import jax, blackjax, numpyro, arviz; print(f"JAX {jax.__version__}, BlackJAX {blackjax.__version__}, NumPyro {numpyro.__version__}, ArviZ {arviz.__version__}")',
  ]);
  const report = [
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; ${versions.stdout.toString().trim()} in float32; load average ${loadavg()[0].toFixed(1)} at the end`,
    '',
    table(header, rows),
  ].join('\n');
  process.stdout.write(`${report}\n`);
  if (process.argv.includes('--write')) {
    const folder = fileURLToPath(new URL('../../docs/results/', import.meta.url));
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}inference.md`, page(report, rounds));
  }
}

/** The peer's script with keys of its own for each round; in the first those that are in it. */
function seededPeer(round: number): string {
  const script = readFileSync(peer, 'utf8');
  const seeded = script.replaceAll(
    /jax\.random\.key\((\d+)\)/g,
    (_, key) => `jax.random.key(${2 * round + Number(key)})`,
  );
  if (round > 0 && seeded === script) throw new Error(`${peer} has no keys to change`);
  return seeded;
}

/** One of ours, as a JSON line. */
async function measure(name: string, sampler: string, seed: number): Promise<void> {
  const target = targets[name]();
  const random = randomSource(seed);
  const initial = Array.from({ length: chains }, () =>
    Float64Array.from({ length: target.dim }, () => 0.1 * random.normal()),
  );
  const algorithm = samplers[sampler].sampler(target);
  const run = async (which: number) => {
    const started = performance.now();
    const result = await sample(algorithm, { draws, warmup, chains, initial, seed: `${which} ${seed}` });
    const spent = (performance.now() - started) / 1000;
    const coordinates = Array.from({ length: target.dim }, (_, k) => coordinateChains(result, k));
    const effective = Math.min(...coordinates.map((coordinate) => essBulk(coordinate)));
    return { spent, effective, rHat: Math.max(...coordinates.map((coordinate) => rHat(coordinate))) };
  };
  const first = await run(0);
  const again = [];
  while (again.length < 5) again.push(await run(again.length + 1));
  const line: Measurement = {
    first_run_s: first.spent,
    run_s: median(again.map(({ spent }) => spent)),
    min_ess_bulk: median(again.map(({ effective }) => effective)),
    max_rhat: median(again.map((one) => one.rHat)),
    effective_draws_per_s: median(again.map(({ effective, spent }) => effective / spent)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  target.dispose();
}

/** N(0, Σ), Σᵢⱼ = 0.9^|i−j|: a prior N(0, 5²·I) times what is left of it. */
function gaussian20(): Posterior {
  const [dim, priorStd, correlation] = [20, 5, 0.9];
  const inverse = 1 / (1 - correlation ** 2);
  // As the peer does, a full matrix, of which nobody knows that it has three diagonals.
  const precision = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) {
    precision[i * dim + i] = inverse * (i === 0 || i === dim - 1 ? 1 : 1 + correlation ** 2);
    if (i > 0) precision[i * dim + i - 1] = precision[(i - 1) * dim + i] = -inverse * correlation;
  }
  const room = vectors(dim);
  const density = (shrink: number): DifferentiableLogDensity => {
    const halfDiagonal = (i: number) => 0.5 * (precision[i * dim + i] - shrink);
    const differentiated = logDensity(dim, (z) => {
      const gradient = room();
      let value = 0;
      for (let i = 0, at = 0; i < dim; i++) {
        let sum = -shrink * z[i];
        for (let j = 0; j < dim; j++) sum += precision[at++] * z[j];
        gradient[i] = -sum;
        value -= 0.5 * z[i] * sum;
      }
      return { value, gradient };
    });
    // −½·zᵀ·P·z of a symmetric matrix: its lower triangle, row after row, with half the diagonal.
    const triangle = Float64Array.from(
      Array.from({ length: dim }, (_, i) => [...precision.subarray(i * dim, i * dim + i), halfDiagonal(i)]).flat(),
    );
    const valued = logDensity(dim, (z) => {
      let value = 0;
      for (let i = 0, at = 0; i < dim; i++) {
        let sum = 0;
        for (let j = 0; j <= i; j++) sum += triangle[at++] * z[j];
        value -= z[i] * sum;
      }
      return value;
    });
    return { ...differentiated, values: valued.values };
  };
  // For NUTS the prior is folded in, as in the peer.
  const parts = posterior({ logLikelihood: density(1 / priorStd ** 2), priorStd });
  return { ...parts, ...density(0) };
}

/** Vectors cut from a larger array: to allocate one of 20 numbers of its own takes as long as this density. */
function vectors(dim: number): () => Float64Array {
  let room = new Float64Array(0);
  let used = 0;
  return () => {
    if (used === room.length) {
      room = new Float64Array(256 * dim);
      used = 0;
    }
    used += dim;
    return room.subarray(used - dim, used);
  };
}

/** The peer's network, data and subspace, from the same NumPy generator; its weights are [in, out], ours [out, in]. */
function network(): Posterior {
  const program = `
import numpy as np, sys
rng = np.random.default_rng(0)
x, y = rng.normal(size=(455, 13)), rng.normal(size=(455, 1))
shift = rng.normal(size=802) * 0.2
basis = rng.normal(size=(5, 802)) * 0.1
x, y, shift, basis = (a.astype(np.float32) for a in (x, y, shift, basis))
def value(z):
    w = shift.astype(float) + z @ basis
    h = np.maximum(x @ w[:650].reshape(13, 50) + w[650:700], 0) @ w[700:800].reshape(50, 2) + w[800:]
    v = np.log1p(np.exp(h[:, 1:])) + np.log(2)
    return np.sum(-0.5 * np.log(2 * np.pi * v) - 0.5 * (y - h[:, :1]) ** 2 / v)
check = np.array([value(np.zeros(5)), value(np.linspace(-1, 1, 5))], np.float32)
sys.stdout.buffer.write(b"".join(a.tobytes() for a in (x, y, shift, basis, check)))`;
  const { stdout, stderr, status } = spawnSync('python3', ['-c', program]);
  if (status !== 0) throw new Error(stderr.toString());
  const numbers = new Float32Array(new Uint8Array(stdout).buffer);
  let read = 0;
  const take = (count: number) => {
    read += count;
    return numbers.slice(read - count, read);
  };
  const [x, y] = [take(455 * 13), take(455)];
  const weights = Array.from({ length: 6 }, () => transposed(take(802)));
  const check = take(2);
  const model = denseNetwork({ sizes: [13, 50, 2], head: 'heteroscedastic', globalVariance: 0 });
  const data = arraysDataset({ inputs: { data: x, shape: [455, 13] }, targets: { data: y, shape: [455] } });
  const target = subspacePosterior(
    model,
    subspace({ layout: model.layout, shift: weights[0], basis: weights.slice(1) }),
    data,
    { likelihood: heteroscedasticGaussianLikelihood(), priorStd: 1 },
  );
  const points = [new Float64Array(5), Float64Array.of(-1, -0.5, 0, 0.5, 1)];
  const values = target.logLikelihood.values(points) as Float64Array;
  check.forEach((expected, i) => {
    if (!(Math.abs(values[i] / expected - 1) < 1e-5))
      throw new Error(`the network's value is ${values[i]}, not ${expected}`);
  });
  return target;
}

function transposed(weights: Float32Array): Float32Array {
  const layers = [
    { from: 0, rows: 13, columns: 50 },
    { from: 700, rows: 50, columns: 2 },
  ];
  const result = weights.slice();
  for (const { from, rows, columns } of layers) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) result[from + j * rows + i] = weights[from + i * columns + j];
    }
  }
  return result;
}

function json(command: string, parameters: readonly string[]): Measurement {
  process.stderr.write(`${command} … ${parameters.slice(-4).join(' ')}\n`);
  const { stdout, stderr, status } = spawnSync(command, parameters, { encoding: 'utf8', cwd: `${root}benchmarks` });
  if (status !== 0) throw new Error(stderr);
  process.stderr.write(stdout);
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Measurement;
}

function seconds(value: number): string {
  return `${value.toFixed(value < 1 ? 3 : 1)} s`;
}

function page(measured: string, rounds: number): string {
  return `# Inference: effective draws per second, against BlackJAX and NumPyro

Medians of ${rounds} rounds in which all contenders take turns, each in a process of its own (\`pnpm --filter @subspace-internal/benchmarks inference --write\`). 4 chains of
500 + 1000 steps. Effective draws: the smallest bulk effective sample size of all coordinates, by ArviZ for the peers and by core's \`essBulk\`, which equals it, for ours.

${measured}

- **First run** is with all compilation: XLA's of the peers, the just-in-time compiler's of ours. **Again** is in the same process: one run of a peer, the median of five of ours (their
  compiler is done by then, ours still at work). Effective draws per second count that only.
- **gaussian20**: 20 dimensions, unit variances, correlation 0.9^|i−j|, prior N(0, 5²·I). **network**: the log likelihood of a heteroscedastic [13, 50, 2] network on 455 rows in a subspace
  of K = 5, prior N(0, I): the peer's own numbers, checked at two points, on \`@subspace/dense\`.
- Seeds: round n has seeds 2n − 1 and 2n in the peers' script (its own in the first round), n in ours. Elliptical slice sampling is the same algorithm on both sides; on gaussian20 it
  mixes badly (R̂ far above 1.01), so that its effective draws vary by a factor of three from seed to seed.
- NUTS of the peers has a diagonal mass matrix, and so has ours by default; a dense one is one option away.
`;
}

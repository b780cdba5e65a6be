/**
 * Curvature in turns with PyTorch and laplace-torch within one run: Lanczos' recurrence, Laplace approximations, and what a product costs beside gradients. One thread each, in seconds of the
 * processor: those of the clock tell of a machine with other work how much of that there is. (Of Node all its threads count, the compiler's and the collector's too.)
 * `npm run curvature -- --python=<a python with torch, and laplace-torch>`; with `--write` the table goes to docs/results/curvature.md as well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { arraysDataset, gaussianLikelihood, randomSource } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { hessianEigenvalues, laplaceApproximation } from '@subspace/laplace';
import { median, table } from './harness.ts';

const python =
  process.argv.find((argument) => argument.startsWith('--python='))?.slice(9) ?? '/opt/torchenv/bin/python';
const ROUNDS = 3;
/** As in curvature.py. */
const STEPS = 80;
const PAIRS = 20;

const random = randomSource('curvature benchmark');
const points = (rows: number, inputs: number, targets: number) =>
  arraysDataset({
    inputs: { data: Float32Array.from({ length: rows * inputs }, () => random.normal()), shape: [rows, inputs] },
    targets: { data: Float32Array.from({ length: rows * targets }, () => random.normal()), shape: [rows, targets] },
  });
const likelihood = gaussianLikelihood({ variance: 1 });
const toy = denseNetwork({ sizes: [2, 200, 50, 50, 50, 1], seed: 1, threads: 1 });
const toyData = points(400, 2, 1);
const toyWeights = await toy.readWeights();
const small = denseNetwork({ sizes: [13, 50, 2], seed: 1, threads: 1 });
const smallData = points(455, 13, 2);
const smallWeights = await small.readWeights();

const inputs = toyData.arrays!.inputs;
const rows = Int32Array.from({ length: toyData.size }, (_, row) => row);
const v = Float32Array.from(toyWeights, () => random.normal());
const jacobian = toy.jacobian(toyWeights, inputs);
const gradients = toy.weightLikelihood!(toyData, likelihood);

const lanczos = (matrix: 'hessian' | 'gauss-newton') =>
  hessianEigenvalues(toy, toyWeights, toyData, {
    ...{ likelihood, matrix, top: PAIRS, maxSteps: STEPS, tolerance: 1e-300 },
  });
const laplace = (structure: 'full' | 'kronecker') =>
  structure === 'full'
    ? laplaceApproximation(small, smallWeights, smallData, { likelihood, priorPrecision: 1, structure })
    : laplaceApproximation(toy, toyWeights, toyData, { likelihood, priorPrecision: 1, structure });
const gaussNewton = async () => {
  const moved = await jacobian.times(v);
  await jacobian.transposeTimes(moved);
};
const ours: Readonly<Record<string, { run: () => Promise<unknown>; times: number }>> = {
  'lanczos gauss-newton': { run: () => lanczos('gauss-newton'), times: 1 },
  'lanczos hessian': { run: () => lanczos('hessian'), times: 1 },
  'product gauss-newton': { run: gaussNewton, times: 20 },
  'product hessian': {
    run: async () => toy.hessianTimes!(toyWeights, v, toyData, rows, likelihood),
    times: 5,
  },
  'two gradients': {
    run: async () => {
      await gradients.valueAndGradient(toyWeights);
      await gradients.valueAndGradient(toyWeights);
    },
    times: 20,
  },
  full: { run: () => laplace('full'), times: 1 },
  kronecker: { run: () => laplace('kronecker'), times: 1 },
};

const times: Record<string, number[]> = {};
const theirs: Record<string, number[]> = {};
const note = (into: Record<string, number[]>, name: string, seconds: number) => {
  into[name] = [...(into[name] ?? []), seconds];
};
const peer = spawn(python, [fileURLToPath(new URL('./curvature.py', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
for (let round = 0; round <= ROUNDS; round++) {
  const own: Record<string, number> = {};
  for (const [name, { run, times: repeats }] of Object.entries(ours)) {
    const begun = process.cpuUsage();
    for (let i = 0; i < repeats; i++) await run();
    const { user, system } = process.cpuUsage(begun);
    own[name] = (user + system) / 1e6 / repeats;
  }
  peer.stdin.write('go\n');
  const { value, done } = await answers.next();
  if (done) throw new Error(`PyTorch failed: ${python} curvature.py`);
  // The first round warms up.
  if (round === 0) continue;
  for (const [name, seconds] of Object.entries(own)) note(times, name, seconds);
  for (const [name, seconds] of Object.entries<number>(JSON.parse(value))) note(theirs, name, seconds);
}
peer.stdin.end();
await once(peer, 'close');
jacobian.dispose();
gradients.dispose();
toy.dispose();
small.dispose();

const milliseconds = (seconds: number) => `${(1000 * seconds).toFixed(seconds < 0.01 ? 2 : 0)} ms`;
/** The peer, at the best of its backends. */
const best = (...names: string[]) =>
  Math.min(
    ...Object.entries(theirs)
      .filter(([key]) => names.some((name) => key.startsWith(name)))
      .map(([, seconds]) => median(seconds)),
  );
const against = (title: string, name: string, peer = best(name)) => {
  const own = median(times[name]);
  return [
    title,
    milliseconds(own),
    Number.isFinite(peer) ? milliseconds(peer) : '–',
    Number.isFinite(peer) ? (peer / own).toFixed(2) : '–',
  ];
};
const two = median(times['two gradients']);
const cost = (title: string, name: string) => [
  title,
  (median(times[name]) / two).toFixed(2),
  (best(name) / best('two gradients')).toFixed(2),
];
const report = [
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; torch and laplace-torch by Python; load average ${loadavg()[0].toFixed(1)} at the end. One thread each, processor time (the machine had other work), medians of ${ROUNDS} turns; laplace-torch at the better of its two backends.`,
  '',
  table(
    ['task', 'ours', 'theirs', 'theirs / ours'],
    [
      against(`Lanczos, Gauss–Newton, ${STEPS} steps, ${PAIRS} pairs, D = 15,801`, 'lanczos gauss-newton'),
      against(`Lanczos, Hessian, ${STEPS} steps, ${PAIRS} pairs, D = 15,801`, 'lanczos hessian'),
      against('full Laplace of [13, 50, 2], 455 rows', 'full'),
      against('Kronecker-factored Laplace of the toy network', 'kronecker'),
      against('a product with the Gauss–Newton matrix', 'product gauss-newton'),
      against('a product with the Hessian', 'product hessian'),
      against('two gradients', 'two gradients'),
    ],
  ),
  '',
  table(
    ['a product, in units of two gradients', 'dense', 'PyTorch'],
    [cost('Gauss–Newton', 'product gauss-newton'), cost('Hessian', 'product hessian')],
  ),
].join('\n');
console.log(report);
if (process.argv.includes('--write')) {
  const file = fileURLToPath(new URL('../../docs/results/curvature.md', import.meta.url));
  const head =
    '# Curvature\n\nThe toy network is [2, 200, 50, 50, 50, 1] on 400 points (`pnpm --filter @subspace-internal/benchmarks curvature --python=… --write`, with a Python that has laplace-torch).\n\n';
  const foot =
    '\n\nAsked was to be faster than both peers, and a product near the cost of two gradients. Products with the Gauss–Newton matrix are, and Lanczos with them takes about as long as in PyTorch. What is done in plain TypeScript, row by row in float64, is slower by far: products with the Hessian, and the sums of the full and the Kronecker-factored approximation.';
  writeFileSync(file, `${head}${report}${foot}\n`);
}

/**
 * Curves on the paper's regression network, in turns within one run: an epoch of a curve against one of the network, and a loss plane of 41 × 41 points against PyTorch
 * eager at its best number of threads. `npm run curves -- [--python=/opt/torchenv/bin/python]`; with `--write` the table goes to docs/results/curves.md as well.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { arraysDataset, fit, gaussianLikelihood, randomSource, sgd } from '@subspace/core';
import { fitCurve, lossPlane } from '@subspace/curves';
import { denseNetwork } from '@subspace/dense';
import { median, table } from './harness.ts';

const python =
  process.argv.find((argument) => argument.startsWith('--python='))?.slice(9) ?? '/opt/torchenv/bin/python';
const ROUNDS = 3;
const EPOCHS = 200;

const random = randomSource('curves benchmark');
const normals = (length: number) => Float32Array.from({ length }, () => random.normal());
const data = arraysDataset({
  inputs: { data: normals(800), shape: [400, 2] },
  targets: { data: normals(400), shape: [400, 1] },
});
const sizes = [2, 200, 50, 50, 50, 1];
const likelihood = gaussianLikelihood({ variance: 1 });
const training = {
  likelihood,
  epochs: EPOCHS,
  batchSize: 50,
  optimizer: sgd({ momentum: 0.95 }),
  learningRate: 1e-4,
  seed: 1,
};
const starts = await Promise.all(
  [1, 2, 3].map(async (seed) => {
    const network = denseNetwork({ sizes, seed });
    const weights = await network.readWeights();
    network.dispose();
    return weights;
  }),
);
const [start, middle, end] = starts;

/** Seconds of an eager PyTorch pass over the plane, by number of threads; one forward pass a point, under inference mode. */
const eager = `
import json, sys, time, torch
threads = int(sys.argv[1]); torch.set_num_threads(threads)
sizes = [2, 200, 50, 50, 50, 1]
layers = []
for i in range(5):
    layers += [torch.nn.Linear(sizes[i], sizes[i + 1])] + ([torch.nn.ReLU()] if i < 4 else [])
net = torch.nn.Sequential(*layers)
x, y = torch.randn(400, 2), torch.randn(400, 1)
parameters = list(net.parameters())
D = sum(p.numel() for p in parameters)
w, u, v = torch.randn(D), torch.randn(D), torch.randn(D)
def plane(n):
    losses = torch.empty(n, n)
    with torch.inference_mode():
        for i in range(n):
            for j in range(n):
                torch.nn.utils.vector_to_parameters(w + 0.01 * i * u + 0.01 * j * v, parameters)
                losses[i, j] = 0.5 * torch.nn.functional.mse_loss(net(x), y)
    return losses
plane(10)
begun = time.perf_counter(); plane(41)
print(json.dumps(time.perf_counter() - begun))
`;
const torchSeconds = (threads: number): number => {
  const { stdout, stderr, status } = spawnSync(python, ['-c', eager, String(threads)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`PyTorch failed: ${stderr}`);
  return JSON.parse(stdout);
};

const seconds = async (task: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await task();
  return (performance.now() - before) / 1000;
};
const times: Record<'plain' | 'curve' | 'plane' | 'torch 1' | 'torch 2', number[]> = {
  plain: [],
  curve: [],
  plane: [],
  'torch 1': [],
  'torch 2': [],
};
for (let round = 0; round <= ROUNDS; round++) {
  const network = denseNetwork({ sizes, seed: 1 });
  const plain = await seconds(() => fit(network, data, training));
  const curve = await seconds(() => fitCurve(network, data, { ...training, start, end }));
  const plane = await seconds(() =>
    lossPlane(network, data, { corners: [start, middle, end], likelihood, resolution: 41 }),
  );
  network.dispose();
  // The first round warms up.
  if (round === 0) continue;
  times.plain.push(plain / EPOCHS);
  times.curve.push(curve / EPOCHS);
  times.plane.push(plane);
  times['torch 1'].push(torchSeconds(1));
  times['torch 2'].push(torchSeconds(2));
}

const milliseconds = (value: number) => `${(1000 * value).toFixed(value < 0.01 ? 3 : 1)} ms`;
const [plain, curve, plane] = [median(times.plain), median(times.curve), median(times.plane)];
const torch = Math.min(median(times['torch 1']), median(times['torch 2']));
const report = [
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; PyTorch by ${python}; load average ${loadavg()[0].toFixed(1)} at the end. Medians of ${ROUNDS} turns.`,
  '',
  table(
    ['task', 'ours', 'against', 'ratio', 'asked'],
    [
      [
        'an epoch of a curve (3 points) / of the network',
        milliseconds(curve),
        milliseconds(plain),
        (curve / plain).toFixed(2),
        '≤ 1.30',
      ],
      [
        'lossPlane 41 × 41 / PyTorch eager',
        milliseconds(plane),
        milliseconds(torch),
        (torch / plane).toFixed(2),
        '≥ 1.3 (Node 20), 1.7 (24)',
      ],
    ],
  ),
].join('\n');
console.log(report);
if (process.argv.includes('--write')) {
  const file = fileURLToPath(new URL('../../docs/results/curves.md', import.meta.url));
  const head =
    '# Curves\n\nOn the paper’s regression network, [2, 200, 50, 50, 50, 1], 400 points, batches of 50 (`pnpm --filter @subspace-internal/benchmarks curves --write`).\n\n';
  writeFileSync(file, `${head}${report}\n`);
}

/**
 * Curves on the paper's regression network, in turns within one run: an epoch of a curve against one of the network. `npm run curves`; the loss plane is `npm run loss-plane`.
 */
import { cpus, loadavg } from 'node:os';
import { arraysDataset, fit, gaussianLikelihood, randomSource, sgd } from '@subspace/core';
import { fitCurve } from '@subspace/curves';
import { denseNetwork } from '@subspace/dense';
import { median, table } from './harness.ts';

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
  [1, 2].map(async (seed) => {
    const network = denseNetwork({ sizes, seed });
    const weights = await network.readWeights();
    network.dispose();
    return weights;
  }),
);
const [start, end] = starts;

const seconds = async (task: () => Promise<unknown>): Promise<number> => {
  const before = performance.now();
  await task();
  return (performance.now() - before) / 1000;
};
const times: Record<'plain' | 'curve', number[]> = { plain: [], curve: [] };
for (let round = 0; round <= ROUNDS; round++) {
  const network = denseNetwork({ sizes, seed: 1 });
  const plain = await seconds(() => fit(network, data, training));
  const curve = await seconds(() => fitCurve(network, data, { ...training, start, end }));
  network.dispose();
  // The first round warms up.
  if (round === 0) continue;
  times.plain.push(plain / EPOCHS);
  times.curve.push(curve / EPOCHS);
}

const milliseconds = (value: number) => `${(1000 * value).toFixed(3)} ms`;
const [plain, curve] = [median(times.plain), median(times.curve)];
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; load average ${loadavg()[0].toFixed(1)} at the end. Medians of ${ROUNDS} turns.\n`,
);
console.log(
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
    ],
  ),
);

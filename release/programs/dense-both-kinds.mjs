// An ES module and a CommonJS copy of the dense engine in one program, each with workers of its own, and with objects of the other's.
import { createRequire } from 'node:module';
import * as core from '@subspace/core';
import * as dense from '@subspace/dense';

const require = createRequire(import.meta.url);
const [core2, dense2] = ['core', 'dense'].map((room) => require(`@subspace/${room}`));
if (dense.denseNetwork === dense2.denseNetwork) throw new Error('there is one copy only');

const x = Float32Array.from({ length: 6000 }, (_, i) => Math.fround((i * 0.37) % 2) - 1);
const points = [0.1, 0.2, 0.3, 0.4].map((value) => Float64Array.of(value, -value));

/** A network whose likelihood has work enough for two threads, made of both copies' parts. */
function posteriorOf({ denseNetwork }, own, other) {
  const network = denseNetwork({ sizes: [3, 64, 48, 1], seed: 1, threads: 2 });
  const inputs = { data: x, shape: [2000, 3] };
  const data = other.arraysDataset({ inputs, targets: { data: x.subarray(0, 2000), shape: [2000] } });
  const shift = network.readWeights();
  const basis = [0, 1].map((k) => shift.map((_, i) => ((i + k) % 7) / 70));
  const plane = other.subspace({ layout: network.layout, shift, basis });
  const likelihood = own.gaussianLikelihood({ variance: 0.1 });
  return { network, posterior: other.subspacePosterior(network, plane, data, { likelihood, priorStd: 1 }) };
}

const pair = [posteriorOf(dense, core, core2), posteriorOf(dense2, core2, core)];
const numbers = ({ posterior }) =>
  String(posterior.valuesAndGradients(points).map(({ value, gradient }) => [value, ...gradient]));
const expected = numbers(pair[0]);
for (const end = performance.now() + 20_000; pair.some(({ network }) => network.threads === 1); ) {
  if (performance.now() > end) throw new Error('no workers');
  for (const one of pair) if (numbers(one) !== expected) throw new Error('the copies disagree');
}
for (let i = 0; i < 100; i++)
  for (const one of pair) if (numbers(one) !== expected) throw new Error('the copies disagree');

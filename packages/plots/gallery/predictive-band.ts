/** Data in two clusters. Away from them the band of the model widens, and the draws part; the dashed edge has the noise in it. */
import { randomSource } from '@subspace/core';
import { predictiveBand } from '@subspace/plots';

const f = (x: number) => (3 * x) / (1 + x * x);
const x = Array.from({ length: 81 }, (_, i) => -4 + i / 10);
const truth = x.map(f);

// Least sure where the clusters, from −3 to −2 and from 1 to 2.5, are far away.
const away = (x: number) => Math.max(-3 - x, Math.min(x + 2, 1 - x), x - 2.5, 0);
const sd = x.map((at) => 0.04 + 0.25 * away(at));
const mean = x.map((at, i) => truth[i] * (1 - 0.3 * Math.min(1, away(at))));
const epistemicVariance = sd.map((value) => value * value);
const variance = epistemicVariance.map((value) => value + 0.02);
const draws = [-1.4, -0.6, 0.3, 1, 1.8].map((z) => mean.map((value, i) => value + z * sd[i] * (1 - 0.05 * z * x[i])));

const random = randomSource(1);
const dataX = Array.from({ length: 60 }, (_, i) => (i < 30 ? -3 + i / 29 : 1 + (1.5 * (i - 30)) / 29));
const data = { x: dataX, y: dataX.map((at) => f(at) + 0.5 * (random.uniform() - 0.5)) };

export const svg = predictiveBand({
  x,
  prediction: { mean, variance, epistemicVariance, members: { means: draws } },
  data,
  truth,
  title: 'Two clusters, and what lies between them',
  width: 720,
  height: 400,
});

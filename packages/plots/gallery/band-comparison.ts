/** Five methods in a row, without the noise: what each of them does not know. The axes are the same in all panels. */
import { randomSource } from '@subspace/core';
import { bandComparison } from '@subspace/plots';

const f = (x: number) => (3 * x) / (1 + x * x);
const x = Array.from({ length: 61 }, (_, i) => -4 + (2 * i) / 15);
const truth = x.map(f);
const away = (x: number) => Math.max(-3 - x, Math.min(x + 2, 1 - x), x - 2.5, 0);

const panel = (label: string, atData: number, beyond: number) => {
  const epistemicVariance = x.map((at) => (atData + beyond * away(at)) * (atData + beyond * away(at)));
  const mean = truth.map((value, i) => value * (1 - 0.3 * Math.min(1, away(x[i]))));
  return { label, x, truth, prediction: { mean, epistemicVariance, variance: epistemicVariance.map((v) => v + 0.02) } };
};

const random = randomSource(1);
const dataX = Array.from({ length: 60 }, (_, i) => (i < 30 ? -3 + i / 29 : 1 + (1.5 * (i - 30)) / 29));

export const svg = bandComparison({
  panels: [
    panel('SGD', 0, 0),
    panel('Random subspace', 0.02, 0.03),
    panel('PCA subspace', 0.04, 0.08),
    panel('Plane of the curve', 0.04, 0.2),
    panel('Tunnel along the curve', 0.04, 0.3),
  ],
  data: { x: dataX, y: dataX.map((at) => f(at) + 0.5 * (random.uniform() - 0.5)) },
  noise: false,
  columns: 5,
});

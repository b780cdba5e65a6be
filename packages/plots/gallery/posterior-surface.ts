/** A bent ridge, with draws along it and the curve that it follows: no Gaussian in this plane fits. */
import { randomSource } from '@subspace/core';
import { posteriorSurface } from '@subspace/plots';

const x = Array.from({ length: 33 }, (_, i) => -4 + i / 4);
const y = Array.from({ length: 29 }, (_, i) => -2 + i / 4);
const bend = (a: number) => 4 - (a * a) / 3;
const logDensity = y.flatMap((b) => x.map((a) => -2 * (b - bend(a)) * (b - bend(a)) - (a * a) / 10));
const random = randomSource(1);
const times = Array.from({ length: 41 }, (_, i) => -3.6 + 0.18 * i);

export const svg = posteriorSurface({
  x,
  y,
  logDensity,
  curve: times.map((a) => [a, bend(a)]),
  draws: Array.from({ length: 60 }, () => {
    const a = 3 * (random.uniform() + random.uniform() - 1);
    return [a, bend(a) + 1.2 * (random.uniform() + random.uniform() - 1)];
  }),
  points: [
    { label: 'w₁', x: -3.6, y: bend(-3.6) },
    { label: 'MAP', x: 0, y: 4 },
    { label: 'w₂', x: 3.6, y: bend(3.6) },
  ],
  width: 480,
  height: 440,
});

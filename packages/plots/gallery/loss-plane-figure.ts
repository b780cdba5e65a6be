/** The plane of two solutions and of the bend between them: the straight line crosses a barrier, the curve goes round it. One unit is as long along both axes. */
import { lossPlaneFigure } from '@subspace/plots';

const x = Array.from({ length: 37 }, (_, i) => -6 + i);
const y = Array.from({ length: 25 }, (_, i) => -4 + i);
const valley = (a: number) => 11.5 - (11.5 * (a - 12) * (a - 12)) / 144;
const loss = y.flatMap((b) =>
  x.map((a) => {
    const off = (b - valley(a)) / (1 + ((a - 12) * (a - 12)) / 100);
    return 0.02 + 0.02 * off * off + 0.0001 * (a - 12) * (a - 12);
  }),
);
const bend = { x: 12, y: 23 };
const bezier = (t: number) => [24 * t, 2 * t * (1 - t) * bend.y];

export const svg = lossPlaneFigure(
  { x, y, loss },
  {
    curve: Array.from({ length: 41 }, (_, i) => bezier(i / 40)),
    points: [
      { label: 'w₁', x: 0, y: 0 },
      { label: 'w₂', x: 24, y: 0 },
    ],
    title: 'A curve between two solutions',
    width: 480,
  },
);

/** Rays in random directions from two solutions: the averaged one lies in the wider valley. */
import { lossAlongRaysFigure } from '@subspace/plots';

const distances = Array.from({ length: 41 }, (_, i) => -20 + i);
const ray = (narrow: number, skew: number) => distances.map((r) => 0.1 + narrow * r * r * (1 + skew * r));
const skews = [-0.015, -0.006, 0, 0.004, 0.011];

export const svg = lossAlongRaysFigure([
  { label: 'SGD', distances, loss: skews.map((skew, i) => ray(0.004 + 0.0005 * i, skew)) },
  { label: 'SWA', distances, loss: skews.map((skew, i) => ray(0.0015 + 0.0002 * i, -skew)) },
]);

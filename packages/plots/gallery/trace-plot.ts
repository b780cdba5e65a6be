/** Two chains and two coordinates. In the first they lie over one another; in the second each stays where it began. */
import { randomSource } from '@subspace/core';
import { tracePlot } from '@subspace/plots';

const random = randomSource(1);
const noise = () => random.uniform() + random.uniform() - 1;
const chain = (from: number) => Array.from({ length: 150 }, () => [noise(), from + noise()]);

export const svg = tracePlot(
  { positions: [chain(-0.6), chain(0.7)] },
  { title: 'One coordinate mixes, one does not', width: 640 },
);

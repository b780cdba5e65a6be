import { effort } from '../src/settings.ts';

/** What takes no time. */
export const least = {
  ...effort.quick,
  runs: 2,
  epochs: 60,
  warmup: 10,
  draws: 30,
  nutsWarmup: 5,
  nutsDraws: 5,
  treeDepth: 2,
  iterations: 4,
  gridTolerance: 1,
  samples: 20,
  surface: 5,
};

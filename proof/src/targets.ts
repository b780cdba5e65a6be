import type { Target } from './target.ts';
import { banana } from './targets/banana.ts';
import { correlatedGaussian } from './targets/correlated-gaussian.ts';
import { funnel } from './targets/funnel.ts';
import { type LinearGaussianTarget, linearGaussian } from './targets/linear-gaussian.ts';
import { studentT } from './targets/student-t.ts';
import { twoModes } from './targets/two-modes.ts';

/** By the names of `samplers-targets.json`. */
export const linearGaussianTargets: Readonly<Record<string, LinearGaussianTarget>> = {
  K2T1: linearGaussian({ dim: 2, temperature: 1, salt: 500 }),
  K5T1: linearGaussian({ dim: 5, temperature: 1, salt: 510 }),
  K10T1: linearGaussian({ dim: 10, temperature: 1, salt: 520 }),
  'K5T0.5': linearGaussian({ dim: 5, temperature: 0.5, salt: 530 }),
  K5T4: linearGaussian({ dim: 5, temperature: 4, salt: 540 }),
  K10T20: linearGaussian({ dim: 10, temperature: 20, salt: 550 }),
};

/** By the names of `samplers-targets.json`. */
export const shapedTargets: Readonly<Record<string, Target>> = {
  correlatedGaussian: correlatedGaussian(),
  banana: banana(),
  twoModes: twoModes(),
  funnel1: funnel({ width: 1 }),
  funnel3: funnel({ width: 3 }),
  studentT: studentT(),
};

/** A target of ours: modes that no local step gets between. */
export const modesFarApart: Target = twoModes({ apart: 5 });

/** The one list that every method is tested on. */
export const targets: readonly Target[] = [
  ...Object.values(linearGaussianTargets),
  ...Object.values(shapedTargets),
  modesFarApart,
];

import { bandComparison } from '@subspace/plots';
import type { Figure } from './figures.ts';
import { type BandScores, bandOf, bandScores, type FunctionDraws } from './function-draws.ts';
import { learntNoise, type OursEffort, type OursKind, type OursMethod, oursEffort, oursKinds } from './ours.ts';
import type { Part, PartContext, PartResult } from './part.ts';
import type { Problem } from './problem.ts';
import { type Reference, readReference, referenceDraws } from './reference-file.ts';
import { paper } from './settings.ts';
import { rowsOf } from './solutions.ts';

/** A row of the study `ours`: plain data. */
export interface OursResult extends Omit<OursMethod, 'members'> {
  /** In y's units. */
  readonly functions: FunctionDraws;
  readonly scores: BandScores;
}

const SECTION = 'Right, not only wide';

/** Solutions in the ensemble. */
const RUNS = 10;

/** The study `ours`, in parts that `--only=ours` picks: it takes longer than all others. */
export const oursParts: readonly Part[] = oursKinds
  .map(
    (kind): Part => ({
      name: `ours-${kind}`,
      section: SECTION,
      onlyAsked: true,
      run: (context) => oursResult(context, kind),
    }),
  )
  .concat({ name: 'ours-hmc', section: SECTION, onlyAsked: true, run: committedReference });

/** Hamiltonian Monte Carlo over all weights, of the problems that it was run on. */
async function committedReference({ problem, seed }: PartContext): Promise<PartResult> {
  const reference = problem.truth && (await readReference(seed));
  return {
    ...{ methods: [], figures: [] },
    ours: reference ? [referenceResult(reference, problem)] : [],
    notes: reference ? [] : [`Of seed ${seed} there is no reference in docs/results.`],
  };
}

async function oursResult(context: PartContext, kind: OursKind): Promise<PartResult> {
  const { engine, problem, effort, seed, solutions, crew, signal, onProgress } = context;
  const none = { methods: [], figures: [] };
  if (!problem.truth || !problem.test)
    return { ...none, notes: ['The study ours is of a problem whose truth is known.'] };
  const curve = await solutions.curve();
  if (!curve) return { ...none, notes: ['The study ours needs a curve.'] };
  const moments = await solutions.swag(0);
  const network = engine.network(seed);
  const noiseVariance = await learntNoise(network, moments.mean(), problem);
  network.dispose();
  const grid = oursGrid(problem);
  const { mean, unit } = problem.outputUnits;
  const methods = await crew.run(
    'ours',
    {
      ...{ kind, data: rowsOf(problem), noiseVariance, inputs: problem.inputs(grid), seed, curve: curve.points },
      solutions: kind === 'sgd' ? await solutions.sgd(RUNS) : [],
      moments: {
        ...{ collected: moments.collected, mean: moments.mean() },
        ...{ variance: moments.variance(), deviations: moments.deviations() },
      },
      effort: effort.epochs < paper.epochs ? quickly : oursEffort,
    },
    { signal, onProgress },
  );
  const reference = await readReference(seed);
  const draws = reference && referenceDraws(reference);
  return {
    ...none,
    ours: methods.map(({ members, ...method }): OursResult => {
      const functions = { grid, members: members.map((said) => said.map((value) => mean + unit * value)) };
      return { ...method, functions, scores: bandScores(functions, problem, unit * unit * noiseVariance, draws) };
    }),
    notes: [],
  };
}

/** Under `--quick`, and of fewer epochs. */
const quickly: OursEffort = {
  ...oursEffort,
  ...{ scales: [4, 0], temperatures: [3, 0], trialWarmup: 10, trialDraws: 20 },
  ...{ chains: 2, warmup: 20, draws: 50, nutsWarmup: 15, nutsDraws: 15, iterations: 40, samples: 60 },
};

/** The points of the figures, and of what is committed of the reference. */
export function oursGrid({ domain: [low, high] }: Problem): Float64Array {
  return Float64Array.from({ length: 121 }, (_, i) => low + ((high - low) * i) / 120);
}

/** The reference as a row: its distance is that of its first half of chains to the second, which is what its own error amounts to. */
function referenceResult(reference: Reference, problem: Problem): OursResult {
  const functions = referenceDraws(reference);
  const { members, grid } = functions;
  const half = members.length >> 1;
  const scores = bandScores(functions, problem, reference.noiseVariance);
  const { distance, distanceBetween } = bandScores(
    { grid, members: members.slice(0, half) },
    problem,
    reference.noiseVariance,
    { grid, members: members.slice(half) },
  );
  return {
    name: 'HMC over all weights',
    functions,
    scores: { ...scores, distance, distanceBetween },
    seconds: 60 * reference.cpuMinutes,
    evaluations: reference.chains.reduce((sum, { gradients }) => sum + gradients, 0),
    chosen: { priorStd: reference.priorStd, temperature: 1 },
    sampling: { rHat: reference.rHat.worst, essBulk: reference.essBulk.worst },
  };
}

/** All bands of `ours` side by side, without noise, and the truth. */
export function oursFigure(results: readonly OursResult[], problem: Problem): Figure {
  const [xLabel, yLabel] = problem.labels;
  return {
    name: 'ours',
    png: true,
    caption:
      'The study ours: noise learnt, prior by evidence, temperature by leave-one-out. Mean, ±1, 2, 3 sd of the model, without noise; the dashed line is the truth, and the last panel, where there is one, Hamiltonian Monte Carlo over all weights.',
    svg: bandComparison({
      panels: results.map(({ name, functions }) => {
        const { mean, std } = bandOf(functions);
        const epistemicVariance = std.map((sd) => sd * sd);
        return {
          label: name,
          x: functions.grid,
          prediction: { mean, variance: epistemicVariance, epistemicVariance },
          truth: functions.grid.map(problem.truth!),
        };
      }),
      ...{ data: problem.train, noise: false, xLabel, yLabel },
    }),
  };
}

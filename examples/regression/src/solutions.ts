import type { WeightLayout } from '@subspace/core';
import { bezierCurve, type Curve } from '@subspace/curves';
import { swagMoments, type WeightMoments } from '@subspace/swag';
import { readCheckpoints } from './checkpoints.ts';
import type { Crew } from './crew.ts';
import type { Engine } from './engine.ts';
import type { Watch } from './jobs.ts';
import { once } from './once.ts';
import type { Problem } from './problem.ts';
import type { Effort } from './settings.ts';
import type { Rows, Trained, TrainingOrder } from './train.ts';

/** What inference starts from: weights that were trained, here or elsewhere, each when it is first asked for. */
export interface Solutions {
  readonly layout: WeightLayout;
  /** Of runs that ended at a small rate; as many as the effort says by default. Of those that were trained elsewhere, all. */
  sgd(runs?: number): Promise<readonly Float32Array[]>;
  /** Runs of SWAG: two, or those of a folder. */
  readonly swagRuns: number;
  /** Of the end of a run at the full rate; the first is the centre of the random and the PCA subspace. */
  swag(run: number): Promise<WeightMoments>;
  /** Between the means of the two, where there is one. */
  curve(): Promise<Curve | undefined>;
  /** Where they come from: `Five runs of SGD …`. */
  readonly from: string;
  /** What is not as it was asked for. */
  readonly notes: readonly string[];
}

interface SolutionOptions extends Watch {
  readonly engine: Engine;
  readonly crew: Crew;
  readonly problem: Problem;
  readonly effort: Effort;
  readonly seed: number | string;
}

/** Solutions that are trained, two at a time. */
export function trainedSolutions(options: SolutionOptions): Solutions {
  const { engine, crew, problem, effort, seed, signal, checkpoint, onProgress } = options;
  const { epochs, runs } = effort;
  const data = rowsOf(problem);
  const layout = layoutOf(engine);
  const watch = (name: string) => ({
    first: true,
    signal,
    onProgress,
    ...(checkpoint && { checkpoint: { ...checkpoint, folder: `${checkpoint.folder}/training/${name}` } }),
  });
  const run = (name: string, order: Omit<TrainingOrder, 'data' | 'epochs'>): Promise<Trained> =>
    crew.run('train', { data, epochs, ...order }, watch(name));
  const swagRun = (which: 0 | 1) =>
    once(async () => {
      const own = which === 0 ? seed : `${seed}, SWAG ${which + 1}`;
      const { moments: state } = await run(`swag-${which + 1}`, {
        stage: `Train SWAG ${which + 1}`,
        seed: own,
        collect: true,
      });
      const moments = swagMoments(layout, { rank: state!.rank });
      moments.restore(state!);
      return moments;
    });
  const swagRuns = [swagRun(0), swagRun(1)];
  const sgdRun = (i: number) => run(`sgd-${i}`, { stage: `Train SGD ${i}`, seed: `${seed}, SGD ${i}`, collect: false });
  const sgdRuns: Promise<Trained>[] = [];
  return {
    layout,
    async sgd(count = runs) {
      while (sgdRuns.length < count) sgdRuns.push(sgdRun(sgdRuns.length + 1));
      return (await Promise.all(sgdRuns.slice(0, count))).map(({ weights }) => weights);
    },
    swagRuns: swagRuns.length,
    swag: (which) => swagRuns[which](),
    curve: once(async () => {
      const [start, end] = (await Promise.all(swagRuns.map((moments) => moments()))).map((moments) => moments.mean());
      const order = { stage: 'Train the curve', data, epochs: 2 * epochs, seed, start, end };
      return bezierCurve(await crew.run('trainCurve', order, watch('curve')), { layout });
    }),
    from: `${runs} runs of SGD and 2 of SWAG of ${epochs} epochs each, and a curve of ${2 * epochs}`,
    notes: [],
  };
}

/** Solutions of a folder of weights that were trained with PyTorch. */
export async function readSolutions(engine: Engine, folder: string): Promise<Solutions> {
  const network = engine.network(0);
  try {
    const { trained, moments, curve } = await readCheckpoints(network, folder);
    return {
      layout: network.layout,
      sgd: async () => trained,
      swagRuns: moments.length,
      swag: async (run) => moments[run],
      curve: async () => curve,
      from: `The weights of ${folder}, trained with PyTorch`,
      notes: [],
    };
  } finally {
    network.dispose();
  }
}

/** The rows of the training data, as they go to other threads. */
export function rowsOf({ train }: Problem): Rows {
  const { inputs, targets } = train.data.arrays!;
  return { inputs, targets };
}

function layoutOf(engine: Engine): WeightLayout {
  const network = engine.network(0);
  network.dispose();
  return network.layout;
}

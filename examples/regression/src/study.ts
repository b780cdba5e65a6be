import type { CancelSignal } from '@subspace/core';
import { anything, runCheckpoint } from '@subspace/core/internals';
import { fileStore } from '@subspace/core/node';
import { type Crew, lonelyCrew } from './crew.ts';
import type { Engine } from './engine.ts';
import { once } from './once.ts';
import { learntNoise } from './ours.ts';
import type { Part, PartCheckpoint, PartContext, PartResult, StudyProgress } from './part.ts';
import type { Problem } from './problem.ts';
import type { Effort } from './settings.ts';
import { readSolutions, type Solutions, trainedSolutions } from './solutions.ts';

export interface StudyOptions {
  readonly engine: Engine;
  readonly problem: Problem;
  readonly effort: Effort;
  readonly seed: number | string;
  readonly parts: readonly Part[];
  /** Threads that do the work; by default this one alone. */
  readonly crew?: Crew;
  /** A folder of weights that were trained with PyTorch, in place of training. */
  readonly checkpoints?: string;
  readonly signal?: CancelSignal;
  readonly onProgress?: (progress: StudyProgress) => void;
  /** Where trainings, chains, fits and the results of parts are saved, each in a folder of its own; `resume` goes on from there. */
  readonly checkpoint?: PartCheckpoint;
}

export interface Study {
  readonly problem: Problem;
  /** Where predictions are drawn. */
  readonly grid: Float64Array;
  /** Variance of the noise in the posterior, in y's units. */
  readonly noiseVariance: number;
  /** What is not as it was asked for. */
  readonly notes: readonly string[];
  /** Where the weights come from. */
  readonly from: string;
  /** In the order of the parts. */
  readonly results: readonly { readonly name: string; readonly section: string; readonly result: PartResult }[];
}

/** How sure is the network? Runs the parts, as many at a time as there are threads, and keeps what each gives. */
export async function study(options: StudyOptions): Promise<Study> {
  const { engine, problem, effort, seed, parts, checkpoints, checkpoint, onProgress } = options;
  const crew = options.crew ?? lonelyCrew(engine);
  const grid = evenly(problem.domain, 241);
  const stop = linked(options.signal);
  const { signal } = stop;
  const watched = { signal, onProgress };
  const solutions =
    checkpoints === undefined
      ? trainedSolutions({ engine, crew, problem, effort, seed, ...watched, checkpoint })
      : await readSolutions(engine, checkpoints);
  const noiseVariance = noise(engine, problem, solutions);
  const context: PartContext = { engine, problem, effort, seed, grid, noiseVariance, solutions, crew, ...watched };
  const identity = { engine: engine.description, problem: problem.name, effort, seed, checkpoints };

  const running = parts.map(async (part) => {
    const folder = checkpoint && `${checkpoint.folder}/${part.name}`;
    const own = checkpoint && { folder: folder!, resume: checkpoint.resume };
    return {
      name: part.name,
      section: part.section,
      result: await remembered(identity, own, () => part.run({ ...context, checkpoint: own })),
    };
  });
  // The first that fails stops the others, which save what they have.
  const failures: unknown[] = [];
  for (const part of running) {
    part.catch((error) => {
      failures.push(error);
      stop.abort();
    });
  }
  await Promise.allSettled(running);
  if (failures.length > 0) throw failures[0];
  const results = await Promise.all(running);
  return {
    problem,
    grid,
    noiseVariance: (await noiseVariance()) * problem.outputUnits.unit ** 2,
    notes: [...solutions.notes, ...new Set(results.flatMap(({ result }) => result.notes))],
    from: solutions.from,
    results,
  };
}

/** What a part gave before, or gives now. */
async function remembered(
  identity: object,
  checkpoint: PartCheckpoint | undefined,
  run: () => Promise<PartResult>,
): Promise<PartResult> {
  if (!checkpoint) return run();
  const { folder, resume } = checkpoint;
  const kept = await runCheckpoint<PartResult>(
    { store: fileStore(folder), resume, every: 1 },
    { where: 'study', name: 'result', identity, state: anything, done: () => 1 },
  );
  if (kept.saved) return kept.saved;
  const result = await run();
  await kept.save(result, 1);
  return result;
}

/** Variance of the noise in the network's units: the problem's, or the mean squared error that training has left. */
function noise(engine: Engine, problem: Problem, solutions: Solutions): () => Promise<number> {
  const { posterior } = problem;
  return once(async () => {
    if (posterior.noiseVariance !== 'learnt') return posterior.noiseVariance;
    const network = engine.network(0);
    try {
      return await learntNoise(network, (await solutions.swag(0)).mean(), problem);
    } finally {
      network.dispose();
    }
  });
}

/** A signal that follows another one, and can be given here too. */
function linked(signal: CancelSignal | undefined): { readonly signal: CancelSignal; abort(): void } {
  let aborted = false;
  return {
    signal: {
      get aborted() {
        return aborted || (signal?.aborted ?? false);
      },
      get reason() {
        return signal?.reason;
      },
    },
    abort: () => {
      aborted = true;
    },
  };
}

function evenly([low, high]: readonly [number, number], count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

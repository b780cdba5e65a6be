import {
  type CheckpointStore,
  type Collector,
  type Draws,
  type FitOptions,
  type FitResult,
  fit,
  gaussianLikelihood,
  isotropicGaussian,
  type LogDensity,
  linearDecay,
  logDensity,
  type SampleOptions,
  sample,
  sgd,
  type ValueAlgorithm,
  type Vector,
} from '@subspace/core';
import { lineData } from './line-data.ts';
import { linearNetwork } from './linear-network.ts';

/** A mean of weights, whose state has the shapes that checkpoints must keep: nested rows, numbers, texts. */
export function runningMean(): Collector & { readonly rows: () => readonly Float32Array[] } {
  let rows: readonly Float32Array[] = [];
  let mean = Float64Array.of(Number.NaN);
  return {
    rows: () => rows,
    collect(weights) {
      rows = [...rows, weights.slice()];
      mean = Float64Array.from(weights, (_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
    },
    state: () => ({ kind: 'running-mean', count: rows.length, mean, rows, most: Infinity }),
    restore(state) {
      if (state.kind !== 'running-mean' || state.most !== Infinity) throw new Error('not a running mean');
      rows = state.rows as Float32Array[];
      mean = state.mean as Float64Array<ArrayBuffer>;
    },
  };
}

interface State {
  readonly position: Vector;
  readonly value: number;
  readonly width: number;
}

interface WalkInfo {
  readonly accepted: boolean;
  readonly log: number;
  readonly energy: number;
  readonly divergence?: { readonly position: Vector };
}

/** Random-walk Metropolis that widens its proposals in warmup, and takes improbable ones for divergences. */
export function adaptiveWalk(target: LogDensity): ValueAlgorithm<State, WalkInfo> {
  const algorithm: ValueAlgorithm<State, WalkInfo> = {
    name: 'walk',
    options: { growth: 1.01 },
    needs: 'values',
    target,
    prior: isotropicGaussian(target.dim, 2),
    position: (state) => state.position,
    *init(_random, position) {
      return { position, value: yield position, width: 1 };
    },
    *step(random, state) {
      const position = state.position.map((x) => x + state.width * random.normal());
      const value = yield position;
      const accepted = Math.log(1 - random.uniform()) < value - state.value;
      // −∞ in an info is what JSON alone would lose.
      const info = { accepted, log: accepted ? value : -Infinity, energy: -value };
      return {
        state: accepted ? { ...state, position, value } : state,
        info: value < -6 ? { ...info, divergence: { position } } : info,
      };
    },
    *warmupStep(random, state, at) {
      const { state: next, info } = yield* algorithm.step(random, state);
      return { state: { ...next, width: next.width * (1 + 0.01 / (1 + at.index)) }, info };
    },
  };
  return algorithm;
}

export const fitOptions: FitOptions = {
  likelihood: gaussianLikelihood({ variance: 1 }),
  epochs: 40,
  batchSize: 10,
  optimizer: sgd({ momentum: 0.5, weightDecay: 1e-4 }),
  learningRate: linearDecay({ learningRate: 0.05, epochs: 40 }),
  seed: 'resume',
};

export const sampleOptions: SampleOptions = { draws: 150, warmup: 100, thin: 2, chains: 3, seed: 7 };

export interface Trained {
  readonly result: FitResult;
  readonly weights: Float32Array;
  readonly rows: readonly Float32Array[];
}

/** Trains the line with a collector, from and into a store. */
export async function train(store?: CheckpointStore, changes: Partial<FitOptions> = {}, delay = 0): Promise<Trained> {
  const network = linearNetwork(2, { delay });
  const into = runningMean();
  const result = await fit(network, lineData(103, 1), {
    ...fitOptions,
    collect: { into, from: 5, every: 3 },
    ...(store && { checkpoint: { store, every: 1, resume: true } }),
    ...changes,
  });
  return { result, weights: await network.readWeights(), rows: into.rows() };
}

/** A target of three correlated coordinates that may take its time. */
export function slowTarget(milliseconds = 0): LogDensity {
  return logDensity(3, (z) => {
    const until = performance.now() + milliseconds;
    while (performance.now() < until);
    return -0.5 * (z[0] ** 2 + (z[1] - z[0]) ** 2 + (z[2] + z[1]) ** 2 / 4);
  });
}

export function draw(
  store?: CheckpointStore,
  changes: Partial<SampleOptions> = {},
  delay = 0,
): Promise<Draws<unknown>> {
  return sample(adaptiveWalk(slowTarget(delay)), {
    ...sampleOptions,
    ...(store && { checkpoint: { store, every: 10, resume: true } }),
    ...changes,
  });
}

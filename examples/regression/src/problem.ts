import { basename, join } from 'node:path';
import { type Arrays, type Dataset, randomSource } from '@subspace/core';
import { argumentError, permutation } from '@subspace/core/internals';
import { regressionDataset, regressionFeatures, syntheticRegression } from '@subspace/datasets';
import { extent } from './extent.ts';
import { type NamedPoints, readPoints } from './points-file.ts';
import { ownData, paper } from './settings.ts';
import { identity, type Units, unitsOf } from './units.ts';

/** Points of a curve. */
export interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** What is to be learnt, and what it is to be scored on: in units of its own, of which the network sees none. */
export interface Problem {
  readonly name: string;
  readonly labels: readonly [x: string, y: string];
  readonly train: Points & { readonly data: Dataset };
  /** Held-out points where the training points are, and where they are not; only a problem whose truth is known has them. */
  readonly test?: { readonly atData: Points; readonly away: Points };
  readonly truth?: (x: number) => number;
  /** Where to draw. */
  readonly domain: readonly [number, number];
  /** What the network is given for points x. */
  inputs(x: ArrayLike<number>): Arrays;
  /** What the network's outputs are in. */
  readonly outputUnits: Units;
  /** How noise, prior and temperature are chosen. */
  readonly posterior: PosteriorSettings;
}

export interface PosteriorSettings {
  /** Variance of the noise, in the network's units; `'learnt'`: from what training leaves over. */
  readonly noiseVariance: number | 'learnt';
  readonly random: { readonly priorStd: number; readonly temperature: number };
  readonly pca: { readonly priorStd: number; readonly temperature: number };
  readonly plane: { readonly priorStd: number; readonly temperature: number };
  readonly tunnel: { readonly priorStd: number; readonly temperature: number };
}

/** The paper's settings. */
const { random, pca, plane, tunnel } = paper;
const ofPaper = { noiseVariance: paper.posteriorVariance, random, pca, plane, tunnel };

/** The paper's problem, with 400 points to test on at the clusters and 400 away from them. */
export function syntheticProblem(seed: number | string): Problem {
  const { x, y, data, test, truth } = syntheticRegression({ seed, testPoints: 400 });
  return {
    name: 'synthetic regression (400 points in three clusters)',
    labels: ['x', 'y'],
    train: { x, y, data },
    test: { atData: test!.atClusters, away: test!.awayFromClusters },
    truth,
    domain: [-10, 10],
    inputs: regressionFeatures,
    outputUnits: identity,
    posterior: ofPaper,
  };
}

/** The points that weights in a folder were trained on: its `data.npy`, in the units that the network has seen. */
export async function checkpointsProblem(folder: string): Promise<Problem> {
  const path = join(folder, 'data.npy');
  const { x, y, names } = await readPoints(path, '--checkpoints');
  return {
    name: `${path} (${x.length} points)`,
    labels: names,
    train: { x, y, data: regressionDataset(x, y) },
    domain: [-10, 10],
    inputs: regressionFeatures,
    outputUnits: identity,
    posterior: ofPaper,
  };
}

/** More points than this make a picture that is no better, and a run that takes hours. */
const MOST_POINTS = 2000;
/** Of the network's inputs before they are halved and squared: standard deviation, and the farthest from 0. As of the paper's x. */
const WIDTH = { std: 4, most: 8 };

/** Two columns x, y of a file, all rows trained on, as in the paper; of very many, a random part. */
export async function fileProblem(path: string, seed: number | string): Promise<Problem> {
  const all = await readPoints(path);
  const count = all.x.length;
  if (count < 10) throw argumentError('--data', `${path} has ${count} rows, expected at least 10`);
  const { x, y, names } = count > MOST_POINTS ? some(all, seed) : all;
  const [low, high] = spread(x, names[0], path);
  if (low === high)
    throw argumentError('--data', `${path} has the same ${names[0]} (${low}) in all rows, expected different ones`);
  spread(y, names[1], path);
  const margin = 0.2 * (high - low);
  const [xUnits, yUnits] = [unitsOf(x, WIDTH), unitsOf(y, { std: 1, most: 10 })];
  const standard = (values: ArrayLike<number>) => Float64Array.from(values, xUnits.to);
  return {
    name: `${basename(path)} (${x.length === count ? count : `${x.length} of ${count}`} points)`,
    labels: names,
    train: { x, y, data: regressionDataset(standard(x), y.map(yUnits.to)) },
    domain: [low - margin, high + margin],
    inputs: (values) => regressionFeatures(standard(values)),
    outputUnits: yUnits,
    posterior: { noiseVariance: 'learnt', ...ownData },
  };
}

/** The ends of a column whose squares are numbers, and that has more than one value or one only. */
function spread(values: Float64Array, name: string, path: string): readonly [number, number] {
  const [low, high] = extent(values);
  if (low !== high && !(high - low > 1e-100 && high - low < 1e100)) {
    throw argumentError(
      '--data',
      `${path} has ${name} from ${low} to ${high}, expected a range between 1e-100 and 1e100`,
    );
  }
  return [low, high];
}

function some({ x, y, names }: NamedPoints, seed: number | string): NamedPoints {
  const rows = permutation(x.length, randomSource(seed).fork('rows')).slice(0, MOST_POINTS);
  return { x: Float64Array.from(rows, (row) => x[row]), y: Float64Array.from(rows, (row) => y[row]), names };
}

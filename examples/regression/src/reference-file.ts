import { readFile, writeFile } from 'node:fs/promises';
import { argumentError } from '@subspace/core/internals';
import { functionEssBulk, functionRHat } from '@subspace/diagnostics';
import type { FullChain } from './full-posterior.ts';
import { bandOf, type FunctionDraws } from './function-draws.ts';

/** Chains of `fullChain` as they are committed: how it was made, how well its chains agree, and some of its functions. */
export interface Reference {
  readonly seed: number;
  readonly engine: string;
  /** In y's units squared. */
  readonly noiseVariance: number;
  readonly priorStd: number;
  readonly chains: readonly (Omit<FullChain, 'functions'> & { readonly draws: number })[];
  readonly cpuMinutes: number;
  /** The largest of all points of the grid, and the median; the same of the smallest bulk effective sample size. */
  readonly rHat: { readonly worst: number; readonly median: number };
  readonly essBulk: { readonly worst: number; readonly median: number };
  readonly grid: { readonly from: number; readonly to: number; readonly points: number };
  /** Of all draws, by point. */
  readonly rHats: readonly number[];
  readonly means: readonly number[];
  readonly stds: readonly number[];
  /** Draws, thinned evenly, in units of 10⁻⁴. */
  readonly functions: readonly (readonly number[])[];
}

const UNIT = 1e-4;
/** Functions that are kept, at most. */
const KEPT = 200;

/** @returns undefined where no run of this seed was committed */
export async function readReference(seed: number | string): Promise<Reference | undefined> {
  try {
    return JSON.parse(await readFile(referencePath(seed), 'utf8'));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw argumentError('readReference', `${referencePath(seed)} is damaged: ${(error as Error).message}`);
  }
}

export async function writeReference(path: string, reference: Reference): Promise<void> {
  const { functions, ...rest } = reference;
  // A line a function: what git shows.
  const lines = functions.map((said) => `    [${said.join(', ')}]`).join(',\n');
  const head = JSON.stringify(rest, undefined, 2).slice(0, -2);
  await writeFile(path, `${head},\n  "functions": [\n${lines}\n  ]\n}\n`);
}

/** What is kept of a run's chains: as many draws of each, at every `stride`-th point of the grid. */
export function referenceOf(
  chains: readonly FullChain[],
  facts: Pick<Reference, 'seed' | 'engine' | 'cpuMinutes' | 'noiseVariance' | 'priorStd'>,
  grid: Float64Array,
  stride: number,
): Reference {
  const kept = grid.filter((_, i) => i % stride === 0);
  const each = Math.min(...chains.map(({ functions }) => functions.length));
  const drawn = chains.map(({ functions }) =>
    functions.slice(0, each).map((said) => said.filter((_, i) => i % stride === 0)),
  );
  const all = drawn.flat();
  const rHats = functionRHat(drawn);
  const sizes = functionEssBulk(drawn);
  const { mean, std } = bandOf({ grid: kept, members: all });
  const every = Math.ceil(all.length / KEPT);
  return {
    ...facts,
    chains: chains.map(({ functions: _, ...chain }) => ({ draws: each, ...chain })),
    rHat: { worst: rounded(Math.max(...rHats), 3), median: rounded(median(rHats), 3) },
    essBulk: { worst: rounded(Math.min(...sizes), 1), median: rounded(median(sizes), 1) },
    grid: { from: kept[0], to: kept[kept.length - 1], points: kept.length },
    rHats: Array.from(rHats, (value) => rounded(value, 3)),
    means: Array.from(mean, (value) => rounded(value, 4)),
    stds: Array.from(std, (value) => rounded(value, 4)),
    functions: all
      .filter((_, i) => i % every === 0)
      .map((said) => Array.from(said, (value) => Math.round(value / UNIT) + 0)),
  };
}

export function referenceDraws({ grid: { from, to, points }, functions }: Reference): FunctionDraws {
  return {
    grid: Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1)),
    members: functions.map((said) => said.map((value) => value * UNIT)),
  };
}

function referencePath(seed: number | string): URL {
  return new URL(`../../../docs/results/full-posterior-seed-${seed}.json`, import.meta.url);
}

function median(values: Float64Array): number {
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)];
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

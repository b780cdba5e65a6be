import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bandComparison, predictiveBand } from '@subspace/plots';
import { writePng } from '@subspace/plots/node';
import { extent } from './extent.ts';
import type { MethodResult } from './method.ts';
import type { Study } from './study.ts';

/** A figure of the study: plain data. */
export interface Figure {
  /** File name without ending. */
  readonly name: string;
  /** What is drawn. */
  readonly caption: string;
  readonly svg: string;
  readonly claim?: Claim;
}

/** What a figure is to show, and whether its numbers do. */
export interface Claim {
  /** A sentence: “The band is widest away from the data.” */
  readonly says: string;
  readonly seen: boolean;
  /** The numbers that decide it: “outside 5.1 times as wide as at the data”. */
  readonly because: string;
}

/** All figures: the comparison first, then each part's. */
export function figures(study: Study): readonly Figure[] {
  const { problem, grid, results } = study;
  const data = problem.train;
  const [xLabel, yLabel] = problem.labels;
  const truth = problem.truth && grid.map(problem.truth);
  const all = results.flatMap(({ result }) => result.methods);
  const yDomain = verticalDomain(study, all);
  const shared = { data, xLabel, yLabel, yDomain };
  const band = ({ name, prediction }: MethodResult): Figure => ({
    name: `band-${slug(name)}`,
    caption: `${name}: mean, ±1, 2, 3 sd of the model, and draws.`,
    svg: predictiveBand({ x: grid, prediction, truth, title: name, noise: false, ...shared }),
  });
  const panels = all.map(({ name, prediction }) => ({ label: name, x: grid, prediction, truth }));
  return [
    {
      name: 'bands',
      caption: 'One problem, and how sure the network is by each method.',
      svg: bandComparison({ panels, noise: false, ...shared }),
    },
    ...results.flatMap(({ result }) => [...result.methods.map(band), ...result.figures]),
  ];
}

/** Writes each figure as SVG and PNG; files appear whole or not at all. */
export async function writeFigures(all: readonly Figure[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, svg } of all) {
    await writeWhole(join(folder, `${name}.svg`), svg);
    await writePng(svg, join(folder, `${name}.png`));
  }
}

export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

/** From the data and the means, with room for the bands, but not for a band that runs away. */
function verticalDomain({ problem }: Study, methods: readonly MethodResult[]): readonly [number, number] {
  const ends = [problem.train.y, ...methods.map(({ prediction }) => prediction.mean)].map(extent);
  const [low, high] = [extent(ends.map(([low]) => low))[0], extent(ends.map(([, high]) => high))[1]];
  const room = 0.35 * (high - low);
  return [low - room, high + room];
}

/** A name as a file's. */
export function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

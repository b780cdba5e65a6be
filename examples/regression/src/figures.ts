import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bandComparison, posteriorSurface, predictiveBand, tracePlot } from '@subspace/plots';
import { writePng } from '@subspace/plots/node';
import { extent } from './extent.ts';
import type { MethodResult, Study } from './study.ts';

/** A figure of the study. */
export interface Figure {
  /** File name without ending. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

/** All figures: the comparison first, then one band per method, then what the samplers did. */
export function figures(study: Study): readonly Figure[] {
  const { problem, grid, methods, surfaces } = study;
  const data = problem.train;
  const [xLabel, yLabel] = problem.labels;
  const truth = problem.truth && grid.map(problem.truth);
  const yDomain = verticalDomain(study);
  const band = ({ name, prediction }: MethodResult): Figure => ({
    name: `band-${slug(name)}`,
    caption: `${name}: mean, ±1, 2, 3 sd of the model, the band with noise, and draws.`,
    svg: predictiveBand({ x: grid, prediction, data, truth, title: name, xLabel, yLabel, yDomain }),
  });
  const traces = methods.flatMap(({ name, sampling }) =>
    sampling
      ? [
          {
            name: `trace-${slug(name)}`,
            caption: `${name}: what each chain drew, coordinate by coordinate.`,
            svg: tracePlot(sampling.draws, { title: name }),
          },
        ]
      : [],
  );
  return [
    {
      name: 'bands',
      caption: 'One problem, and how sure the network is by each method.',
      svg: bandComparison({
        panels: methods.map(({ name, prediction }) => ({ label: name, x: grid, prediction, truth })),
        data,
        xLabel,
        yLabel,
        yDomain,
      }),
    },
    ...methods.map(band),
    ...surfaces.map(({ kind, method, draws, logDensity }) => ({
      name: `posterior-${slug(kind)}`,
      caption: `The posterior over ${kind === 'curve' ? 'the plane of the curve' : `the first two coordinates of the ${kind} subspace (the others at 0)`}, and draws of all chains.`,
      svg: posteriorSurface({
        ...logDensity,
        draws: thinned(draws.positions.flat(), 800),
        title: method,
        xLabel: 'z₁',
        yLabel: 'z₂',
      }),
    })),
    ...traces,
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

/** At most `count` of the items, evenly: more dots would hide the surface. */
function thinned<A>(items: readonly A[], count: number): readonly A[] {
  const stride = Math.ceil(items.length / count);
  return items.filter((_, i) => i % stride === 0);
}

/** From the data and the means, with room for the bands, but not for a band that runs away. */
function verticalDomain({ problem, methods }: Study): readonly [number, number] {
  const ends = [problem.train.y, ...methods.map(({ prediction }) => prediction.mean)].map(extent);
  const [low, high] = [extent(ends.map(([low]) => low))[0], extent(ends.map(([, high]) => high))[1]];
  const room = 0.35 * (high - low);
  return [low - room, high + room];
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

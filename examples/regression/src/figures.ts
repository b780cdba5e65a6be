import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bandComparison } from '@subspace/plots';
import { writePng } from '@subspace/plots/node';
import { comparisonClaim, sectionClaim } from './claims.ts';
import { extent } from './extent.ts';
import type { MethodResult } from './method.ts';
import { oursFigure } from './ours-part.ts';
import type { Problem } from './problem.ts';
import type { Study } from './study.ts';

/** A figure of the study: plain data. */
export interface Figure {
  /** File name without ending. */
  readonly name: string;
  /** What is drawn. */
  readonly caption: string;
  readonly svg: string;
  readonly claim?: Claim;
  /** Whether it is written as PNG, too. */
  readonly png?: boolean;
}

/** What a figure is to show, and whether its numbers do. */
export interface Claim {
  /** A sentence without its full stop: “The band is widest away from the data”. */
  readonly says: string;
  readonly seen: boolean;
  /** The numbers that decide it. */
  readonly because: string;
}

/** Figures under a heading. */
export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** The methods of the picture that comes first, as far as they are there. */
const first = ['SGD', 'Random subspace + ESS', 'PCA subspace + ESS', 'Curve plane + ESS', 'Tunnel + ESS'];

/** The comparison first, then each section's bands side by side, and what else its parts have to show. */
export function sections({ problem, grid, results }: Study): readonly Section[] {
  const all = results.flatMap(({ result }) => result.methods);
  const chosen = first.flatMap((wanted) => all.filter(({ name }) => name === wanted));
  const [xLabel, yLabel] = problem.labels;
  const truth = problem.truth && grid.map(problem.truth);
  const bands = (name: string, methods: readonly MethodResult[], caption: string, noise: boolean, claim?: Claim) => ({
    name,
    caption,
    claim,
    png: true,
    svg: bandComparison({
      panels: methods.map(({ name, prediction }) => ({ label: name, x: grid, prediction, truth })),
      data: problem.train,
      noise,
      samplePaths: noise ? 0 : 8,
      xLabel,
      yLabel,
      yDomain: verticalDomain(problem, truth, methods, noise),
    }),
  });
  const compared = chosen.length > 1 ? chosen : all;
  const comparison = {
    title: 'Side by side',
    // Of `ours` alone there is nothing to compare here.
    figures:
      all.length === 0
        ? []
        : [
            bands(
              'bands',
              compared,
              'Mean, ±1, 2, 3 sd of the model (noise left out), and draws.',
              false,
              comparisonClaim(compared),
            ),
            bands(
              'bands-with-noise',
              compared,
              'The same with the noise of the posterior: where observations are to be expected.',
              true,
            ),
          ],
  };
  const titles = [...new Set(results.map(({ section }) => section))];
  return [
    comparison,
    ...titles.map((title) => {
      const parts = results.filter(({ section }) => section === title).map(({ result }) => result);
      const methods = parts.flatMap((part) => part.methods);
      const caption = 'Mean, ±1, 2, 3 sd of the model (noise left out), and draws.';
      const own =
        methods.length > 0
          ? [bands(`bands-${slug(title)}`, methods, caption, false, sectionClaim(title, methods))]
          : [];
      const right = parts.flatMap(({ ours = [] }) => ours);
      const ours = right.length > 0 ? [oursFigure(right, problem)] : [];
      return { title, figures: [...own, ...ours, ...parts.flatMap(({ figures }) => figures)] };
    }),
  ];
}

/** Writes each figure as SVG, and as PNG where it is wanted; files appear whole or not at all. */
export async function writeFigures(all: readonly Figure[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, svg, png } of all) {
    await writeWhole(join(folder, `${name}.svg`), svg);
    if (png) await writePng(svg, join(folder, `${name}.png`));
  }
}

export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text);
  await rename(`${path}.part`, path);
}

/** What the bands take: of two standard deviations, so that one that runs away does not flatten all; with noise, of what the noise adds. */
function verticalDomain(
  { train }: Problem,
  truth: ArrayLike<number> | undefined,
  methods: readonly MethodResult[],
  noise: boolean,
): readonly [number, number] {
  const edges = methods.flatMap(({ prediction: { mean, variance, epistemicVariance } }) =>
    [-2, 2].map((sign) => mean.map((value, i) => value + sign * Math.sqrt((noise ? variance : epistemicVariance)[i]))),
  );
  const ends = [train.y, ...(truth ? [truth] : []), ...edges].map(extent);
  const [low, high] = [extent(ends.map(([low]) => low))[0], extent(ends.map(([, high]) => high))[1]];
  const room = 0.05 * (high - low) || 1;
  return [low - room, high + room];
}

/** A name as a file's. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

import {
  type BandPanel,
  type BandPanelOptions,
  bandData,
  bandExtent,
  bandPanel,
  requireDomain,
  requireSamplePaths,
  type XY,
} from './band-panel.ts';

/** What every figure of bands takes. */
export interface BandFigureOptions {
  /** Shown in every panel. */
  readonly data?: XY;
  /** How many draws to show as thin lines, if the prediction has its members; 12 by default, 8 in each panel of a comparison. */
  readonly samplePaths?: number;
  /** Whether to show the band with noise; true by default. */
  readonly noise?: boolean;
  readonly title?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** In pixels; 900 by default. */
  readonly width?: number;
  /** In pixels; 440 by default, and 230 a row of a comparison. */
  readonly height?: number;
  /** What the axes span; everything by default. */
  readonly xDomain?: readonly [number, number];
  readonly yDomain?: readonly [number, number];
}

export const bandFigureOptions: readonly string[] = [
  'data',
  'samplePaths',
  'noise',
  'title',
  'xLabel',
  'yLabel',
  'width',
  'height',
  'xDomain',
  'yDomain',
];

/** What a figure of bands shows, checked. */
export interface BandContents {
  readonly panels: readonly BandPanel[];
  readonly data: readonly { readonly x: number; readonly y: number }[];
  readonly noise: boolean;
  readonly xDomain: readonly [number, number];
  readonly yDomain: readonly [number, number];
}

/** @param panels with the names that errors have in front of theirs */
export function bandContents(
  where: string,
  panels: readonly { readonly name: string; readonly panel: BandPanelOptions }[],
  options: BandFigureOptions,
  samplePaths: number,
): BandContents {
  requireDomain(where, 'xDomain', options.xDomain);
  requireDomain(where, 'yDomain', options.yDomain);
  requireSamplePaths(
    where,
    options.samplePaths,
    panels.map(({ panel }) => panel),
  );
  const { noise = true } = options;
  const checked = panels.map(({ name, panel }) => bandPanel(where, name, panel, options.samplePaths ?? samplePaths));
  const data = bandData(where, options.data);
  const extent = bandExtent(checked, data, noise);
  return { panels: checked, data, noise, xDomain: options.xDomain ?? extent.x, yDomain: options.yDomain ?? extent.y };
}

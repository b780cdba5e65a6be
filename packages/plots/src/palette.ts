/** Colours that stay apart for colour-blind readers and in grey: Okabe and Ito's set, and blues of rising lightness. */
export interface Palette {
  readonly ink: string;
  readonly muted: string;
  readonly grid: string;
  readonly mean: string;
  /** Of ±1, ±2 and ±3 standard deviations: darkest first. */
  readonly bands: readonly string[];
  readonly noise: string;
  readonly data: string;
  readonly truth: string;
  /** Of a curve on a surface, and of the lines between the surface's levels. */
  readonly curve: string;
  readonly contour: string;
  readonly chains: readonly string[];
  /** From the lowest density to the highest. */
  readonly surface: readonly string[];
}

export const palette: Palette = {
  ink: '#1f2937',
  muted: '#4b5563',
  grid: '#e5e7eb',
  mean: '#08306b',
  bands: ['#6baed6', '#a6cee6', '#d6e6f4'],
  noise: '#6b7280',
  data: '#d55e00',
  truth: '#009e73',
  curve: '#000000',
  contour: '#9fb3c8',
  chains: ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#000000', '#b8a900'],
  surface: [
    '#ffffff',
    '#f1f6fb',
    '#e3eef8',
    '#d0e2f1',
    '#b7d4ea',
    '#94c4df',
    '#6aaed6',
    '#4292c6',
    '#2474b5',
    '#0d58a1',
    '#08306b',
  ],
};

export { type BandComparisonOptions, bandComparison, type ComparisonPanel } from './band-comparison.ts';
export type { BandFigureOptions } from './band-figure.ts';
export type { BandPrediction, XY } from './band-panel.ts';
export { type PosteriorSurfaceOptions, posteriorSurface, type SurfacePoint } from './posterior-surface.ts';
export { type PredictiveBandOptions, predictiveBand } from './predictive-band.ts';
export { type TracePlotOptions, tracePlot } from './trace-plot.ts';

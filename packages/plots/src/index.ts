export { type BandComparisonOptions, bandComparison, type ComparisonPanel } from './band-comparison.ts';
export type { BandFigureOptions } from './band-figure.ts';
export type { BandPrediction, XY } from './band-panel.ts';
export {
  type CurveEvaluationFigureOptions,
  type CurveScore,
  type CurveScores,
  curveEvaluationFigure,
  type PathScores,
} from './curve-evaluation-figure.ts';
export { type LossAlongRaysFigureOptions, lossAlongRaysFigure, type SolutionRays } from './loss-along-rays-figure.ts';
export { type LossPlaneFigureOptions, type LossPlaneGrid, lossPlaneFigure } from './loss-plane-figure.ts';
export type { PlaneOverlay, SurfacePoint } from './plane-overlay.ts';
export { type PosteriorSurfaceOptions, posteriorSurface } from './posterior-surface.ts';
export { type PredictiveBandOptions, predictiveBand } from './predictive-band.ts';
export { type Reliability, type ReliabilityDiagramOptions, reliabilityDiagram } from './reliability-diagram.ts';
export type { SurfaceFigureOptions } from './surface-figure.ts';
export { type TracePlotOptions, tracePlot } from './trace-plot.ts';

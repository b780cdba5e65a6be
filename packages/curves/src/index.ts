export { bezierCurve } from './bezier-curve.ts';
export type { Curve } from './curve.ts';
export { loadCurve, saveCurve } from './curve-file.ts';
export { type CurveSubspace, type CurveTriple, curveSubspace } from './curve-subspace.ts';
export { type CurveEvaluation, type EvaluateCurveOptions, evaluateCurve } from './evaluate-curve.ts';
export {
  type FastGeometricEnsemble,
  type FastGeometricEnsembleOptions,
  fastGeometricEnsemble,
} from './fast-geometric-ensemble.ts';
export { type FitCurveOptions, type FittedCurve, fitCurve } from './fit-curve.ts';
export { type LossAlongRaysOptions, lossAlongRays, type RayLosses } from './loss-along-rays.ts';
export { type Grid, type LossPlaneOptions, lossPlane } from './loss-plane.ts';
export { polygonalCurve } from './polygonal-curve.ts';
export type { Measured, Profile } from './profile.ts';
export type { LossOptions } from './subspace-losses.ts';
export { restoreTunnel, type TunnelOptions, tunnelSubspace } from './tunnel-subspace.ts';
export type { ScoreOptions } from './weight-scores.ts';

export { bezierCurve } from './bezier-curve.ts';
export type { Curve } from './curve.ts';
export { type CurveSubspace, type CurveTriple, curveSubspace } from './curve-subspace.ts';
export { type FitCurveOptions, type FittedCurve, fitCurve } from './fit-curve.ts';
export { polygonalCurve } from './polygonal-curve.ts';
export { restoreTunnel, type TunnelOptions, tunnelSubspace } from './tunnel-subspace.ts';

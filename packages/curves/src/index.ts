export { bezierCurve } from './bezier-curve.ts';
export type { Curve } from './curve.ts';
export { polygonalCurve } from './polygonal-curve.ts';

export { type EllipticalSliceInfo, type EllipticalSliceState, ellipticalSlice } from './elliptical-slice.ts';

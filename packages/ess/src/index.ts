export {
  type EllipticalSliceInfo,
  type EllipticalSliceState,
  ellipticalSlice,
  type GaussianPriorPosterior,
} from './elliptical-slice.ts';

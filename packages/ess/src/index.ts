export {
  type EllipticalSliceInfo,
  type EllipticalSliceState,
  ellipticalSlice,
  type GaussianPriorPosterior,
} from './elliptical-slice.ts';
export {
  type SliceWithinGibbsInfo,
  type SliceWithinGibbsOptions,
  type SliceWithinGibbsState,
  sliceWithinGibbs,
} from './slice-within-gibbs.ts';

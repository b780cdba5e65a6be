import type { Arrays } from './dataset.ts';

/** Arrays whose numbers are float32. */
export interface FloatArrays extends Arrays {
  readonly data: Float32Array;
}

import type { Arrays } from '@subspace/core';

/** Arrays whose numbers are float32: all that this package makes. */
export interface FloatArrays extends Arrays {
  readonly data: Float32Array;
}

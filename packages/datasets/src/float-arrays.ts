export type { FloatArrays } from '@subspace/core';

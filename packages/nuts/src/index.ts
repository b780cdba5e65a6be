export type { Vector } from '@subspace/core';

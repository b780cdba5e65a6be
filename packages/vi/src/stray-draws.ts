import type { Vector } from '@subspace/core';

/** A gradient that is so many times as long as the median one is shortened to that. */
export const STRAY_SLOPE = 100;

/** A log ratio that lies so many median deviations below the median, and more than so many nats, counts as one that lies there. */
const [STRAY_DEVIATIONS, STRAY_NATS] = [100, 1000];

/** The least log ratio log p − log q that a draw may have beside the others: one draw far out says nothing of the approximation but that it is too wide. */
export function leastRatio(ratios: readonly number[]): number {
  const middle = median(ratios);
  const deviation = median(ratios.map((ratio) => Math.abs(ratio - middle)));
  return middle - Math.max(STRAY_DEVIATIONS * deviation, STRAY_NATS);
}

/** The upper one of two; NaN of nothing. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  return Float64Array.from(values).sort()[Math.floor(values.length / 2)];
}

export function norm(v: Vector): number {
  return Math.hypot(...v);
}

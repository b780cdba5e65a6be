/** Where a point is, as the training inputs lie. */
export type Place = 'at data' | 'between' | 'outside';

/** A point is at the data if a training input is within this share of their range. */
const NEAR = 0.02;

/** Tells whether a point is at the data, between its clusters, or outside of its range. */
export function placesOf(trainX: ArrayLike<number>): (x: number) => Place {
  const sorted = Float64Array.from(trainX).sort();
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  const reach = NEAR * (high - low);
  return (x) => {
    if (sorted.some((at) => Math.abs(at - x) <= reach)) return 'at data';
    return x > low && x < high ? 'between' : 'outside';
  };
}

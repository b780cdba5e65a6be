/** Steps of warmup, from `start` to `end`, both inclusive, counted from 0. */
export interface WarmupWindow {
  readonly start: number;
  readonly end: number;
}

/** Stan's sizes of the first buffer, the last one, and the first window between them. */
const [FIRST, LAST, WINDOW] = [75, 50, 25];

/**
 * Stan's schedule of a warmup: a buffer in which only the step size is adapted, windows that double, after each of which the covariance of its
 * draws becomes the mass matrix, and a last buffer for the step size. A warmup that is too short for them is cut 15 : 75 : 10; with less than 20 steps
 * it is one buffer. A window that would leave less than twice its size takes what is left (as in NumPyro, where Stan leaves one step over).
 *
 * @see Stan Reference Manual, "HMC algorithm parameters", Automatic parameter tuning
 */
export function warmupWindows(steps: number): readonly WarmupWindow[] {
  if (steps < 20) return [{ start: 0, end: steps - 1 }];
  const short = steps < FIRST + WINDOW + LAST;
  const first = short ? Math.floor(0.15 * steps) : FIRST;
  const last = steps - (short ? Math.floor(0.1 * steps) : LAST);
  const windows: WarmupWindow[] = [{ start: 0, end: first - 1 }];
  let size = short ? last - first : WINDOW;
  for (let start = first; start < last; size *= 2) {
    const next = 3 * size <= last - start ? start + size : last;
    windows.push({ start, end: next - 1 });
    start = next;
  }
  windows.push({ start: last, end: steps - 1 });
  return windows;
}

/** A place in pixels. */
interface Place {
  readonly x: number;
  readonly y: number;
}

interface Frame {
  readonly width: number;
  readonly height: number;
}

/** Whether a place is in the frame, or not farther from it than the frame is long: resvg ends the process at shapes far outside of a picture. */
export function isNearFrame({ x, y }: Place, { width, height }: Frame): boolean {
  return x >= -width && x <= 2 * width && y >= -height && y <= 2 * height;
}

/**
 * The parts of a line that are near the frame, with a row of NaN wherever the line leaves it.
 *
 * @see Liang & Barsky (1984), "A new concept and method for line clipping"
 */
export function clippedLine(
  points: readonly ArrayLike<number>[],
  pixel: (x: number, y: number) => Place,
  { width, height }: Frame,
): readonly (readonly [x: number, y: number])[] {
  const kept: [number, number][] = [];
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const [from, to] = [pixel(a[0], a[1]), pixel(b[0], b[1])];
    const [right, down] = [to.x - from.x, to.y - from.y];
    let [enters, leaves] = [0, 1];
    for (const [speed, room] of [
      [-right, from.x + width],
      [right, 2 * width - from.x],
      [-down, from.y + height],
      [down, 2 * height - from.y],
    ]) {
      if (speed < 0) enters = Math.max(enters, room / speed);
      else if (speed > 0) leaves = Math.min(leaves, room / speed);
      else if (room < 0) leaves = -1;
    }
    if (enters > leaves) continue;
    const at = (t: number): [number, number] =>
      t === 1 ? [b[0], b[1]] : [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
    if (enters > 0 || kept.length === 0 || Number.isNaN(kept[kept.length - 1][0])) kept.push(at(enters));
    kept.push(at(leaves));
    if (leaves < 1) kept.push([Number.NaN, Number.NaN]);
  }
  return kept;
}

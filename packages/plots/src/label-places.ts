import { fontSize, textWidth } from './text-width.ts';

/** A label beside a point: where its middle is, in pixels from the point. */
export interface LabelPlace {
  readonly dx: number;
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** From a point to its label, and half of the point itself. */
const distance = 8;

/** Pixels of the labels' bold type for each of `textWidth`. */
export const boldLabelWidth = 1.22;

/** Half of an obstacle. */
const near = 3;

/**
 * Places for the labels of points, all in pixels: over the point, under it, right or left of it, whichever hides least of other labels, points and obstacles (a
 * curve, say) and is inside of the frame.
 */
export function labelPlaces(
  points: readonly { readonly lines: readonly string[]; readonly x: number; readonly y: number }[],
  obstacles: readonly { readonly x: number; readonly y: number }[],
  frame: { readonly width: number; readonly height: number },
): LabelPlace[] {
  const hiding = obstacles.map(({ x, y }) => around(x, y, near, near));
  const taken: Box[] = points.map(({ x, y }) => around(x, y, distance, distance));
  return points.map(({ lines, x, y }, i) => {
    const halfWidth = (boldLabelWidth * Math.max(...lines.map(textWidth))) / 2;
    const halfHeight = 0.65 * fontSize * lines.length;
    const [beside, above] = [distance + halfWidth + 2, distance + halfHeight];
    const places = [[0, -above], [0, above], [beside, 0], [-beside, 0]].map(([dx, dy]) => ({ dx, dy })); // biome-ignore format: one line
    const box = ({ dx, dy }: LabelPlace) => around(x + dx, y + dy, halfWidth, halfHeight);
    const others = [...hiding, ...taken.filter((_, j) => j !== i)];
    const hidden = (place: LabelPlace) =>
      others.reduce((sum, other) => sum + overlap(box(place), other), outside(box(place), frame));
    const best = places.reduce((a, b) => (hidden(b) < hidden(a) ? b : a));
    taken.push(box(best));
    return best;
  });
}

function around(x: number, y: number, halfWidth: number, halfHeight: number): Box {
  return { left: x - halfWidth, top: y - halfHeight, right: x + halfWidth, bottom: y + halfHeight };
}

/** Square pixels. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

function outside(box: Box, { width, height }: { readonly width: number; readonly height: number }): number {
  const area = (box.right - box.left) * (box.bottom - box.top);
  return area - overlap(box, { left: 0, top: 0, right: width, bottom: height });
}

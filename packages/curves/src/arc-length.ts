/** Gauss–Legendre nodes and weights on [−1, 1], eight points; the negative nodes mirror these. */
const NODES = [0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
const WEIGHTS = [0.362683783378362, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];

/** Of the whole curve's length: what two halves may differ by from their sum. */
const TOLERANCE = 1e-13;

/** Arc length from 0, and back: where a piece begins, and what has been travelled until then. */
export interface ArcLength {
  length(to: number): number;
  timeAt(length: number): number;
}

/**
 * Arc length of a smooth curve from its speed: pieces are halved until eight Gauss–Legendre points are enough for each; times are sought by bisection and
 * Newton's steps within a piece.
 */
export function arcLength(speed: (t: number) => number): ArcLength {
  const gauss = (from: number, to: number): number => {
    const [middle, half] = [(from + to) / 2, (to - from) / 2];
    let sum = 0;
    for (let i = 0; i < 4; i++) sum += WEIGHTS[i] * (speed(middle - half * NODES[i]) + speed(middle + half * NODES[i]));
    return half * sum;
  };
  const starts = [0];
  const travelled = [0];
  const scale = gauss(0, 1);
  const divide = (from: number, to: number, whole: number, depth: number): void => {
    const middle = (from + to) / 2;
    const [left, right] = [gauss(from, middle), gauss(middle, to)];
    if (depth > 0 && Math.abs(left + right - whole) > TOLERANCE * scale) {
      divide(from, middle, left, depth - 1);
      divide(middle, to, right, depth - 1);
    } else {
      starts.push(to);
      travelled.push(travelled[travelled.length - 1] + left + right);
    }
  };
  divide(0, 1, scale, 30);

  const pieceOf = (value: number, bounds: readonly number[]): number => {
    let [low, high] = [0, bounds.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (bounds[middle] <= value) low = middle;
      else high = middle;
    }
    return low;
  };
  const within = (piece: number, to: number): number => {
    const middle = (starts[piece] + to) / 2;
    return gauss(starts[piece], middle) + gauss(middle, to);
  };
  return {
    length(to) {
      if (to === 1) return travelled[travelled.length - 1];
      const piece = pieceOf(to, starts);
      return travelled[piece] + within(piece, to);
    },
    timeAt(length) {
      if (length <= 0) return 0;
      if (length >= travelled[travelled.length - 1]) return 1;
      const piece = pieceOf(length, travelled);
      const rest = length - travelled[piece];
      let [low, high] = [starts[piece], starts[piece + 1]];
      let t = low + ((high - low) * rest) / (travelled[piece + 1] - travelled[piece]);
      for (let i = 0; i < 60; i++) {
        const off = within(piece, t) - rest;
        if (off > 0) high = t;
        else low = t;
        const newton = t - off / speed(t);
        const next = newton > low && newton < high ? newton : (low + high) / 2;
        if (Math.abs(next - t) <= 1e-15) return next;
        t = next;
      }
      return t;
    },
  };
}

import { argumentError, requireFinite, requireLength } from '@subspace/core/internals';

/** Values over a grid of the plane: bilinear between the grid's points, which need not be evenly spaced. */
export interface SurfaceGrid {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** [Y, X] row major. */
  readonly values: ArrayLike<number>;
}

/** Throws unless x and y rise and there is a value for each point; `name` is what the values are called. */
export function requireSurfaceGrid(where: string, name: string, { x, y, values }: SurfaceGrid): void {
  requireRising(where, 'x', x);
  requireRising(where, 'y', y);
  requireLength(where, name, values ?? [], x.length * y.length);
}

function requireRising(where: string, name: string, values: ArrayLike<number>): void {
  if (!(values?.length >= 2)) {
    throw argumentError(where, `${name} has length ${values?.length}, expected at least 2 grid points`);
  }
  requireFinite(where, name, values);
  for (let i = 1; i < values.length; i++) {
    if (!(values[i] > values[i - 1])) {
      throw argumentError(where, `${name}[${i}] is ${values[i]} after ${values[i - 1]}, expected rising values`);
    }
  }
}

export function bilinear({ x, y, values }: SurfaceGrid): (x: number, y: number) => number {
  const at = (row: number, column: number) => values[row * x.length + column];
  return (px, py) => {
    const [i, s] = cell(x, px);
    const [j, t] = cell(y, py);
    return (1 - t) * ((1 - s) * at(j, i) + s * at(j, i + 1)) + t * ((1 - s) * at(j + 1, i) + s * at(j + 1, i + 1));
  };
}

/** The interval of the grid that holds a value, and how far into it the value lies, in [0, 1]. */
function cell(grid: ArrayLike<number>, value: number): [number, number] {
  let [low, high] = [0, grid.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (grid[middle] <= value) low = middle;
    else high = middle;
  }
  return [low, Math.min(1, Math.max(0, (value - grid[low]) / (grid[low + 1] - grid[low])))];
}

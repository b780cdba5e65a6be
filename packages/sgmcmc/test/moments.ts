import { mcseMean } from '@subspace/diagnostics';
import type { WeightDraws } from '@subspace/sgmcmc';

/** Mean, and mean square about a centre, of one weight, with their Monte-Carlo standard errors. */
export function moments({ members }: WeightDraws, weight: number, centre: number) {
  const values = Float64Array.from(members, (member) => member[weight]);
  const squares = values.map((value) => (value - centre) ** 2);
  const average = (of: Float64Array) => of.reduce((sum, value) => sum + value, 0) / of.length;
  return {
    mean: average(values),
    meanError: mcseMean([values]),
    variance: average(squares),
    varianceError: mcseMean([squares]),
  };
}

/** The slope of a straight line through points, by least squares. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const [x, y] = [0, 1].map((i) => points.reduce((sum, point) => sum + point[i], 0) / points.length);
  const products = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return products / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

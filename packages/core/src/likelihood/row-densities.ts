import { argumentError } from '../argument.ts';
import type { Arrays } from '../data/dataset.ts';
import type { Likelihood } from './likelihood.ts';

/** log p of each row [N] in float64, from outputs [N, …] and targets [N, …]. */
export function rowDensities(likelihood: Likelihood, outputs: Arrays, targets: Arrays): Float64Array {
  const rows = outputs.shape[0];
  if (targets.shape[0] !== rows)
    throw argumentError('likelihood', `targets have ${targets.shape[0]} rows, expected ${rows}`);
  const width = outputs.data.length / rows;
  const targetWidth = targets.data.length / rows;
  const row = new Float64Array(width);
  return Float64Array.from({ length: rows }, (_, i) => {
    for (let j = 0; j < width; j++) row[j] = outputs.data[i * width + j];
    return likelihood.logDensity(row, targets.data.subarray(i * targetWidth, (i + 1) * targetWidth));
  });
}

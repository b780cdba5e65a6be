import { type BundledData, numbers } from './bundled-data.ts';

export type { BundledData as YachtData } from './bundled-data.ts';

/**
 * Yacht hydrodynamics: the residuary resistance of 22 sailing hulls at 14 speeds each, 308 rows of 6 features.
 *
 * From the UCI Machine Learning Repository: Gerritsma, J., Onnink, R., Versluis, A., "Yacht Hydrodynamics", 1981,
 * https://doi.org/10.24432/C5XG7R, licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). The rows and their order are those of the
 * original file; only the way they are written down here is changed (one line per hull).
 *
 * @returns new arrays at every call, the caller's to change
 * @example
 * ```ts
 * import { arraysDataset } from '@subspace/core';
 * import { splits, standardize } from '@subspace/datasets';
 * import { yacht } from '@subspace/datasets/yacht';
 *
 * const { inputs, targets, featureNames } = yacht();
 * featureNames[5]; // 'Froude number'
 * const [{ train }] = splits(308, { seed: 1, count: 1 });
 * const data = arraysDataset({
 *   inputs: standardize(inputs, { rows: train }).arrays,
 *   targets: standardize(targets, { rows: train }).arrays,
 * });
 * data.size; // 308
 * ```
 */
export function yacht(): BundledData {
  const froude = numbers(FROUDE_NUMBERS);
  const inputs: number[] = [];
  const targets: number[] = [];
  for (const line of HULLS.split('\n')) {
    const [hull, resistances] = line.split(' | ').map(numbers);
    froude.forEach((speed, k) => {
      inputs.push(...hull, speed);
      targets.push(resistances[k]);
    });
  }
  return {
    inputs: { data: Float32Array.from(inputs), shape: [targets.length, 6] },
    targets: { data: Float32Array.from(targets), shape: [targets.length, 1] },
    featureNames: [
      'longitudinal position of the center of buoyancy',
      'prismatic coefficient',
      'length-displacement ratio',
      'beam-draught ratio',
      'length-beam ratio',
      'Froude number',
    ],
    targetName: 'residuary resistance per unit weight of displacement',
    attribution:
      'Gerritsma, J., Onnink, R., Versluis, A. (1981). Yacht Hydrodynamics. UCI Machine Learning Repository. https://doi.org/10.24432/C5XG7R. CC BY 4.0.',
  };
}

const FROUDE_NUMBERS = '0.125 0.150 0.175 0.200 0.225 0.250 0.275 0.300 0.325 0.350 0.375 0.400 0.425 0.450';

/** Per hull the first five features, then the resistance at each Froude number. */
const HULLS = `-2.3 0.568 4.78 3.99 3.17 | 0.11 0.27 0.47 0.78 1.18 1.82 2.61 3.76 4.99 7.16 11.93 20.11 32.75 49.49
-2.3 0.569 4.78 3.04 3.64 | 0.04 0.17 0.37 0.66 1.06 1.59 2.33 3.29 4.61 7.11 11.99 21.09 35.01 51.80
-2.3 0.565 4.78 5.35 2.76 | 0.09 0.29 0.56 0.86 1.31 1.99 2.94 4.21 5.54 8.25 13.08 21.40 33.14 50.14
-2.3 0.564 5.10 3.95 3.53 | 0.20 0.35 0.65 0.93 1.37 1.97 2.83 3.99 5.19 8.03 12.86 21.51 33.97 50.36
-2.4 0.574 4.36 3.96 2.76 | 0.20 0.35 0.65 0.93 1.37 1.97 2.83 3.99 5.19 8.03 12.86 21.51 33.97 50.36
-2.4 0.568 4.34 2.98 3.15 | 0.12 0.26 0.43 0.69 1.09 1.67 2.46 3.43 4.62 6.86 11.56 20.63 34.50 54.23
-2.3 0.562 5.14 4.95 3.17 | 0.28 0.44 0.70 1.07 1.57 2.23 3.09 4.09 5.82 8.28 12.80 20.41 32.34 47.29
-2.4 0.585 4.78 3.84 3.32 | 0.20 0.38 0.64 0.97 1.36 1.98 2.91 4.35 5.79 8.04 12.15 19.18 30.09 44.38
-2.2 0.546 4.78 4.13 3.07 | 0.15 0.32 0.55 0.86 1.24 1.76 2.49 3.45 4.83 7.37 12.76 21.99 35.64 53.07
0.0 0.565 4.77 3.99 3.15 | 0.11 0.24 0.49 0.79 1.28 1.96 2.88 4.14 5.96 9.07 14.93 24.13 38.12 55.44
-5.0 0.565 4.77 3.99 3.15 | 0.07 0.18 0.40 0.70 1.14 1.83 2.77 4.12 5.41 7.87 12.71 21.02 34.58 51.77
0.0 0.565 5.10 3.94 3.51 | 0.08 0.26 0.50 0.83 1.28 1.90 2.68 3.76 5.57 8.76 14.24 23.05 35.46 51.99
-5.0 0.565 5.10 3.94 3.51 | 0.08 0.24 0.45 0.77 1.19 1.76 2.59 3.85 5.27 7.74 12.40 20.91 33.23 49.14
-2.3 0.530 5.11 3.69 3.51 | 0.08 0.25 0.46 0.75 1.11 1.57 2.17 2.98 4.42 7.84 14.11 24.14 37.95 55.17
-2.3 0.530 4.76 3.68 3.16 | 0.10 0.23 0.47 0.76 1.15 1.65 2.28 3.09 4.41 7.51 13.77 23.96 37.38 56.46
-2.3 0.530 4.34 2.81 3.15 | 0.05 0.17 0.35 0.63 1.01 1.43 2.05 2.73 3.87 7.19 13.96 25.18 41.34 62.42
0.0 0.600 4.78 4.24 3.15 | 0.03 0.18 0.40 0.73 1.30 2.16 3.35 5.06 7.14 10.36 15.25 23.15 34.62 51.50
-5.0 0.600 4.78 4.24 3.15 | 0.06 0.15 0.34 0.63 1.13 1.85 2.84 4.34 6.20 8.62 12.49 20.41 32.46 50.94
0.0 0.530 4.78 3.75 3.15 | 0.16 0.32 0.59 0.92 1.37 1.94 2.62 3.70 5.45 9.45 16.31 27.34 41.77 60.85
-5.0 0.530 4.78 3.75 3.15 | 0.09 0.24 0.47 0.78 1.21 1.85 2.62 3.69 5.07 7.95 13.73 23.55 37.14 55.87
-2.3 0.600 5.10 4.17 3.51 | 0.01 0.16 0.39 0.73 1.24 1.96 3.04 4.46 6.31 8.68 12.39 20.14 31.77 47.13
-2.3 0.600 4.34 4.23 2.73 | 0.04 0.17 0.36 0.64 1.02 1.62 2.63 4.15 6.00 8.47 12.27 19.59 30.48 46.66`;

import { arraysDataset, type Dataset, randomSource } from '@subspace/core';

/** y = 2a − b + 3 + noise. */
export function lineData(size: number, seed: number): Dataset {
  const random = randomSource(seed);
  const inputs = Float32Array.from({ length: 2 * size }, random.normal);
  const targets = Float32Array.from(
    { length: size },
    (_, i) => 2 * inputs[2 * i] - inputs[2 * i + 1] + 3 + 0.1 * random.normal(),
  );
  return arraysDataset({ inputs: { data: inputs, shape: [size, 2] }, targets: { data: targets, shape: [size] } });
}

import { arraysDataset, type Dataset, type Network } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { formulaArray, formulaHash } from '@subspace-internal/testing';

/** The batch of the goldens `curves-*`, of seed 7. */
export function goldenData(size = 12, inputSalt = 107_000, labelSalt = 157_000, classes = 3): Dataset {
  return arraysDataset({
    inputs: { data: Float32Array.from(formulaArray(size * 4, inputSalt, 1)), shape: [size, 4] },
    targets: { data: Int32Array.from({ length: size }, (_, i) => formulaHash(i, labelSalt) % classes), shape: [size] },
  });
}

export function goldenNetwork(): Network {
  return denseNetwork({ sizes: [4, 7, 5, 3], seed: 1, threads: 1 });
}

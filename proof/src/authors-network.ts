import { readFileSync } from 'node:fs';
import {
  type Dataset,
  gaussianLikelihood,
  type Network,
  type Posterior,
  type Subspace,
  type SubspaceLikelihood,
  subspace,
  subspacePosterior,
} from '@subspace/core';
import { readNpy, regressionDataset } from '@subspace/datasets';
import { denseNetwork } from '@subspace/dense';
import { readGolden, sharedPath } from '@subspace-internal/testing';

/** The authors' regression problem: their network, their data, their trained weights. */
export interface AuthorsNetwork {
  readonly network: Network;
  readonly data: Dataset;
  /** One of the rows of `regression-weights.f32`, in the order of the network's layout. */
  weights(name: string): Float32Array;
  /** The plane of the curve between two of their solutions. */
  readonly curve: Subspace;
  /** The first K principal rows of their SWAG deviations. */
  pca(rank: number): Subspace;
  posterior(
    of: Subspace,
    options: { readonly sigma: number; readonly temperature: number },
  ): Posterior<SubspaceLikelihood>;
  dispose(): void;
}

export function authorsNetwork(): AuthorsNetwork {
  const { data: points } = readNpy(readFileSync(sharedPath('data', 'synthetic-regression', 'data.npy')));
  const column = (c: number) => Float64Array.from({ length: points.length / 2 }, (_, i) => Number(points[2 * i + c]));
  const data = regressionDataset(column(0), column(1));
  const { D, dimensions: sizes, weightsFile } = readGolden('regression-network.json');
  const bytes = readFileSync(sharedPath('golden', weightsFile.file));
  const weights = (name: string): Float32Array => {
    const row = weightsFile.rows.indexOf(name);
    const start = bytes.byteOffset + 4 * D * row;
    return new Float32Array(bytes.buffer.slice(start, start + 4 * D));
  };
  const network = denseNetwork({ sizes, weights: weights('swa0') });
  const { layout } = network;
  return {
    network,
    data,
    weights,
    curve: subspace({ layout, shift: weights('curveShift'), basis: [weights('curveBasis0'), weights('curveBasis1')] }),
    pca: (rank) =>
      subspace({
        layout,
        shift: weights('swa0'),
        basis: Array.from({ length: rank }, (_, k) => weights(`pcaBasis${k}`)),
      }),
    posterior: (of, { sigma, temperature }) =>
      subspacePosterior(network, of, data, {
        likelihood: gaussianLikelihood({ variance: 0.05 }),
        priorStd: sigma,
        temperature,
      }),
    dispose: () => network.dispose(),
  };
}

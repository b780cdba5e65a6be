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
import { toyRegressionNet } from '@subspace/models';
import { layersNetwork, useBackend } from '@subspace/tfjs';
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

export async function authorsNetwork(): Promise<AuthorsNetwork> {
  await useBackend('auto');
  const model = toyRegressionNet();
  const network = layersNetwork(model);
  const { data: points } = readNpy(readFileSync(sharedPath('data', 'synthetic-regression', 'data.npy')));
  const column = (c: number) => Float64Array.from({ length: points.length / 2 }, (_, i) => Number(points[2 * i + c]));
  const data = regressionDataset(column(0), column(1));
  const { D, dimensions, weightsFile } = readGolden('regression-network.json');
  const bytes = readFileSync(sharedPath('golden', weightsFile.file));
  const weights = (name: string): Float32Array => {
    const row = weightsFile.rows.indexOf(name);
    const start = bytes.byteOffset + 4 * D * row;
    return transposed(new Float32Array(bytes.buffer.slice(start, start + 4 * D)), dimensions);
  };
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
    dispose() {
      network.dispose();
      model.dispose();
    },
  };
}

/** From PyTorch's [out, in] to TensorFlow's [in, out], layer by layer. */
function transposed(torch: Float32Array, dimensions: readonly number[]): Float32Array {
  const result = new Float32Array(torch.length);
  let offset = 0;
  for (let l = 1; l < dimensions.length; l++) {
    const [inputs, outputs] = [dimensions[l - 1], dimensions[l]];
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) result[offset + i * outputs + o] = torch[offset + o * inputs + i];
    }
    result.set(torch.subarray(offset + inputs * outputs, offset + (inputs + 1) * outputs), offset + inputs * outputs);
    offset += (inputs + 1) * outputs;
  }
  return result;
}

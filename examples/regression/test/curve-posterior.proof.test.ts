import { readFileSync } from 'node:fs';
import { coordinateChains, gaussianLikelihood, sample, subspace, subspacePosterior } from '@subspace/core';
import { readNpy, regressionDataset } from '@subspace/datasets';
import { mcseMean, rHat } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { toyRegressionNet } from '@subspace/models';
import { layersNetwork, useBackend } from '@subspace/tfjs';
import { describeGolden, readGolden, sharedPath } from '@subspace-internal/testing';
import { expect, it } from 'vitest';

/** A row of the authors' weights, from PyTorch's [out, in] to TensorFlow's [in, out]. */
function weights(name: string): Float32Array {
  const { D, dimensions, weightsFile } = readGolden('regression-network.json');
  const bytes = readFileSync(sharedPath('golden', weightsFile.file));
  const row = weightsFile.rows.indexOf(name);
  const torch = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + 4 * D * row, bytes.byteOffset + 4 * D * (row + 1)),
  );
  const result = new Float32Array(D);
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

describeGolden('regression-curve-posterior.json', (golden) => {
  it('elliptical slice sampling finds the quadrature posterior of the authors’ curve plane, mean and second moments', async () => {
    await useBackend('auto');
    const { data: points } = readNpy(readFileSync(sharedPath('data', 'synthetic-regression', 'data.npy')));
    const column = (c: number) => Float64Array.from({ length: points.length / 2 }, (_, i) => Number(points[2 * i + c]));
    const model = toyRegressionNet();
    const network = layersNetwork(model);
    const plane = subspace({
      layout: network.layout,
      shift: weights('curveShift'),
      basis: [weights('curveBasis0'), weights('curveBasis1')],
    });
    const posterior = subspacePosterior(network, plane, regressionDataset(column(0), column(1)), {
      likelihood: gaussianLikelihood({ variance: 0.05 }),
      priorStd: golden.T1.sigma,
      temperature: golden.T1.temperature,
    });
    const draws = await sample(ellipticalSlice(posterior), { draws: 1500, warmup: 200, chains: 4, seed: 1 });
    posterior.dispose();
    network.dispose();
    model.dispose();

    const { mean, covariance } = golden.T1;
    const z = [0, 1].map((k) => coordinateChains(draws, k));
    const near = (chains: readonly Float64Array[], expected: number, what: string) => {
      const average = chains.reduce((sum, chain) => sum + chain.reduce((a, b) => a + b, 0), 0) / draws.size;
      expect(Math.abs(average - expected) / mcseMean(chains), what).toBeLessThan(4);
      expect(rHat(chains), what).toBeLessThan(1.05);
    };
    for (const i of [0, 1]) {
      near(z[i], mean[i], `mean of z${i}`);
      for (const j of i === 0 ? [0, 1] : [1]) {
        const products = z[i].map((chain, c) => chain.map((value, d) => (value - mean[i]) * (z[j][c][d] - mean[j])));
        near(products, covariance[i][j], `covariance of z${i} and z${j}`);
      }
    }
  });
});

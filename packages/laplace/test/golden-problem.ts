import {
  arraysDataset,
  categoricalLikelihood,
  type Dataset,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
} from '@subspace/core';
import { type DenseNetwork, type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { formulaArray, formulaHash } from '@subspace-internal/testing';

export const goldens: readonly {
  readonly file: string;
  readonly options: DenseNetworkOptions;
  readonly likelihood: (variance: number) => Likelihood;
}[] = [
  {
    file: 'hessian-mlp-regression.json',
    options: { sizes: [1, 7, 7, 1] },
    likelihood: (variance) => gaussianLikelihood({ variance }),
  },
  {
    file: 'hessian-mlp-classification.json',
    options: { sizes: [4, 7, 7, 3] },
    likelihood: () => categoricalLikelihood(),
  },
  {
    file: 'hessian-regnet-heteroscedastic.json',
    options: { sizes: [4, 10, 2], head: 'heteroscedastic' },
    likelihood: () => heteroscedasticGaussianLikelihood(),
  },
];

/** Network, weights and data of a golden file `hessian-*`. */
export function goldenProblem(
  { options, likelihood: likelihoodOf }: (typeof goldens)[number],
  // biome-ignore lint/suspicious/noExplicitAny: golden files are plain JSON of many shapes
  golden: any,
): { network: DenseNetwork; weights: Float32Array; data: Dataset; likelihood: Likelihood; v: Float64Array } {
  const { seed } = golden.provenance;
  const { points } = golden.data;
  const outputs = options.sizes[options.sizes.length - 1];
  const network = denseNetwork({ ...options, threads: 1 });
  const weights = Float32Array.from(
    network.layout.entries.flatMap(({ shape }, k) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return [...formulaArray(length, seed * 1000 + k, golden.network.std[k])];
    }),
  );
  network.writeWeights(weights);
  const likelihood = likelihoodOf(golden.noiseVariance);
  const width = options.sizes[0];
  const data = arraysDataset({
    inputs: { data: Float32Array.from(formulaArray(points * width, 100_000 + seed * 1000, 1)), shape: [points, width] },
    targets: {
      data:
        likelihood.kind === 'categorical'
          ? Int32Array.from({ length: points }, (_, i) => formulaHash(i, 150_000 + seed * 1000) % outputs)
          : Float32Array.from(formulaArray(points, 160_000 + seed * 1000, 1)),
      shape: [points],
    },
  });
  return { network, weights, data, likelihood, v: formulaArray(weights.length, golden.vectorSalt, 1) };
}

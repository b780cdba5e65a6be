import { readFileSync } from 'node:fs';
import {
  type Arrays,
  arraysDataset,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  readNpy,
  subspacePosterior,
  type WeightLayout,
} from '@subspace/core';
import { type DenseNetworkOptions, denseNetwork } from '@subspace/dense';
import { describeGolden, formulaArray, formulaHash, sharedPath } from '@subspace-internal/testing';
import { expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { total } from './log-densities.ts';

const builds = ['auto', 'typescript'] as const;
const lengthOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const normOf = (values: ArrayLike<number>) => Math.sqrt(total(Float64Array.from(values, (x) => x * x)));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => total(Float64Array.from(a, (x, i) => x * b[i]));

const formulaInputs = (rows: number, width: number, salt: number): Arrays => ({
  data: Float32Array.from(formulaArray(rows * width, salt, 1)),
  shape: [rows, width],
});

/** Weights of the golden files' formula, tensor after tensor in PyTorch's order. */
const formulaWeights = (seed: number, shapes: number[][], std: (k: number) => number) =>
  Float32Array.from(shapes.flatMap((shape, k) => [...formulaArray(lengthOf(shape), seed * 1000 + k, std(k))]));

const requireShapes = ({ entries }: WeightLayout, shapes: readonly (readonly number[])[]) =>
  expect(entries.map(({ shape }) => shape)).toEqual(shapes);

/** Layers are named by their number, v by itself: the authors' checkpoints say `model.4` for the third layer of an MLP, and `var_split.var`. */
const nameHere = (name: string) =>
  name === 'var_split.var' ? 'v' : name.replace(/^model\.(\d+)/, (_, place) => `linear${Number(place) / 2}`);

const networks: [file: string, options: DenseNetworkOptions, likelihood: Likelihood][] = [
  ['networks-mlp', { sizes: [1, 7, 7, 1] }, gaussianLikelihood({ variance: 0.5 })],
  ['networks-toyregnet', { sizes: [2, 200, 50, 50, 50, 1] }, gaussianLikelihood({ variance: 0.05 })],
  ['networks-regnet-13-50-2', { sizes: [13, 50, 2], head: 'heteroscedastic' }, heteroscedasticGaussianLikelihood()],
  [
    'networks-regnet-13-50-2-fixed-variance',
    { sizes: [13, 50, 2], head: 'heteroscedastic', globalVariance: -15 },
    heteroscedasticGaussianLikelihood(),
  ],
  [
    'networks-regnet-18-1000-1000-500-50-2',
    { sizes: [18, 1000, 1000, 500, 50, 2], head: 'heteroscedastic' },
    heteroscedasticGaussianLikelihood(),
  ],
];

for (const [file, options, likelihood] of networks) {
  describeGolden(`${file}.json`, (golden) => {
    it.each(builds)(
      'has the shapes, outputs, log densities and gradients of PyTorch, by %s kernels',
      async (kernels) => {
        const { seed } = golden.provenance;
        const { names, shapes, std } = golden.parameters;
        const weights = formulaWeights(seed, shapes, (k) => std[k]);
        const network = denseNetwork({ ...options, weights, kernels });
        requireShapes(network.layout, shapes);
        expect(network.layout.entries.map(({ name }) => name)).toEqual((names as string[]).map(nameHere));
        const { size, inputSalt, targetSalt } = golden.batch;
        const inputs = formulaInputs(size, options.sizes[0], inputSalt);
        const data = arraysDataset({ inputs, targets: formulaInputs(size, 1, targetSalt) });
        const outputs = await network.predict(inputs);
        expectClose(outputs.data, golden.outputs.float64.flat(), { absolute: golden.outputs.tolerance });

        const rows = Int32Array.from({ length: size }, (_, row) => row);
        const { loss, gradient } = await network.lossAndGradient(weights, data, rows, likelihood);
        expectClose([-loss], [golden.logLikelihoodSum.float64], { absolute: golden.logLikelihoodSum.tolerance });
        const directions = formulaWeights(seed + 500, shapes, () => 1);
        const { norm, innerProduct, toleranceRelativeToNorm } = golden.gradientOfLossSum;
        network.layout.entries.forEach(({ offset, shape }, k) => {
          const part = gradient.subarray(offset, offset + lengthOf(shape));
          const along = directions.subarray(offset, offset + part.length);
          const absolute = toleranceRelativeToNorm * norm.float64[k];
          expectClose([normOf(part), dot(part, along)], [norm.float64[k], innerProduct.float64[k]], { absolute });
        });

        // Row by row, in a plane whose shift the weights are.
        const basis = [new Float32Array(weights.length)];
        const plane = { layout: network.layout, shift: weights, basis };
        const target = network.subspaceLikelihood(plane, data, likelihood);
        const { float64, tolerance } = golden.perPointLogDensity;
        expectClose(await target.pointwise(Float64Array.of(0)), float64.flat(), { absolute: tolerance });
        target.dispose();
        network.dispose();
      },
    );
  });
}

const subspaces: [file: string, options: DenseNetworkOptions, likelihood: Likelihood][] = [
  ['subspace-mlp-regression', { sizes: [1, 7, 7, 1] }, gaussianLikelihood({ variance: 0.05 })],
  ['subspace-mlp-classification', { sizes: [4, 7, 7, 3] }, categoricalLikelihood()],
  [
    'subspace-regnet-heteroscedastic',
    { sizes: [4, 10, 2], head: 'heteroscedastic' },
    heteroscedasticGaussianLikelihood(),
  ],
];
for (const [file, options, likelihood] of subspaces) {
  describeGolden(`${file}.json`, (golden) => {
    it.each(builds)('has the log posterior of a subspace and its gradient, by %s kernels', async (kernels) => {
      const { shapes, std } = golden.network;
      const { points, inputSalt, targetSalt, labelSalt } = golden.data;
      const network = denseNetwork({ ...options, kernels });
      requireShapes(network.layout, shapes);
      const labels = {
        data: Int32Array.from({ length: points }, (_, i) => formulaHash(i, labelSalt) % 3),
        shape: [points],
      };
      const data = arraysDataset({
        inputs: formulaInputs(points, options.sizes[0], inputSalt),
        targets: labelSalt ? labels : formulaInputs(points, 1, targetSalt),
      });
      const plane = {
        layout: network.layout,
        shift: formulaWeights(golden.provenance.seed, shapes, (k) => std[k]),
        basis: golden.subspace.basisRowSalts.map((salt: number) =>
          Float32Array.from(formulaArray(network.layout.size, salt, golden.subspace.basisStd)),
        ),
      };
      const target = subspacePosterior(network, plane, data, {
        likelihood,
        priorStd: golden.posterior.priorSigma,
        temperature: golden.posterior.temperature,
      });
      for (const point of golden.points) {
        const z = Float64Array.from(point.z);
        const absolute = golden.tolerance.gradient * Math.max(1, normOf(point.gradient));
        const [untempered] = await target.logLikelihood.valuesAndGradients([z]);
        expectClose([untempered.value], [point.logLikelihood], { absolute: golden.tolerance.logLikelihood });
        expectClose(untempered.gradient, point.gradient, { absolute });
        const [tempered] = await target.valuesAndGradients([z]);
        expectClose([tempered.value], [point.logPosterior], { absolute: golden.tolerance.logLikelihood });
        expectClose(tempered.gradient, point.logPosteriorGradient, { absolute });
      }
      target.dispose();
    });
  });
}

const features = { scale: 0.5, powers: [1, 2] };
const toy = (kernels: (typeof builds)[number]) => denseNetwork({ sizes: [2, 200, 50, 50, 50, 1], features, kernels });

describeGolden('regression-network.json', (golden) => {
  const authorsWeights = (name: string): Float32Array => {
    const bytes = readFileSync(sharedPath('golden', golden.weightsFile.file));
    const start = bytes.byteOffset + 4 * golden.D * golden.weightsFile.rows.indexOf(name);
    return new Float32Array(bytes.buffer.slice(start, start + 4 * golden.D));
  };

  it.each(builds)('has the outputs of the authors’ solutions, by %s kernels', async (kernels) => {
    const network = toy(kernels);
    const inputs = { data: Float32Array.from(golden.xGrid as number[]), shape: [golden.xGrid.length, 1] };
    for (const name of ['sgd1', 'sgd2', 'sgd3', 'sgd4', 'sgd5', 'swa0', 'swa1', 'curveShift']) {
      const { data } = await network.predict(inputs, { weights: authorsWeights(name) });
      expectClose(data, golden.outputs[name].onGrid, { absolute: 1e-6 });
    }
  });

  describeGolden('regression-loglik.json', (loglik) => {
    it.each(builds)('has the log likelihood and gradient in the authors’ planes, by %s kernels', async (kernels) => {
      const network = toy(kernels);
      const { data: rows, shape } = readNpy(readFileSync(sharedPath('data', 'synthetic-regression', 'data.npy')));
      const column = (c: number) => Float32Array.from({ length: shape[0] }, (_, i) => Number(rows[2 * i + c]));
      const data = arraysDataset({
        inputs: { data: column(0), shape: [shape[0], 1] },
        targets: { data: column(1), shape: [shape[0]] },
      });
      const pca = (rank: number) => ['swa0', ...Array.from({ length: rank }, (_, k) => `pcaBasis${k}`)];
      const planes = {
        curve: ['curveShift', 'curveBasis0', 'curveBasis1'],
        pca2: pca(2),
        pca5: pca(5),
        pca10: pca(10),
      };
      for (const [name, [shift, ...basis]] of Object.entries(planes)) {
        const { z, logLikelihood, gradient } = loglik[name];
        const target = network.subspaceLikelihood(
          { layout: network.layout, shift: authorsWeights(shift), basis: basis.map(authorsWeights) },
          data,
          gaussianLikelihood({ variance: loglik.noiseVariance }),
        );
        const found = await target.valuesAndGradients(z.map((point: number[]) => Float64Array.from(point)));
        found.forEach((evaluation, i) => {
          expectClose([evaluation.value], [logLikelihood[i]], { relative: 1e-5 });
          // Along the curve's bottom the gradients of rows, 150 long in all, cancel to 1: 5e-4 is single precision.
          const cancelled = name === 'curve' ? 5e-4 : 0;
          expectClose(evaluation.gradient, gradient[i], { absolute: 2e-4 * normOf(gradient[i]) + cancelled });
        });
        target.dispose();
      }
    });
  });
});

import { readFileSync } from 'node:fs';
import {
  arraysDataset,
  categoricalLikelihood,
  gaussianLikelihood,
  heteroscedasticGaussianLikelihood,
  type Likelihood,
  subspacePosterior,
} from '@subspace/core';
import { layersNetwork } from '@subspace/tfjs';
import { describeGolden, formulaArray, sharedPath } from '@subspace-internal/testing';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { it } from 'vitest';
import { describeBackends, expectClose } from './backends.ts';
import { flatFromTorch, formulaDirections, formulaInputs, formulaLabels, formulaWeights } from './golden-networks.ts';
import { denseModel, disposeModel, heteroscedasticModel } from './networks.ts';

const lengthOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const normOf = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
const rowsTo = (rows: number) => Int32Array.from({ length: rows }, (_, i) => i);

const regressionNetworks: [file: string, model: () => LayersModel, inputs: number, likelihood: () => Likelihood][] = [
  ['networks-regnet-13-50-2', () => heteroscedasticModel([13, 50, 2], 'relu'), 13, heteroscedasticGaussianLikelihood],
  [
    'networks-toyregnet',
    () => denseModel([2, 200, 50, 50, 50, 1], 'relu'),
    2,
    () => gaussianLikelihood({ variance: 0.05 }),
  ],
  ['networks-mlp', () => denseModel([1, 7, 7, 1], 'relu'), 1, () => gaussianLikelihood({ variance: 0.5 })],
];

describeBackends('golden networks', () => {
  for (const [file, model, inputs, likelihood] of regressionNetworks) {
    describeGolden(`${file}.json`, (golden) => {
      it('has the outputs, log densities and gradients of PyTorch', async () => {
        const net = model();
        const network = layersNetwork(net);
        const { seed } = golden.provenance;
        const { shapes, std } = golden.parameters;
        const weights = flatFromTorch(formulaWeights(seed, shapes, std), shapes, network.layout);
        const { size } = golden.batch;
        const data = arraysDataset({
          inputs: formulaInputs(size, inputs, golden.batch.inputSalt),
          targets: formulaInputs(size, 1, golden.batch.targetSalt),
        });
        const { data: outputs } = await network.predict(data.arrays?.inputs as never, { weights });
        expectClose(outputs, golden.outputs.float64.flat(), { absolute: golden.outputs.tolerance });
        const { loss, gradient } = await network.lossAndGradient(weights, data, rowsTo(size), likelihood());
        expectClose([-loss], [golden.logLikelihoodSum.float64], { absolute: golden.logLikelihoodSum.tolerance });
        const directions = flatFromTorch(formulaDirections(seed, shapes), shapes, network.layout);
        const { norm, innerProduct, toleranceRelativeToNorm } = golden.gradientOfLossSum;
        network.layout.entries.forEach(({ offset, shape }, k) => {
          const part = gradient.subarray(offset, offset + lengthOf(shape));
          const absolute = toleranceRelativeToNorm * norm.float64[k];
          expectClose([normOf(part)], [norm.float64[k]], { absolute });
          const along = directions.subarray(offset, offset + part.length);
          expectClose([dot(part, along)], [innerProduct.float64[k]], { absolute: absolute * normOf(along) });
        });
        disposeModel(net);
      });
    });
  }

  const subspaces: [file: string, model: () => LayersModel, inputs: number, likelihood: () => Likelihood][] = [
    [
      'subspace-mlp-regression',
      () => denseModel([1, 7, 7, 1], 'relu'),
      1,
      () => gaussianLikelihood({ variance: 0.05 }),
    ],
    ['subspace-mlp-classification', () => denseModel([4, 7, 7, 3], 'relu'), 4, categoricalLikelihood],
    [
      'subspace-regnet-heteroscedastic',
      () => heteroscedasticModel([4, 10, 2], 'relu'),
      4,
      heteroscedasticGaussianLikelihood,
    ],
  ];
  for (const [file, model, inputs, likelihood] of subspaces) {
    describeGolden(`${file}.json`, (golden) => {
      it('has the log posterior of a subspace and its gradient', async () => {
        const net = model();
        const network = layersNetwork(net);
        const { seed } = golden.provenance;
        const { shapes, std } = golden.network;
        const { points, inputSalt, targetSalt, labelSalt } = golden.data;
        const data = arraysDataset({
          inputs: formulaInputs(points, inputs, inputSalt),
          targets: labelSalt ? formulaLabels(points, labelSalt, 3) : formulaInputs(points, 1, targetSalt),
        });
        const plane = {
          layout: network.layout,
          shift: flatFromTorch(formulaWeights(seed, shapes, std), shapes, network.layout),
          basis: golden.subspace.basisRowSalts.map((salt: number) =>
            flatFromTorch(
              Float32Array.from(formulaArray(network.layout.size, salt, golden.subspace.basisStd)),
              shapes,
              network.layout,
            ),
          ),
        };
        const target = subspacePosterior(network, plane, data, {
          likelihood: likelihood(),
          priorStd: golden.posterior.priorSigma,
          temperature: golden.posterior.temperature,
          batchSize: 8,
        });
        for (const point of golden.points) {
          const z = Float64Array.from(point.z);
          const [untempered] = await target.logLikelihood.valuesAndGradients([z]);
          expectClose([untempered.value], [point.logLikelihood], { absolute: golden.tolerance.logLikelihood });
          expectClose(untempered.gradient, point.gradient, {
            absolute: golden.tolerance.gradient * Math.max(1, normOf(point.gradient)),
          });
          const [posterior] = await target.valuesAndGradients([z]);
          expectClose([posterior.value], [point.logPosterior], { absolute: golden.tolerance.logLikelihood });
          expectClose(posterior.gradient, point.logPosteriorGradient, {
            absolute: golden.tolerance.gradient * Math.max(1, normOf(point.gradient)),
          });
        }
        target.dispose();
        disposeModel(net);
      });
    });
  }

  const sizes = [2, 200, 50, 50, 50, 1];
  const shapes = sizes.slice(1).flatMap((out, i) => [[out, sizes[i]], [out]]);

  /** The authors' weights, by name, in this network's layout. */
  const authorsWeights = (
    golden: { weightsFile: { rows: string[] }; D: number },
    network: ReturnType<typeof layersNetwork>,
  ) => {
    const bytes = readFileSync(sharedPath('golden', 'regression-weights.f32'));
    const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    return (name: string) => {
      const row = golden.weightsFile.rows.indexOf(name);
      return flatFromTorch(all.subarray(row * golden.D, (row + 1) * golden.D), shapes, network.layout);
    };
  };
  const features = (xs: readonly number[]) => ({
    data: Float32Array.from(xs.flatMap((x) => [x / 2, (x / 2) ** 2])),
    shape: [xs.length, 2],
  });
  const regressionData = () => {
    const bytes = readFileSync(sharedPath('data', 'synthetic-regression', 'data.npy'));
    const start = 10 + bytes.readUInt16LE(8);
    const rows = (bytes.length - start) / 16;
    const column = (i: number) => Array.from({ length: rows }, (_, n) => bytes.readDoubleLE(start + 16 * n + 8 * i));
    return arraysDataset({
      inputs: features(column(0)),
      targets: { data: Float32Array.from(column(1)), shape: [rows] },
    });
  };

  describeGolden('regression-network.json', (golden) => {
    it('has the outputs of the authors’ solutions', async () => {
      const net = denseModel(sizes, 'relu');
      const network = layersNetwork(net);
      const weightsOf = authorsWeights(golden, network);
      for (const name of ['sgd1', 'sgd2', 'sgd3', 'sgd4', 'sgd5', 'swa0', 'swa1', 'curveShift']) {
        const { data } = await network.predict(features(golden.xGrid), { weights: weightsOf(name) });
        expectClose(data, golden.outputs[name].onGrid, { absolute: 2e-6 });
      }
      disposeModel(net);
    });

    describeGolden('regression-loglik.json', (loglik) => {
      it('has the log likelihood and gradient in the authors’ planes', async () => {
        const net = denseModel(sizes, 'relu');
        const network = layersNetwork(net);
        const weightsOf = authorsWeights(golden, network);
        const data = regressionData();
        const planes = {
          curve: ['curveShift', 'curveBasis0', 'curveBasis1'],
          pca5: ['swa0', 'pcaBasis0', 'pcaBasis1', 'pcaBasis2', 'pcaBasis3', 'pcaBasis4'],
        };
        for (const [name, [shift, ...rows]] of Object.entries(planes)) {
          const { z, logLikelihood, gradient } = loglik[name];
          const target = network.subspaceLikelihood(
            { layout: network.layout, shift: weightsOf(shift), basis: rows.map(weightsOf) },
            data,
            gaussianLikelihood({ variance: loglik.noiseVariance }),
          );
          // The cpu backend takes a quarter of a second a gradient: every fourth point.
          for (let i = 0; i < z.length; i += 4) {
            const [found] = await target.valuesAndGradients([Float64Array.from(z[i])]);
            expectClose([found.value], [logLikelihood[i]], { relative: 1e-5 });
            expectClose(found.gradient, gradient[i], { absolute: 2e-4 * normOf(gradient[i]) });
          }
          target.dispose();
        }
        disposeModel(net);
      });
    });
  });
});

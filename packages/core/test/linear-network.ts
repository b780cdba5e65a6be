import {
  type Arrays,
  type Dataset,
  type Likelihood,
  type Network,
  type Optimizer,
  type Subspace,
  type Trainer,
  toWeights,
  weightLayout,
} from '@subspace/core';
import { requireLength } from '@subspace/core/internals';

/**
 * The smallest engine: f(x) = x·w + b for the Gaussian likelihood, in plain loops. It lets `core` be tested through its ports alone.
 */
export function linearNetwork(
  inputs: number,
  options: { delay?: number; asynchronous?: boolean } = {},
): Network & { steps: number } {
  const layout = weightLayout([
    { name: 'w', shape: [inputs] },
    { name: 'b', shape: [1] },
  ]);
  const current = new Float32Array(layout.size);

  const output = (weights: ArrayLike<number>, data: ArrayLike<number>, row: number): number => {
    let sum = weights[inputs];
    for (let j = 0; j < inputs; j++) sum += weights[j] * data[row * inputs + j];
    return sum;
  };
  const logLikelihoodAndGradient = (
    weights: ArrayLike<number>,
    data: Dataset,
    rows: ArrayLike<number>,
    likelihood: Likelihood,
  ) => {
    if (likelihood.kind !== 'gaussian') throw new Error('linearNetwork knows the Gaussian likelihood only');
    const { inputs: x, targets } = data.arrays!;
    const gradient = new Float64Array(layout.size);
    let value = 0;
    for (let i = 0; i < rows.length; i++) {
      const residual = targets.data[rows[i]] - output(weights, x.data, rows[i]);
      value -= 0.5 * Math.log(2 * Math.PI * likelihood.variance) + (0.5 * residual ** 2) / likelihood.variance;
      for (let j = 0; j < inputs; j++) gradient[j] += (residual / likelihood.variance) * x.data[rows[i] * inputs + j];
      gradient[inputs] += residual / likelihood.variance;
    }
    return { value, gradient };
  };
  const all = (data: Dataset) => Int32Array.from({ length: data.size }, (_, i) => i);

  const network: Network & { steps: number } = {
    layout,
    steps: 0,
    readWeights: () => current.slice(),
    writeWeights: (weights) => current.set(weights),
    predict(x, { weights = current } = {}) {
      const rows = x.shape[0];
      const outputs: Arrays = {
        data: Float32Array.from({ length: rows }, (_, i) => output(weights, x.data, i)),
        shape: [rows, 1],
      };
      return options.asynchronous ? Promise.resolve(outputs) : outputs;
    },
    trainer(data, likelihood, optimizer: Optimizer): Trainer {
      // Of the precision it is saved in: a state that loses bits would not go on bit for bit.
      let velocity = new Float32Array(layout.size);
      let loss = { sum: 0, rows: 0 };
      return {
        step(rows, learningRate) {
          const until = performance.now() + (options.delay ?? 0);
          while (performance.now() < until);
          network.steps++;
          const { value, gradient } = logLikelihoodAndGradient(current, data, rows, likelihood);
          loss = { sum: loss.sum - value, rows: loss.rows + rows.length };
          const momentum = optimizer.kind === 'sgd' ? optimizer.momentum : 0;
          for (let j = 0; j < layout.size; j++) {
            velocity[j] = momentum * velocity[j] - gradient[j] / rows.length + optimizer.weightDecay * current[j];
            current[j] -= learningRate * velocity[j];
          }
          return options.asynchronous ? Promise.resolve() : undefined;
        },
        takeLoss() {
          const taken = loss;
          loss = { sum: 0, rows: 0 };
          return taken;
        },
        points: () => [current.slice()],
        state: () => ({ weights: current, velocity: velocity.slice(), lossSum: loss.sum, lossRows: loss.rows }),
        restore(state) {
          current.set(state.weights as Float32Array);
          velocity = (state.velocity as Float32Array).slice();
          loss = { sum: state.lossSum as number, rows: state.lossRows as number };
        },
        dispose() {},
      };
    },
    subspaceLikelihood(subspace: Subspace, data, likelihood) {
      const dim = subspace.basis.length;
      const evaluate = (z: Float64Array, rows: Int32Array, scale: number) => {
        requireLength('subspaceLikelihood', 'point', z, dim);
        const { value, gradient } = logLikelihoodAndGradient(toWeights(subspace, z), data, rows, likelihood);
        const projected = subspace.basis.map((row) => scale * gradient.reduce((sum, g, j) => sum + g * row[j], 0));
        return { value: scale * value, gradient: Float64Array.from(projected) };
      };
      return {
        dim,
        rows: data.size,
        values: (points) => Float64Array.from(points, (z) => evaluate(z, all(data), 1).value),
        valuesAndGradients: (points) => points.map((z) => evaluate(z, all(data), 1)),
        minibatch: (points, rows) => points.map((z) => evaluate(z, rows, data.size / rows.length)),
        pointwise: (z) => Float64Array.from(all(data), (row) => evaluate(z, Int32Array.of(row), 1).value),
        gaussNewton(z) {
          if (likelihood.kind !== 'gaussian') throw new Error('linearNetwork knows the Gaussian likelihood only');
          const matrix = new Float64Array(dim * dim);
          const x = data.arrays!.inputs.data;
          for (let row = 0; row < data.size; row++) {
            const tangent = subspace.basis.map((b) => output(b, x, row));
            for (let i = 0; i < z.length; i++) {
              for (let j = 0; j < dim; j++) matrix[i * dim + j] += (tangent[i] * tangent[j]) / likelihood.variance;
            }
          }
          return matrix;
        },
        dispose() {},
      };
    },
    lossAndGradient(weights, data, rows, likelihood) {
      const { value, gradient } = logLikelihoodAndGradient(weights, data, rows, likelihood);
      return { loss: -value, gradient: Float32Array.from(gradient, (g) => -g) };
    },
    jacobian: (_weights, { data, shape }) => ({
      times: (v) => ({
        data: Float32Array.from({ length: shape[0] }, (_, row) => output(v, data, row)),
        shape: [shape[0], 1],
      }),
      transposeTimes(u) {
        const product = new Float32Array(layout.size);
        for (let row = 0; row < shape[0]; row++) {
          for (let j = 0; j <= inputs; j++) product[j] += u.data[row] * (j < inputs ? data[row * inputs + j] : 1);
        }
        return product;
      },
      dispose() {},
    }),
    dispose() {},
  };
  return network;
}

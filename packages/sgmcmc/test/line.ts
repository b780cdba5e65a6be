import {
  type Arrays,
  arraysDataset,
  gaussianLikelihood,
  type Network,
  randomSource,
  weightLayout,
} from '@subspace/core';

/** y = a·x + b with noise: a posterior of two independent Gaussians of equal width, since Σx = 0 and Σx² = N. */
const SIZE = 20;
const NOISE_VARIANCE = 0.5;
const random = randomSource('line');
const x = Float32Array.from({ length: SIZE }, (_, i) => (i % 2 === 0 ? 1 : -1));
const y = x.map((value) => 1.5 * value - 0.5 + Math.sqrt(NOISE_VARIANCE) * random.normal());

export const data = arraysDataset({ inputs: { data: x, shape: [SIZE, 1] }, targets: { data: y, shape: [SIZE, 1] } });
export const likelihood = gaussianLikelihood({ variance: NOISE_VARIANCE });
export const priorStd = 1;

/** λ of both weights, at a temperature. */
export const precision = (temperature = 1): number => SIZE / (NOISE_VARIANCE * temperature) + 1 / priorStd ** 2;

/** Means of a and b. */
export const means = (temperature = 1): readonly number[] =>
  [x, x.map(() => 1)].map((regressor) => {
    const product = y.reduce((sum, value, i) => sum + value * regressor[i], 0);
    return product / (NOISE_VARIANCE * temperature) / precision(temperature);
  });

const unused = (): never => {
  throw new Error('no chain asks for this');
};

/**
 * The line as a network of a few operations a step. From (0, 0).
 *
 * @param onStep called at each gradient with how many there were
 * @param bend what is made of each loss and gradient
 */
export function line(
  onStep: (step: number) => void = () => {},
  bend: (value: number) => number = (value) => value,
): Network {
  let steps = 0;
  return {
    layout: weightLayout([
      { name: 'a', shape: [1] },
      { name: 'b', shape: [1] },
    ]),
    readWeights: () => new Float32Array(2),
    writeWeights: unused,
    predict: ({ data, shape }, { weights = new Float32Array(2) } = {}): Arrays => ({
      data: Float32Array.from(data, (value) => weights[0] * value + weights[1]),
      shape: [shape[0], 1],
    }),
    lossAndGradient(weights, _data, rows, _likelihood, out = new Float32Array(2)) {
      onStep(steps++);
      let loss = 0;
      let [a, b] = [0, 0];
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        const residual = y[row] - weights[0] * x[row] - weights[1];
        loss += (0.5 * residual * residual) / NOISE_VARIANCE + 0.5 * Math.log(2 * Math.PI * NOISE_VARIANCE);
        a -= (residual * x[row]) / NOISE_VARIANCE;
        b -= residual / NOISE_VARIANCE;
      }
      out[0] = bend(a);
      out[1] = bend(b);
      return { loss: bend(loss), gradient: out };
    },
    trainer: unused,
    subspaceLikelihood: unused,
    jacobian: unused,
    dispose() {},
  };
}

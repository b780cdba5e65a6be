import type { RandomSource, Vector } from '@subspace/core';
import type { Flow } from './flow.ts';
import { type PerceptronMasks, perceptron } from './perceptron.ts';

/**
 * Inverse autoregressive flow: x_i = exp(s_i)·ε_i + m_i, where m_i and s_i are functions of ε_1 … ε_{i−1}, put out by one masked network (MADE): first
 * the means [K], then the log scales [K], which are clamped to [−5, 3]. Between two steps the order of the coordinates is reversed.
 *
 * Draws cost one pass of the network; the density of any other point costs K.
 *
 * @param hidden widths of the networks' hidden layers
 * @param shortcut a masked linear map from the input to the output, added to it
 * @see Kingma et al. (2016), "Improving variational inference with inverse autoregressive flow"; Germain et al. (2015), "MADE"
 */
export function autoregressiveFlow(dim: number, steps: number, hidden: readonly number[], shortcut: boolean): Flow {
  const network = perceptron([dim, ...hidden, 2 * dim], autoregressiveMasks(dim, hidden, shortcut));
  const inside = (rawScale: number) => rawScale > SMALLEST && rawScale < LARGEST;

  return {
    dim,
    size: steps * network.size,
    initial(random: RandomSource) {
      const parameters = new Float64Array(steps * network.size);
      for (let step = 0; step < steps; step++) parameters.set(network.initial(random), step * network.size);
      return parameters;
    },
    forward(parameters, base) {
      let u = base;
      let logDet = 0;
      const tapes: {
        readonly input: Vector;
        readonly tape: ReturnType<typeof network.forward>;
        readonly offset: number;
      }[] = [];
      for (let step = 0; step < steps; step++) {
        const offset = step * network.size;
        const input = step === 0 ? u : u.slice().reverse();
        const tape = network.forward(parameters, offset, input);
        u = input.map((value, k) => {
          const scale = clamped(tape.output[dim + k]);
          logDet += scale;
          return value * Math.exp(scale) + tape.output[k];
        });
        tapes.push({ input, tape, offset });
      }
      return {
        point: u,
        logDet,
        addGradient(slope, weight, into) {
          let above = slope;
          tapes
            .slice()
            .reverse()
            .forEach(({ input, tape, offset }, i) => {
              const outputSlope = new Float64Array(2 * dim);
              const direct = new Float64Array(dim);
              for (let k = 0; k < dim; k++) {
                const raw = tape.output[dim + k];
                const factor = Math.exp(clamped(raw));
                direct[k] = above[k] * factor;
                outputSlope[k] = above[k];
                if (inside(raw)) outputSlope[dim + k] = above[k] * input[k] * factor + weight;
              }
              const through = network.addGradient(parameters, offset, tape, outputSlope, into);
              const inputSlope = direct.map((value, k) => value + through[k]);
              above = i === steps - 1 ? inputSlope : inputSlope.reverse();
            });
          return above;
        },
      };
    },
    inverse(parameters, point) {
      let u = point;
      let logDet = 0;
      for (let step = steps - 1; step >= 0; step--) {
        // Output k depends on what is known by the time it is needed; the rest of the input is still zero.
        const input = new Float64Array(dim);
        for (let k = 0; k < dim; k++) {
          const { output } = network.forward(parameters, step * network.size, input);
          const scale = clamped(output[dim + k]);
          logDet += scale;
          input[k] = (u[k] - output[k]) * Math.exp(-scale);
        }
        u = step === 0 ? input : input.reverse();
      }
      return { base: u, logDet };
    },
  };
}

const SMALLEST = -5;
const LARGEST = 3;

function clamped(logScale: number): number {
  return Math.min(LARGEST, Math.max(SMALLEST, logScale));
}

/**
 * Masks that let output i (a mean or a log scale) see inputs below i only: a hidden unit of degree d sees units of degree at most d, inputs having
 * degrees 1 … K, and output i sees degrees up to i (from 0).
 */
export function autoregressiveMasks(dim: number, hidden: readonly number[], shortcut: boolean): PerceptronMasks {
  const inputDegrees = Array.from({ length: dim }, (_, k) => k + 1);
  const outputDegrees = [...inputDegrees, ...inputDegrees].map((degree) => degree - 1);
  // Degrees 1 … K−1, spread evenly.
  const hiddenDegrees = hidden.map((width) =>
    Array.from({ length: width }, (_, h) => Math.round(1 + (Math.max(0, dim - 2) * h) / Math.max(1, width - 1))),
  );
  const all = [inputDegrees, ...hiddenDegrees, outputDegrees];
  const mask = (from: readonly number[], to: readonly number[]) =>
    Uint8Array.from(to.flatMap((degree) => from.map((seen) => (seen <= degree ? 1 : 0))));
  return {
    layers: all.slice(1).map((to, l) => mask(all[l], to)),
    shortcut: shortcut ? mask(inputDegrees, outputDegrees) : undefined,
  };
}

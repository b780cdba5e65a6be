import type { RandomSource, Vector } from '@subspace/core';
import type { Flow } from './flow.ts';
import { perceptron } from './perceptron.ts';

/**
 * RealNVP: affine couplings. Each layer keeps one half of the coordinates and scales and shifts the other by functions of the first; halves take turns.
 *
 * From data to base, layer after layer: u ← m∘u + (1 − m)∘(u∘exp(s(m∘u)) + t(m∘u)), s = c∘tanh(network), t = network. `forward` goes from base to
 * data, the layers in reverse. Parameters of a layer: the network of t, that of s, c [K].
 *
 * @param hidden widths of the networks' hidden layers
 * @see Dinh, Sohl-Dickstein & Bengio (2017), "Density estimation using Real NVP", Equations 4–9
 */
export function couplingFlow(dim: number, layers: number, hidden: readonly number[]): Flow {
  const network = perceptron([dim, ...hidden, dim]);
  const layerSize = 2 * network.size + dim;
  const half = Math.floor(dim / 2);
  const keeps = (layer: number, k: number) => (layer % 2 === 0 ? k >= half : k < half);

  /** s and t of a layer, given any vector with the kept coordinates. */
  const terms = (parameters: Vector, layer: number, u: Vector) => {
    const offset = layer * layerSize;
    const kept = u.map((value, k) => (keeps(layer, k) ? value : 0));
    const shift = network.forward(parameters, offset, kept);
    const raw = network.forward(parameters, offset + network.size, kept);
    const scaleAt = offset + 2 * network.size;
    const squashed = raw.output.map(Math.tanh);
    return { offset, shift, raw, scaleAt, squashed, scale: squashed.map((x, k) => parameters[scaleAt + k] * x) };
  };

  return {
    dim,
    size: layers * layerSize,
    initial(random: RandomSource) {
      const parameters = new Float64Array(layers * layerSize);
      for (let layer = 0; layer < layers; layer++) {
        const offset = layer * layerSize;
        parameters.set(network.initial(random), offset);
        parameters.set(network.initial(random), offset + network.size);
        parameters.fill(1, offset + 2 * network.size, offset + layerSize);
      }
      return parameters;
    },
    forward(parameters, base) {
      let u = base;
      let logDet = 0;
      const tapes: (ReturnType<typeof terms> & { readonly layer: number; readonly after: Vector })[] = [];
      for (let layer = layers - 1; layer >= 0; layer--) {
        const found = terms(parameters, layer, u);
        const { shift, scale } = found;
        u = u.map((value, k) => {
          if (keeps(layer, k)) return value;
          logDet -= scale[k];
          return (value - shift.output[k]) * Math.exp(-scale[k]);
        });
        tapes.push({ ...found, layer, after: u });
      }
      return {
        point: u,
        logDet,
        addGradient(slope, weight, into) {
          let above = slope.slice();
          for (const { layer, offset, shift, raw, scaleAt, squashed, scale, after } of tapes.slice().reverse()) {
            const shiftSlope = new Float64Array(dim);
            const rawSlope = new Float64Array(dim);
            const below = above.slice();
            for (let k = 0; k < dim; k++) {
              if (keeps(layer, k)) continue;
              const factor = Math.exp(-scale[k]);
              below[k] = above[k] * factor;
              shiftSlope[k] = -above[k] * factor;
              const scaleSlope = -above[k] * after[k] - weight;
              into[scaleAt + k] += scaleSlope * squashed[k];
              rawSlope[k] = scaleSlope * parameters[scaleAt + k] * (1 - squashed[k] * squashed[k]);
            }
            addKept(network.addGradient(parameters, offset, shift, shiftSlope, into), layer, below);
            addKept(network.addGradient(parameters, offset + network.size, raw, rawSlope, into), layer, below);
            above = below;
          }
          return above;
        },
      };
    },
    inverse(parameters, point) {
      let u = point;
      let logDet = 0;
      for (let layer = 0; layer < layers; layer++) {
        const { shift, scale } = terms(parameters, layer, u);
        u = u.map((value, k) => {
          if (keeps(layer, k)) return value;
          logDet -= scale[k];
          return value * Math.exp(scale[k]) + shift.output[k];
        });
      }
      return { base: u, logDet };
    },
  };

  /** The networks see the kept coordinates only. */
  function addKept(inputSlope: Vector, layer: number, below: Vector): void {
    for (let k = 0; k < dim; k++) if (keeps(layer, k)) below[k] += inputSlope[k];
  }
}

import type { SubspaceLikelihood, Vector } from '@subspace/core';

/**
 * The log likelihood of a fully connected ReLU network in a plane of its weights, in float64 and plain loops: smooth to rounding, so that optima can be
 * compared to many digits, with the Gauss–Newton matrix.
 */
export interface ReluNetwork {
  /** Widths from the inputs to the outputs. */
  readonly sizes: readonly number[];
  /** Flat, in PyTorch's order: per layer weight [out, in], then bias; then what the head wants. */
  readonly shift: ArrayLike<number>;
  readonly basis: readonly ArrayLike<number>[];
  readonly inputs: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly head: Head;
}

/** log p of one row, its slope in the network's outputs (and in the head's own weight), and the Fisher information of what the density depends on. */
export interface Head {
  /** Whether the last weight is the head's. */
  readonly ownWeight?: boolean;
  row(
    outputs: Float64Array,
    target: number,
    own: number,
  ): {
    value: number;
    slope: number[];
    ownSlope?: number;
    /** Quadratic form of Fisher's information in two tangents of outputs and own weight. */
    fisher(a: Float64Array, ownA: number, b: Float64Array, ownB: number): number;
  };
}

export function gaussianHead(variance: number): Head {
  return {
    row([mean], target) {
      const residual = target - mean;
      return {
        value: -0.5 * Math.log(2 * Math.PI * variance) - residual ** 2 / (2 * variance),
        slope: [residual / variance],
        fisher: (a, _, b) => (a[0] * b[0]) / variance,
      };
    },
  };
}

export function categoricalHead(): Head {
  return {
    row(logits, target) {
      const most = Math.max(...logits);
      const exps = Array.from(logits, (x) => Math.exp(x - most));
      const total = exps.reduce((a, b) => a + b);
      const p = exps.map((x) => x / total);
      const mean = (a: Float64Array) => p.reduce((sum, q, c) => sum + q * a[c], 0);
      return {
        value: Math.log(p[target]),
        slope: p.map((q, c) => (c === target ? 1 : 0) - q),
        fisher: (a, _, b) => p.reduce((sum, q, c) => sum + q * a[c] * b[c], 0) - mean(a) * mean(b),
      };
    },
  };
}

/** Outputs [mean, ρ], own weight v: variance softplus(ρ) + softplus(v). */
export function heteroscedasticHead(): Head {
  const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  return {
    ownWeight: true,
    row([mean, rho], target, v) {
      const variance = softplus(rho) + softplus(v);
      const residual = target - mean;
      const slopeOfVariance = -1 / (2 * variance) + residual ** 2 / (2 * variance ** 2);
      const change = (a: Float64Array, own: number) => sigmoid(rho) * a[1] + sigmoid(v) * own;
      return {
        value: -0.5 * Math.log(2 * Math.PI * variance) - residual ** 2 / (2 * variance),
        slope: [residual / variance, slopeOfVariance * sigmoid(rho)],
        ownSlope: slopeOfVariance * sigmoid(v),
        fisher: (a, ownA, b, ownB) =>
          (a[0] * b[0]) / variance + (change(a, ownA) * change(b, ownB)) / (2 * variance ** 2),
      };
    },
  };
}

export function reluLikelihood(network: ReluNetwork): SubspaceLikelihood & { evaluations: number } {
  const { sizes, shift, basis, inputs, targets, head } = network;
  const dim = basis.length;
  const rows = targets.length;
  const layers = sizes.length - 1;
  const size = shift.length;
  const offsets: number[] = [];
  let place = 0;
  for (let l = 0; l < layers; l++) {
    offsets.push(place);
    place += sizes[l + 1] * (sizes[l] + 1);
  }

  const weightsAt = (z: Vector) => {
    const weights = Float64Array.from(shift);
    for (let k = 0; k < dim; k++) for (let j = 0; j < size; j++) weights[j] += z[k] * basis[k][j];
    return weights;
  };
  const activations = sizes.map((width) => new Float64Array(width));
  const forward = (weights: Float64Array, row: number) => {
    for (let i = 0; i < sizes[0]; i++) activations[0][i] = inputs[row * sizes[0] + i];
    for (let l = 0; l < layers; l++) {
      const [from, to] = [activations[l], activations[l + 1]];
      const bias = offsets[l] + to.length * from.length;
      for (let o = 0; o < to.length; o++) {
        let sum = weights[bias + o];
        const start = offsets[l] + o * from.length;
        for (let i = 0; i < from.length; i++) sum += weights[start + i] * from[i];
        to[o] = l < layers - 1 && sum < 0 ? 0 : sum;
      }
    }
  };
  const own = (weights: ArrayLike<number>) => (head.ownWeight ? weights[size - 1] : 0);

  const likelihood: SubspaceLikelihood & { evaluations: number } = {
    dim,
    rows,
    evaluations: 0,
    values(points) {
      return Float64Array.from(points, (z) => {
        likelihood.evaluations++;
        const weights = weightsAt(z);
        let sum = 0;
        for (let row = 0; row < rows; row++) {
          forward(weights, row);
          sum += head.row(activations[layers], targets[row], own(weights)).value;
        }
        return sum;
      });
    },
    valuesAndGradients: (points) =>
      likelihood.minibatch(
        points,
        Int32Array.from({ length: rows }, (_, i) => i),
      ) as never,
    minibatch(points, chosen) {
      return points.map((z) => {
        likelihood.evaluations++;
        const weights = weightsAt(z);
        const gradient = new Float64Array(size);
        const scale = rows / chosen.length;
        let value = 0;
        for (const row of chosen) {
          forward(weights, row);
          const answer = head.row(activations[layers], targets[row], own(weights));
          value += answer.value;
          if (head.ownWeight) gradient[size - 1] += answer.ownSlope!;
          let delta = Float64Array.from(answer.slope);
          for (let l = layers - 1; l >= 0; l--) {
            const from = activations[l];
            const bias = offsets[l] + delta.length * from.length;
            const next = new Float64Array(from.length);
            for (let o = 0; o < delta.length; o++) {
              const d = delta[o];
              if (d === 0) continue;
              gradient[bias + o] += d;
              const start = offsets[l] + o * from.length;
              for (let i = 0; i < from.length; i++) {
                gradient[start + i] += d * from[i];
                if (from[i] > 0) next[i] += d * weights[start + i];
              }
            }
            delta = next;
          }
        }
        const projected = Float64Array.from({ length: dim }, (_, k) => {
          let sum = 0;
          for (let j = 0; j < size; j++) sum += gradient[j] * basis[k][j];
          return scale * sum;
        });
        return { value: scale * value, gradient: projected };
      });
    },
    pointwise(z) {
      const weights = weightsAt(z);
      return Float64Array.from({ length: rows }, (_, row) => {
        forward(weights, row);
        return head.row(activations[layers], targets[row], own(weights)).value;
      });
    },
    gaussNewton(z) {
      const weights = weightsAt(z);
      const matrix = new Float64Array(dim * dim);
      for (let row = 0; row < rows; row++) {
        forward(weights, row);
        const tangents = Array.from({ length: dim }, (_, k) => {
          let tangent = new Float64Array(sizes[0]);
          for (let l = 0; l < layers; l++) {
            const [from, to] = [activations[l], activations[l + 1]];
            const bias = offsets[l] + to.length * from.length;
            const next = new Float64Array(to.length);
            for (let o = 0; o < to.length; o++) {
              if (l < layers - 1 && to[o] === 0) continue;
              let sum = basis[k][bias + o];
              const start = offsets[l] + o * from.length;
              for (let i = 0; i < from.length; i++)
                sum += basis[k][start + i] * from[i] + weights[start + i] * tangent[i];
              next[o] = sum;
            }
            tangent = next;
          }
          return tangent;
        });
        const { fisher } = head.row(activations[layers], targets[row], own(weights));
        for (let i = 0; i < dim; i++) {
          for (let j = 0; j < dim; j++)
            matrix[i * dim + j] += fisher(tangents[i], own(basis[i]), tangents[j], own(basis[j]));
        }
      }
      return matrix;
    },
    dispose() {},
  };
  return likelihood;
}

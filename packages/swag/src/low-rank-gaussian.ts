import { type RandomSource, type Subspace, toWeights, type WeightLayout, weightLayout } from '@subspace/core';
import { gramMatrix } from './gram-matrix.ts';
import { addRowProducts } from './row-products.ts';
import { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.ts';

/** N(mean, scale·(diag(variance) + FᵀF)), where FᵀF keeps only its entries of weights of the same block. */
export interface LowRankGaussian {
  readonly layout: WeightLayout;
  /** Writes a draw to `out` [D]: block after block, first a normal for each row of F, then one for each weight. */
  draw(random: RandomSource, out: Float32Array): void;
  /** log N(weights | …) in nats, constants included. */
  logDensity(weights: ArrayLike<number>): number;
}

export interface LowRankGaussianParts {
  readonly layout: WeightLayout;
  readonly mean: Float32Array;
  /** [D], > 0 */
  readonly variance: Float32Array;
  /** M rows of factor⁻¹·F; none for a diagonal covariance. */
  readonly rows: readonly Float32Array[];
  readonly factor: number;
  readonly scale: number;
  /** Whether each tensor of the layout is a block, or all weights are one. */
  readonly blocks: 'tensors' | 'one';
}

export function lowRankGaussian(parts: LowRankGaussianParts): LowRankGaussian {
  const { layout } = parts;
  const tensors = parts.blocks === 'one' ? [{ name: 'weights', shape: [layout.size], offset: 0 }] : layout.entries;
  const blocks = tensors.map(({ name, shape, offset }) => {
    const own = weightLayout([{ name, shape }]);
    const end = offset + own.size;
    const basis = parts.rows.map((row) => row.subarray(offset, end));
    const plane: Subspace = { layout: own, shift: parts.mean.subarray(offset, end), basis };
    return { plane, offset, end, variance: parts.variance.subarray(offset, end) };
  });
  // Made when the log density is first asked for, because draws need neither: −½·ln |2π·scale·V|, and F·V⁻¹·Fᵀ of each block.
  let constant: number | undefined;
  const grams: (SymmetricEigen | undefined)[] = [];

  return {
    layout,

    draw(random, out) {
      for (const { plane, variance, offset, end } of blocks) {
        drawBlock(parts, plane, variance, random, out.subarray(offset, end));
      }
    },

    logDensity(weights) {
      constant ??= -0.5 * (layout.size * Math.log(2 * Math.PI * parts.scale) + sumOfLogs(parts.variance));
      let value = constant;
      blocks.forEach(({ plane, variance, offset }, b) => {
        const { quadratic, along } = residuals(plane, variance, weights, offset, parts.factor);
        grams[b] ??= whitenedGram(plane.basis, variance, parts.factor);
        value += -0.5 * (quadratic / parts.scale) + lowRankTerm(grams[b], along, parts.scale);
      });
      return value;
    },
  };
}

/** mean + √scale·(Fᵀε₁ + √variance ∘ ε₂). */
function drawBlock(
  { factor, scale }: LowRankGaussianParts,
  plane: Subspace,
  variance: Float32Array,
  random: RandomSource,
  out: Float32Array,
): void {
  const z = Float64Array.from(plane.basis, () => Math.sqrt(scale) * factor * random.normal());
  toWeights(plane, z, out);
  for (let i = 0; i < out.length; i++) out[i] += Math.sqrt(scale * variance[i]) * random.normal();
}

/** With r = w − mean and V = diag(variance): rᵀV⁻¹r and F·V⁻¹·r. */
function residuals(
  { shift, basis }: Subspace,
  variance: Float32Array,
  weights: ArrayLike<number>,
  offset: number,
  factor: number,
): { quadratic: number; along: Float64Array } {
  const along = new Float64Array(basis.length);
  const block = Math.min(2048, shift.length);
  const scaled = new Float64Array(block);
  let quadratic = 0;
  for (let start = 0; start < shift.length; start += block) {
    const length = Math.min(block, shift.length - start);
    for (let i = 0, at = start; i < length; i++, at++) {
      const residual = weights[offset + at] - shift[at];
      scaled[i] = residual / variance[at];
      quadratic += residual * scaled[i];
    }
    addRowProducts(scaled, basis, basis.length, start, length, along, 0);
  }
  return { quadratic, along: along.map((x) => factor * x) };
}

/** Eigenvalues and eigenvectors of F·V⁻¹·Fᵀ, [M, M]. */
function whitenedGram(rows: readonly Float32Array[], variance: Float32Array, factor: number): SymmetricEigen {
  const gram = gramMatrix(rows, variance);
  return symmetricEigen(
    gram.map((x) => factor * factor * x),
    rows.length,
  );
}

/**
 * What Woodbury's identity and the determinant lemma add to log N(0, scale·V): ½(tᵀC⁻¹t/scale − ln |C|) with C = I + F·V⁻¹·Fᵀ and t = F·V⁻¹·r.
 */
function lowRankTerm({ values, vectors }: SymmetricEigen, t: Float64Array, scale: number): number {
  let term = 0;
  for (let k = 0; k < vectors.length; k++) {
    const eigenvalue = Math.max(0, values[k]);
    const along = vectors[k].reduce((sum, u, m) => sum + u * t[m], 0);
    term += 0.5 * ((along * along) / (1 + eigenvalue) / scale - Math.log1p(eigenvalue));
  }
  return term;
}

function sumOfLogs(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.log(values[i]);
  return sum;
}

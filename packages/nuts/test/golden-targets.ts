import { type DifferentiableLogDensity, type Evaluation, logDensity, type Vector } from '@subspace/core';

/** The closed-form targets of `samplers-targets.json` by name, from the parameters there. */
// biome-ignore lint/suspicious/noExplicitAny: golden files are plain JSON of many shapes
export function goldenTarget(name: string, golden: any): DifferentiableLogDensity {
  if (name === 'correlatedGaussian') return gaussian(golden.mean, golden.covariance);
  if (name === 'banana') return banana(golden.a, golden.b);
  if (name === 'twoModes') return mixture(golden.weights, golden.means, golden.covariances);
  if (name.startsWith('funnel')) return funnel(golden.width);
  throw new Error(`no target ${name}`);
}

function gaussian(mean: readonly number[], covariance: readonly (readonly number[])[]): DifferentiableLogDensity {
  const { inverse, logDeterminant } = inverted(covariance);
  const dim = mean.length;
  return logDensity(dim, (z) => {
    const gradient = Float64Array.from(inverse, (row) => -row.reduce((sum, p, j) => sum + p * (z[j] - mean[j]), 0));
    const square = gradient.reduce((sum, g, k) => sum - g * (z[k] - mean[k]), 0);
    return { value: -0.5 * (square + logDeterminant + dim * Math.log(2 * Math.PI)), gradient };
  });
}

function banana(a: number, b: number): DifferentiableLogDensity {
  return logDensity(2, ([x, y]) => {
    const off = y - b * (x ** 2 - a ** 2);
    return {
      value: -0.5 * (x / a) ** 2 - Math.log(a) - Math.log(2 * Math.PI) - 0.5 * off ** 2,
      gradient: Float64Array.of(-x / a ** 2 + 2 * b * x * off, -off),
    };
  });
}

function mixture(
  weights: readonly number[],
  means: readonly (readonly number[])[],
  covariances: readonly (readonly (readonly number[])[])[],
): DifferentiableLogDensity {
  const parts = means.map((mean, i) => gaussian(mean, covariances[i]));
  return logDensity(2, (z: Vector): Evaluation => {
    const each = parts.map((part) => (part.valuesAndGradients([z]) as readonly Evaluation[])[0]);
    const densities = each.map(({ value }, i) => weights[i] * Math.exp(value));
    const total = densities.reduce((sum, x) => sum + x, 0);
    const gradient = Float64Array.from(z, (_, k) =>
      each.reduce((sum, part, i) => sum + (densities[i] / total) * part.gradient[k], 0),
    );
    return { value: Math.log(total), gradient };
  });
}

function funnel(width: number): DifferentiableLogDensity {
  return logDensity(4, ([v, ...x]) => {
    const squares = x.reduce((sum, value) => sum + value ** 2, 0);
    const normal = 0.5 * Math.log(2 * Math.PI);
    return {
      value: -0.5 * (v / width) ** 2 - Math.log(width) - normal - 0.5 * squares * Math.exp(-v) - 3 * (0.5 * v + normal),
      gradient: Float64Array.of(
        -v / width ** 2 + 0.5 * squares * Math.exp(-v) - 1.5,
        ...x.map((value) => -value * Math.exp(-v)),
      ),
    };
  });
}

/** Gauss and Jordan, without pivots: for positive definite matrices. */
function inverted(matrix: readonly (readonly number[])[]): { inverse: number[][]; logDeterminant: number } {
  const dim = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  let logDeterminant = 0;
  for (let i = 0; i < dim; i++) {
    const pivot = rows[i][i];
    logDeterminant += Math.log(pivot);
    rows[i] = rows[i].map((x) => x / pivot);
    for (let r = 0; r < dim; r++) {
      const factor = r === i ? 0 : rows[r][i];
      rows[r] = rows[r].map((x, c) => x - factor * rows[i][c]);
    }
  }
  return { inverse: rows.map((row) => row.slice(dim)), logDeterminant };
}

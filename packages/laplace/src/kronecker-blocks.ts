import type { KroneckerFactors } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import type { ChosenTensor, ChosenWeights } from './chosen-weights.ts';
import type { CurvatureProblem } from './curvature-options.ts';
import { factorRows } from './jacobian-rows.ts';
import type { KroneckerBlock } from './kronecker-curvature.ts';
import { dot } from './vectors.ts';

/** A dense layer's tensors among the chosen weights: its weight, its bias, or both. */
interface DenseLayer {
  readonly weight?: ChosenTensor;
  readonly bias?: ChosenTensor;
}

/**
 * The Kronecker factors of the chosen dense layers: from the engine where it has them; else from gradients of single rows, which of a dense layer are g·aᵀ for the weight and g for the bias.
 *
 * A row whose gradient is 0 throughout a layer does not tell its activations, and then does not count in their mean.
 *
 * @throws at a tensor that belongs to no dense layer, by name
 */
export async function kroneckerBlocks(
  problem: CurvatureProblem,
  onRows?: (row: number) => void,
): Promise<readonly KroneckerBlock[]> {
  const { where, network, weights, data, likelihood, chosen } = problem;
  if (network.kroneckerFactors) {
    return blocksOfEngine(where, chosen, await network.kroneckerFactors(weights, data, likelihood));
  }
  const layers = denseLayers(where, chosen);
  const size = chosen.size;
  const sums = layers.map(({ weight, bias }) => layerSums(where, weight!, bias!));
  for await (const { count, outputs, factor, rowWeight } of factorRows(problem, onRows)) {
    for (let row = 0; row < count; row++) {
      const rows = Array.from({ length: outputs }, (_, m) => {
        const at = (row * outputs + m) * size;
        return factor.subarray(at, at + size);
      });
      for (const layer of sums) layer.add(rows, rowWeight(row));
    }
  }
  return sums.flatMap((layer) => layer.blocks());
}

function blocksOfEngine(
  where: string,
  { tensors }: ChosenWeights,
  factors: readonly KroneckerFactors[],
): readonly KroneckerBlock[] {
  return tensors.map((tensor): KroneckerBlock => {
    const { name, start } = tensor;
    const layer = factors.find(({ weight, bias }) => weight === name || bias === name);
    if (!layer) throw notDense(where, tensor);
    if (layer.bias === name) return { start, first: layer.outputs, second: Float64Array.of(1) };
    const [first, second] = layer.order === 'out-in' ? [layer.outputs, layer.inputs] : [layer.inputs, layer.outputs];
    return { start, first, second };
  });
}

/** Matrices with the bias of their layer. */
function denseLayers(where: string, { tensors }: ChosenWeights): readonly DenseLayer[] {
  const layers = new Map<string, { weight?: ChosenTensor; bias?: ChosenTensor }>();
  for (const tensor of tensors) {
    const layer = layers.get(tensor.layer) ?? {};
    layers.set(tensor.layer, layer);
    if (tensor.shape.length === 2 && !layer.weight) layer.weight = tensor;
    else if (tensor.shape.length === 1 && !layer.bias) layer.bias = tensor;
    else throw notDense(where, tensor);
  }
  for (const { weight, bias } of layers.values()) {
    const complete = weight && bias && weight.shape.includes(bias.length);
    if (!complete) throw notDense(where, (weight ?? bias)!);
  }
  return [...layers.values()];
}

function notDense(where: string, { name, layer, shape }: ChosenTensor): Error {
  return argumentError(
    where,
    `structure is 'kronecker', but ${name} [${shape.join(', ')}] is no part of a dense layer with a bias; expected layers without ${layer}: name those to keep`,
  );
}

/** Sums over the rows of one layer. */
function layerSums(where: string, weight: ChosenTensor, bias: ChosenTensor) {
  const out = bias.length;
  const [p, q] = weight.shape;
  const inputs = p === out ? q : p;
  const A = new Float64Array(inputs * inputs);
  const G = new Float64Array(out * out);
  let counted = 0;
  // A square matrix may be either: the first gradient tells.
  let order: 'out-in' | 'in-out' | undefined = p === q ? undefined : p === out ? 'out-in' : 'in-out';

  /** a of a gradient g·aᵀ, [in]; and how much of the gradient it leaves. */
  const activations = (gradient: Float64Array, g: Float64Array, by: 'out-in' | 'in-out') => {
    const squares = dot(g, g);
    const at = (o: number, i: number) => (by === 'out-in' ? o * inputs + i : i * out + o);
    const a = new Float64Array(inputs);
    for (let o = 0; o < out; o++) for (let i = 0; i < inputs; i++) a[i] += (g[o] * gradient[at(o, i)]) / squares;
    let left = 0;
    for (let o = 0; o < out; o++) {
      for (let i = 0; i < inputs; i++) {
        const off = gradient[at(o, i)] - g[o] * a[i];
        left += off * off;
      }
    }
    return { a, fits: left <= 1e-6 * dot(gradient, gradient) };
  };

  return {
    add(rows: readonly Float64Array[], rowWeight: number): void {
      let best: Float64Array | undefined;
      let length = 0;
      for (const row of rows) {
        const g = row.subarray(bias.start, bias.start + out);
        addOuter(G, 1, g);
        const squares = dot(g, g);
        if (squares > length) [best, length] = [row, squares];
      }
      if (!best) return;
      const g = best.subarray(bias.start, bias.start + out);
      const gradient = best.subarray(weight.start, weight.start + weight.length);
      const found = (order ? [order] : (['out-in', 'in-out'] as const))
        .map((by) => ({ by, ...activations(gradient, g, by) }))
        .filter(({ fits }) => fits);
      if (found.length === 0) throw notDense(where, weight);
      // Of a gradient that fits both, symmetric as it is, the next one tells.
      if (found.length === 1) order = found[0].by;
      addOuter(A, rowWeight, found[0].a);
      counted += rowWeight;
    },
    blocks(): KroneckerBlock[] {
      const mean = A.map((sum) => sum / (counted || 1));
      const [first, second] = (order ?? 'out-in') === 'out-in' ? [G, mean] : [mean, G];
      return [
        { start: weight.start, first, second },
        { start: bias.start, first: G, second: Float64Array.of(1) },
      ];
    },
  };
}

/** matrix += factor·v·vᵀ. */
function addOuter(matrix: Float64Array, factor: number, v: ArrayLike<number>): void {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    const x = factor * v[i];
    if (x === 0) continue;
    for (let j = 0, at = i * n; j < n; j++, at++) matrix[at] += x * v[j];
  }
}

import {
  type Arrays,
  arraysDataset,
  type Dataset,
  randomSource,
  type Subspace,
  type WeightLayout,
} from '@subspace/core';

/** Weights N(0, std²) from a seed. */
export function randomWeights({ size }: { readonly size: number }, seed: number | string, std = 0.5): Float32Array {
  const random = randomSource(seed).fork('weights');
  return Float32Array.from({ length: size }, () => std * random.normal());
}

export function randomSubspace(layout: WeightLayout, dim: number, seed: number | string, std = 0.2): Subspace {
  const basis = Array.from({ length: dim }, (_, k) => randomWeights(layout, `${seed}, row ${k}`, std));
  return { layout, shift: randomWeights(layout, seed), basis };
}

/** Points N(0, 1). */
export function randomPoints(dim: number, count: number, seed: number | string): Float64Array[] {
  const random = randomSource(seed).fork('points');
  return Array.from({ length: count }, () => Float64Array.from({ length: dim }, () => random.normal()));
}

export function randomInputs(rows: number, width: number, seed: number | string): Arrays {
  const random = randomSource(seed).fork('inputs');
  return { data: Float32Array.from({ length: rows * width }, () => random.normal()), shape: [rows, width] };
}

type InMemory = Dataset & {
  readonly arrays: { readonly inputs: Arrays; readonly targets: Arrays; readonly rowWeights?: Float32Array };
};

/** Inputs N(0, 1), targets N(0, 1) or labels; weights of rows uniform on [0, 2), the first 0. */
export function randomData(
  rows: number,
  width: number,
  targets: { readonly means: number } | { readonly classes: number },
  weighted = false,
): InMemory {
  const random = randomSource(`data ${rows}`);
  const truth =
    'means' in targets
      ? {
          data: Float32Array.from({ length: rows * targets.means }, () => random.normal()),
          shape: [rows, targets.means],
        }
      : {
          data: Int32Array.from({ length: rows }, () => Math.floor(random.uniform() * targets.classes)),
          shape: [rows],
        };
  const rowWeights = weighted
    ? Float32Array.from({ length: rows }, (_, row) => (row === 0 ? 0 : 2 * random.uniform()))
    : undefined;
  return arraysDataset({ inputs: randomInputs(rows, width, 'data'), targets: truth, rowWeights }) as InMemory;
}

/** The same rows, to be had by `gather` only: at once, or with a promise. */
export function gatheredOnly(data: Dataset, asynchronous: boolean): Dataset {
  const { size, inputShape, targetShape } = data;
  const gather: Dataset['gather'] = (rows, random) =>
    asynchronous ? Promise.resolve(data.gather(rows, random)) : data.gather(rows, random);
  return { size, inputShape, targetShape, gather };
}

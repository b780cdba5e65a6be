import type { WeightLayout } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { partOf } from './tensor-layout.ts';
import { sizeOf } from './torch-tensor.ts';

/**
 * For an entry of a dense layer behind a flatten: the shape of one example before it, as PyTorch has it, [channels, height, width]; `false` where the inputs are
 * no flattened images.
 */
export type FlattenShapes = Readonly<Record<string, readonly number[] | false>>;

/**
 * The channels of dense layers whose inputs are flattened images, which PyTorch orders [channels, …space] and TensorFlow [space, channels]: as the caller says, and else of
 * the first dense kernel after a convolution, if it has several inputs for each of its channels, and of others with as many inputs, which no dense layer between puts out.
 */
export function flattenedChannels(
  where: string,
  { entries }: WeightLayout,
  given: FlattenShapes = {},
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  let channels: number | undefined;
  let flat: { readonly inputs: number; readonly channels: number } | undefined;
  let widths: number[] = [];
  for (const { name, shape } of entries) {
    const convolved = channelsOf(name, shape);
    if (convolved !== undefined) {
      channels = convolved;
      flat = undefined;
      widths = [];
    } else if (partOf(name) === 'kernel' && shape.length === 2) {
      const [inputs, outputs] = shape;
      if (channels && inputs > channels && inputs % channels === 0) flat = { inputs, channels };
      channels = undefined;
      if (flat?.inputs === inputs && !widths.includes(inputs)) found.set(name, flat.channels);
      widths.push(outputs);
    }
  }
  for (const [name, before] of Object.entries(given)) {
    const entry = entries.find((other) => other.name === name);
    if (entry?.shape.length !== 2) {
      throw argumentError(where, `flatten has ${JSON.stringify(name)}, expected the entry of a dense layer's kernel`);
    }
    found.delete(name);
    if (before === false) continue;
    const inputs = entry.shape[/kernel$/.test(partOf(name)) ? 0 : 1];
    if (
      !Array.isArray(before) ||
      before.length < 2 ||
      !before.every(Number.isSafeInteger) ||
      sizeOf(before) !== inputs
    ) {
      throw argumentError(
        where,
        `flatten[${JSON.stringify(name)}] is ${JSON.stringify(before)}, expected [channels, …space] with a product of ${inputs}, or false`,
      );
    }
    found.set(name, before[0]);
  }
  return found;
}

/** Channels that a convolution puts out; undefined of what is none. */
function channelsOf(name: string, shape: readonly number[]): number | undefined {
  if (shape.length < 3) return undefined;
  const part = partOf(name);
  if (part === 'depthwise_kernel') return shape[2] * shape[3];
  if (part !== 'kernel' && part !== 'pointwise_kernel') return undefined;
  // Of a transposed one, [height, width, out, in].
  return shape[shape.length - (/transpose/i.test(name) ? 2 : 1)];
}

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
 * The channels of dense layers whose inputs are flattened images, which PyTorch orders [channels, …space] and TensorFlow [space, channels]: as the caller says,
 * and else of the first dense kernel after a convolution, if it has several inputs for each of its channels.
 */
export function flattenedChannels(
  where: string,
  { entries }: WeightLayout,
  given: FlattenShapes = {},
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  let channels: number | undefined;
  for (const { name, shape } of entries) {
    const part = partOf(name);
    const convolved = channelsOf(part, shape);
    if (convolved !== undefined) channels = convolved;
    else if (part === 'kernel' && shape.length === 2) {
      if (channels && shape[0] > channels && shape[0] % channels === 0) found.set(name, channels);
      channels = undefined;
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
function channelsOf(part: string, shape: readonly number[]): number | undefined {
  if (shape.length < 3) return undefined;
  if (part === 'depthwise_kernel') return shape[2] * shape[3];
  return part === 'kernel' || part === 'pointwise_kernel' ? shape[shape.length - 1] : undefined;
}

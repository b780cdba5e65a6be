import { weightLayout } from '@subspace/core';
import { denseNetwork } from '@subspace/dense';
import { loadStateDict, type StateTensor } from '@subspace/torch';
import { expect, it } from 'vitest';

type Entry = readonly [name: string, ...shape: number[]];

/** The dense kernels of a layout that are taken to be behind a flatten. */
async function flattened(entries: readonly Entry[], flatten = {}): Promise<Readonly<Record<string, number>>> {
  const layout = weightLayout(entries.map(([name, ...shape]) => ({ name, shape })));
  const network = denseNetwork({ sizes: [1, 1] });
  const other = { ...network, layout, readWeights: () => new Float32Array(layout.size), writeWeights: () => {} };
  return (await loadStateDict(other, new Map<string, StateTensor>(), { strict: false, flatten })).flattened;
}

it.each<readonly [string, readonly Entry[], Readonly<Record<string, number>>]>([
  [
    'the first dense layer after a convolution',
    [
      ['a/kernel', 3, 3, 1, 4],
      ['b/kernel', 8, 5],
      ['c/kernel', 5, 8],
      ['d/kernel', 8, 1],
    ],
    { 'b/kernel': 4 },
  ],
  [
    'two heads on the same images',
    [
      ['a/kernel', 3, 3, 1, 4],
      ['mean/kernel', 8, 5],
      ['variance/kernel', 8, 5],
    ],
    { 'mean/kernel': 4, 'variance/kernel': 4 },
  ],
  [
    'two convolutions with a head each',
    [
      ['a/kernel', 3, 3, 1, 4],
      ['b/kernel', 8, 5],
      ['c/kernel', 3, 3, 1, 2],
      ['d/kernel', 8, 5],
    ],
    { 'b/kernel': 4, 'd/kernel': 2 },
  ],
  [
    'pooled images',
    [
      ['a/kernel', 3, 3, 1, 4],
      ['b/kernel', 4, 8],
      ['c/kernel', 8, 4],
    ],
    {},
  ],
  [
    'a depthwise convolution',
    [
      ['a/depthwise_kernel', 3, 3, 2, 3],
      ['b/kernel', 12, 1],
    ],
    { 'b/kernel': 6 },
  ],
  [
    'a separable convolution',
    [
      ['a/depthwise_kernel', 3, 3, 2, 3],
      ['a/pointwise_kernel', 1, 1, 6, 4],
      ['b/kernel', 12, 1],
    ],
    { 'b/kernel': 4 },
  ],
  [
    'a transposed convolution',
    [
      ['conv2d_transpose_Conv2DTranspose1/kernel', 2, 2, 3, 2],
      ['b/kernel', 12, 1],
    ],
    { 'b/kernel': 3 },
  ],
  [
    'no convolution',
    [
      ['a/kernel', 4, 8],
      ['b/kernel', 8, 1],
    ],
    {},
  ],
])('%s', async (_, entries, expected) => {
  expect(await flattened(entries)).toEqual(expected);
});

it('as the caller says', async () => {
  const entries = [
    ['a/kernel', 3, 3, 1, 4],
    ['b/kernel', 8, 5],
    ['c/kernel', 12, 1],
  ] as const;
  expect(await flattened(entries, { 'b/kernel': false, 'c/kernel': [3, 2, 2] })).toEqual({ 'c/kernel': 3 });
});

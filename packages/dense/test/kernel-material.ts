import type { Likelihood } from '@subspace/core';
import { formulaArray, formulaHash, formulaUniform } from '@subspace-internal/testing';
import { weightOrder } from '../src/weight-order.ts';
import type { ReferenceNetwork } from './reference-network.ts';

/** Problems for kernels: networks, and made-up weights and data that fit. */

/** A network, and rows of data that fit. */
export interface Problem extends ReferenceNetwork {
  readonly likelihood: Likelihood;
  readonly rows: number;
  /** Rows that go through all layers together: a multiple of 4. */
  readonly blockRows: number;
  readonly weighted: boolean;
  readonly salt: number;
  /** Instead of made-up numbers. */
  readonly given?: { readonly weights: Float32Array; readonly inputs: Float32Array; readonly targets: Float32Array };
}

export interface Material {
  /** Flat weights [D], in single precision like all that goes into the kernels. */
  readonly weights: Float32Array;
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly rowWeights?: Float32Array;
  input(row: number): Float32Array;
  target(row: number): Float32Array;
  weight(row: number): number;
  /** A direction in weight space, in proportion to the weights. */
  direction(k: number): Float32Array;
}

/** How many targets a row has. */
export function targetsOf({ sizes, likelihood }: Problem): number {
  const outputs = sizes[sizes.length - 1];
  if (likelihood.kind === 'categorical' || likelihood.kind === 'binary') return 1;
  return likelihood.kind === 'gaussian' ? outputs : outputs / 2;
}

export function materialOf(problem: Problem): Material {
  const { sizes, rows, salt, likelihood, weighted, given } = problem;
  const order = orderOf(problem);
  const inputs = sizes[0];
  const targets = targetsOf(problem);
  const classes = sizes[sizes.length - 1];
  const scales = new Float32Array(order.layout.size).fill(0.5);
  order.layout.entries.forEach(({ offset, shape }, i) => {
    const end = order.layout.entries[i + 1]?.offset ?? order.layout.size;
    scales.fill(1.2 / Math.sqrt(shape[1] ?? 4), offset, end);
  });
  const normalised = (salt: number) => formulaArray(scales.length, salt, 1).map((x, d) => x * scales[d]);
  const x = given?.inputs ?? Float32Array.from(formulaArray(rows * inputs, salt + 1, 1));
  const y =
    given?.targets ??
    (likelihood.kind === 'categorical' || likelihood.kind === 'binary'
      ? Float32Array.from({ length: rows }, (_, r) => formulaHash(r, salt + 2) % Math.max(2, classes))
      : Float32Array.from(formulaArray(rows * targets, salt + 2, 1.5)));
  const rowWeights = weighted
    ? Float32Array.from({ length: rows }, (_, r) => 0.25 + formulaUniform(r, salt + 3))
    : undefined;
  return {
    weights: given?.weights ?? Float32Array.from(normalised(salt + 4)),
    inputs: x,
    targets: y,
    rowWeights,
    input: (row) => x.subarray(row * inputs, (row + 1) * inputs),
    target: (row) => y.subarray(row * targets, (row + 1) * targets),
    weight: (row) => rowWeights?.[row] ?? 1,
    direction: (k) => Float32Array.from(normalised(salt + 5 + k)),
  };
}

export function orderOf({ sizes, head, globalVariance }: ReferenceNetwork) {
  return weightOrder(sizes, head === 'heteroscedastic' && globalVariance === 'trainable');
}

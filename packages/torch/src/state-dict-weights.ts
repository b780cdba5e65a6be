import type { WeightLayout } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { type FlattenShapes, flattenedChannels } from './flattened-inputs.ts';
import { isRecurrent, isStatistic, matchNames, type NameMap, type WeightMatch } from './match-names.ts';
import type { StateDict } from './state-dict.ts';
import { fromTorch, orderOf, type TensorOrder } from './tensor-layout.ts';

/** How tensors are told which entry they are for. */
export interface MatchOptions {
  /** Tensors for entries whose names and shapes do not tell: `{ 'dense/kernel': 'fc.weight' }`, or a function. */
  readonly map?: NameMap;
  /**
   * Shapes before a flatten, `{ 'dense/kernel': [channels, height, width] }`: PyTorch flattens in another order than TensorFlow.js. Found by itself for the first
   * dense layer after a convolution; `false` where that is wrong.
   */
  readonly flatten?: FlattenShapes;
}

export interface StateDictWeights {
  readonly matched: readonly WeightMatch[];
  readonly missing: readonly string[];
  /** Tensors that go into no entry; statistics of batch norms are none. */
  readonly unused: readonly string[];
  readonly flattened: ReadonlyMap<string, number>;
  /** Writes the weights of a state dict with the same names and shapes over those of a vector [D]. */
  into(weights: Float32Array, dict: StateDict): Float32Array;
}

/** The way from state dicts to vectors of a layout. */
export function stateDictWeights(
  where: string,
  layout: WeightLayout,
  dict: StateDict,
  { map, flatten }: MatchOptions,
): StateDictWeights {
  const flattened = flattenedChannels(where, layout, flatten);
  const orders = new Map<string, TensorOrder>(
    layout.entries.map(({ name, shape }) => [name, orderOf(name, shape, flattened.get(name))]),
  );
  const matched = matchNames(where, layout, dict, orders, map);
  const taken = new Map(matched.map(({ entry, tensor }) => [entry, tensor]));
  const used = new Set(taken.values());
  return {
    matched,
    missing: layout.entries.filter(({ name }) => !taken.has(name)).map(({ name }) => name),
    unused: [...dict.keys()].filter((name) => !used.has(name) && !isStatistic(name)),
    flattened,
    into(weights, from) {
      for (const { name, offset } of layout.entries) {
        const tensor = taken.get(name);
        if (tensor === undefined) continue;
        const values = fromTorch(from.get(tensor)!.data, orders.get(name)!);
        const wrong = values.findIndex((value) => !Number.isFinite(value));
        if (wrong >= 0)
          throw argumentError(where, `${tensor} has ${values[wrong]} among its numbers, expected finite ones`);
        weights.set(values, offset);
      }
      return weights;
    },
  };
}

/** Throws where entries or tensors are left over, with both lists and a way on. */
export function requireNothingLeft(where: string, missing: readonly string[], unused: readonly string[]): void {
  if (missing.length + unused.length === 0) return;
  const list = (names: readonly string[]) => (names.length > 0 ? names.join(', ') : 'none');
  const way = unused.some(isRecurrent)
    ? 'LSTM, GRU and RNN modules are not mapped: their gates and biases lie otherwise in each engine'
    : 'Say what goes where by `map`';
  throw argumentError(
    where,
    `the state dict does not fit the network; left over in the network: ${list(missing)}; in the state dict: ${list(unused)}. ${way}`,
  );
}

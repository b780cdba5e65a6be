import type { WeightLayout } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import type { StateDict } from './state-dict.ts';
import { orderOf, torchShape } from './tensor-layout.ts';
import type { TorchTensor } from './torch-tensor.ts';

/** An entry of a network's layout and the tensor that goes into it. */
export interface WeightMatch {
  readonly entry: string;
  readonly tensor: string;
  /** What told so: the caller's map, equal names, or shape and order. */
  readonly by: 'map' | 'name' | 'order';
}

/** From an entry's name to a tensor's: an object, or a function that may leave some to the rules. */
export type NameMap = Readonly<Record<string, string>> | ((entry: string) => string | undefined);

/** What a batch norm has beside its weights: no weights, and its number of batches nobody needs. */
export const isStatistic = (name: string): boolean =>
  /(^|\.)(running_mean|running_var|num_batches_tracked)$/.test(name);

/** What a weight is, by the last part of its name in either world. */
function roleOf(name: string): string {
  const part = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('.')) + 1).replace(/_\d+$/, '');
  if (/kernel$|^gamma$|^embeddings$|^weight/.test(part)) return 'weight';
  return /^beta$|^bias/.test(part) ? 'bias' : part;
}

/** The name of a layer or module alone, TensorFlow's numbers taken off. */
function ownerOf(name: string): string {
  const cut = Math.max(name.lastIndexOf('/'), name.lastIndexOf('.'));
  return name
    .slice(0, Math.max(0, cut))
    .replace(/_[A-Z][A-Za-z0-9]*\d+$/, '')
    .replaceAll('/', '.');
}

/**
 * Pairs each entry of a layout with a tensor: by the caller's map, by name (`fc1/kernel` is `fc1.weight`), and the rest by shape in the order of both.
 *
 * @throws where the map names what is not there, or a shape does not fit
 */
export function matchNames(where: string, layout: WeightLayout, dict: StateDict, map?: NameMap): WeightMatch[] {
  const free = new Map([...dict].filter(([name]) => !isStatistic(name)));
  const matches = new Map<string, WeightMatch>();
  const shapes = new Map(
    layout.entries.map(({ name, shape }) => [name, torchShape(shape, orderOf(name, shape.length))]),
  );
  const fits = (entry: string, tensor: TorchTensor) => String(shapes.get(entry)) === String(tensor.shape);
  const take = (entry: string, tensor: string, by: WeightMatch['by']) => {
    matches.set(entry, { entry, tensor, by });
    free.delete(tensor);
  };

  for (const { name } of layout.entries) {
    const wanted = typeof map === 'function' ? map(name) : map && Object.hasOwn(map, name) ? map[name] : undefined;
    if (wanted === undefined) continue;
    const tensor = dict.get(wanted);
    if (!tensor)
      throw argumentError(where, `map gives ${JSON.stringify(wanted)} for ${name}, expected a name of the state dict`);
    if (!fits(name, tensor)) {
      throw argumentError(
        where,
        `${wanted} is [${tensor.shape.join(', ')}], expected [${shapes.get(name)!.join(', ')}] for ${name}`,
      );
    }
    take(name, wanted, 'map');
  }
  if (map && typeof map === 'object') {
    const unknown = Object.keys(map).find((name) => !shapes.has(name));
    if (unknown !== undefined)
      throw argumentError(where, `map has ${JSON.stringify(unknown)}, expected names of the network's layout`);
  }

  const byName = new Map<string, string>();
  for (const name of free.keys()) byName.set(`${ownerOf(name)} ${roleOf(name)}`, name);
  for (const { name } of layout.entries) {
    const same = free.has(name) ? name : byName.get(`${ownerOf(name)} ${roleOf(name)}`);
    if (!matches.has(name) && same !== undefined && free.has(same) && fits(name, free.get(same)!))
      take(name, same, 'name');
  }

  for (const { name } of layout.entries) {
    if (matches.has(name)) continue;
    const next = [...free].find(([other, tensor]) => fits(name, tensor) && sameRole(name, other));
    if (next) take(name, next[0], 'order');
  }
  return layout.entries.flatMap(({ name }) => matches.get(name) ?? []);
}

/** Weights go to weights and biases to biases; a name of its own (`v`, `var_split.var`) goes anywhere its shape does. */
function sameRole(entry: string, tensor: string): boolean {
  const [here, there] = [roleOf(entry), roleOf(tensor)];
  const known = ['weight', 'bias'];
  return here === there || (!known.includes(here) && !known.includes(there));
}

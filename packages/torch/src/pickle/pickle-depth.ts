import { argumentError } from '@subspace/core/internals';
import { isInstance, isMap, isSet, type PickleValue } from './pickle-value.ts';

/** What both limits on depth say: of the marks that are open, and of what was made. */
export function tooDeep(where: string, limit: number): Error {
  return argumentError(where, `the pickle lies more than ${limit} levels deep; limits.depth allows ${limit}`);
}

/** Throws where values lie deeper in each other than is allowed; a value that lies in itself has no depth. */
export function requireDepth(where: string, root: PickleValue, limit: number): void {
  const depths = new Map<object, number>();
  const open: { readonly value: object; readonly children: Iterator<PickleValue>; deepest: number }[] = [];
  const enter = (value: PickleValue) => {
    if (typeof value !== 'object' || value === null || depths.has(value)) return;
    const children = childrenOf(value);
    if (!children) return;
    depths.set(value, 0);
    open.push({ value, children: children[Symbol.iterator](), deepest: 0 });
    if (open.length > limit) throw tooDeep(where, limit);
  };
  enter(root);
  while (open.length > 0) {
    const now = open[open.length - 1];
    const { done, value } = now.children.next();
    if (!done) {
      const known = typeof value === 'object' && value !== null ? depths.get(value) : undefined;
      if (known === undefined) enter(value);
      else {
        now.deepest = Math.max(now.deepest, known);
        // Shared: seen before, but not as deep as here.
        if (open.length + known > limit) throw tooDeep(where, limit);
      }
      continue;
    }
    open.pop();
    const depth = now.deepest + 1;
    depths.set(now.value, depth);
    const parent = open.at(-1);
    if (parent) parent.deepest = Math.max(parent.deepest, depth);
  }
}

function childrenOf(value: object): Iterable<PickleValue> | undefined {
  if (Array.isArray(value) || isSet(value)) return value as Iterable<PickleValue>;
  if (isMap(value)) return entriesOf(value);
  if (isInstance(value)) return [value.args as PickleValue[], value.state, value.items, value.list];
  return undefined;
}

function* entriesOf(map: Map<PickleValue, PickleValue>): Generator<PickleValue> {
  for (const [key, value] of map) {
    yield key;
    yield value;
  }
}

import { argumentError } from '../argument.ts';
import type { WeightLayout } from './layout.ts';

/**
 * What tells the layout of one network from another's: order, shapes, and names, without the numbers that TensorFlow.js gives to layers that have no name
 * of their own (`dense_Dense3` is the third dense layer of the program, not of the model). So a model that is built again has the same layout.
 */
export function layoutIdentity({
  entries,
}: {
  readonly entries: WeightLayout['entries'];
}): { readonly name: string; readonly shape: readonly number[] }[] {
  return entries.map(({ name, shape }) => ({ name: name.split('/').map(unnumbered).join('/'), shape }));
}

/** Throws unless both are layouts of the same network; the message names the first difference. */
export function requireSameLayout(where: string, name: string, layout: WeightLayout, expected: WeightLayout): void {
  if (layout === expected) return;
  const [came, wanted] = [layoutIdentity(layout), layoutIdentity(expected)];
  const describe = (tensors: typeof came, { entries }: WeightLayout, i: number) =>
    i < tensors.length ? `${entries[i].name} [${tensors[i].shape.join(', ')}]` : 'nothing';
  for (let i = 0; i < Math.max(came.length, wanted.length); i++) {
    if (came[i]?.name === wanted[i]?.name && String(came[i]?.shape) === String(wanted[i]?.shape)) continue;
    throw argumentError(
      where,
      `${name} has ${describe(came, layout, i)} as tensor ${i}, expected ${describe(wanted, expected, i)}`,
    );
  }
}

/** `dense_Dense3` → `dense_Dense`: a class in snake case, the class, and a number. In bidirectional layers `forward_` or `backward_` stands before it. */
function unnumbered(part: string): string {
  const name = part.replace(/\d+$/, '');
  // The number may follow a digit of the class: `block2_Block21` is the first Block2.
  for (let end = name.length; end < part.length; end++) {
    const given = part.slice(0, end).replace(/^(forward|backward)_/, '');
    for (let at = given.indexOf('_'); at >= 0; at = given.indexOf('_', at + 1)) {
      const className = given.slice(at + 1);
      if (/^_*[A-Z]/.test(className) && given.slice(0, at) === snakeCase(className)) return part.slice(0, end);
    }
  }
  return part;
}

/** As TensorFlow.js makes names of layers from their classes. */
function snakeCase(className: string): string {
  return className
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/^_/, 'private_');
}

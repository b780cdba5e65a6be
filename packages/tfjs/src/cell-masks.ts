import * as tf from '@tensorflow/tfjs-core';
import { type Layer, layersWithin } from './layer.ts';

/** A recurrent cell with dropout keeps the masks that it drew, of ones in evaluation, for as many rows as it saw then. */
interface Cell extends Layer {
  dropoutMask?: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask?: tf.Tensor | tf.Tensor[] | null;
}

/** Runs `f` while the cells inside of a layer hold no masks; they have their own again afterwards, and what `f` left is disposed. */
export function withoutCellMasks(layer: Layer): <A>(f: () => A) => A {
  const cells = layersWithin(layer).filter((one): one is Cell => (one as Cell).dropoutMask !== undefined);
  if (cells.length === 0) return (f) => f();
  return (f) => {
    const own = cells.map(({ dropoutMask, recurrentDropoutMask }) => ({ dropoutMask, recurrentDropoutMask }));
    for (const cell of cells) Object.assign(cell, { dropoutMask: null, recurrentDropoutMask: null });
    try {
      return f();
    } finally {
      cells.forEach((cell, i) => {
        tf.dispose([cell.dropoutMask ?? [], cell.recurrentDropoutMask ?? []].flat());
        Object.assign(cell, own[i]);
      });
    }
  };
}

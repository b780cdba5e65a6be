import { type CheckpointStore, type WeightLayout, weightLayout } from '@subspace/core';
import {
  aCount,
  anything,
  argumentError,
  aText,
  entryChunks,
  listOf,
  objectOf,
  optional,
  readEntry,
  requireOptions,
  requireSameLayout,
  requireSchema,
  requireStore,
  show,
} from '@subspace/core/internals';
import { bezierCurve } from './bezier-curve.ts';
import type { Curve } from './curve.ts';
import { requireCurvePoints } from './curve-points.ts';
import { polygonalCurve } from './polygonal-curve.ts';

/** One entry of the store. */
const NAME = 'curve';

/**
 * Saves a curve: its kind, its ends and bends (not its points at any t, nor batch-norm statistics, which belong to one t), and the layout of their network.
 *
 * @example
 * ```ts
 * import { memoryStore } from '@subspace/core';
 * import { bezierCurve, loadCurve, saveCurve } from '@subspace/curves';
 *
 * const store = memoryStore(); // or fileStore('a folder')
 * await saveCurve(store, bezierCurve([Float32Array.of(0, 0), Float32Array.of(1, 2), Float32Array.of(2, 0)]));
 * const curve = await loadCurve(store);
 * curve.point(0.5); // [1, 1]
 * ```
 */
export async function saveCurve(store: CheckpointStore, curve: Curve): Promise<void> {
  requireStore('saveCurve', 'store', store);
  requireOptions('saveCurve', 'curve', curve);
  requireCurvePoints('saveCurve', curve.points, curve.layout);
  const { kind, points, layout } = curve;
  const file = {
    kind,
    start: points[0],
    bends: points.slice(1, -1),
    end: points[points.length - 1],
    layout: layout?.entries.map(({ name, shape }) => ({ name, shape })),
  };
  await store.write(NAME, entryChunks('saveCurve', NAME, file));
}

/**
 * A curve as `saveCurve` saved it, bit for bit.
 *
 * @param options `layout` of the network that it is wanted for
 * @throws if the store has none, it is damaged or of another kind of file, or of another network
 */
export async function loadCurve(store: CheckpointStore, options: { layout?: WeightLayout } = {}): Promise<Curve> {
  requireStore('loadCurve', 'store', store);
  const chunks = await store.read(NAME);
  if (!chunks) throw argumentError('loadCurve', 'the store has no curve, expected what saveCurve wrote');
  const read = await readEntry('loadCurve', NAME, chunks);
  requireSchema('loadCurve', 'the file', read, savedCurve);
  const { kind, start, bends, end, layout } = read as {
    kind: string;
    start: Float32Array;
    bends: Float32Array[];
    end: Float32Array;
    layout?: { name: string; shape: number[] }[];
  };
  if (kind !== 'bezier' && kind !== 'polygon') {
    throw argumentError('loadCurve', `the file's kind is ${show(kind)}, expected "bezier" or "polygon"`);
  }
  const saved = layout && weightLayout(layout);
  if (saved && options.layout) requireSameLayout('loadCurve', 'the curve', saved, options.layout);
  const ofNetwork = options.layout ?? saved;
  const points = [start, ...bends, end];
  requireCurvePoints('loadCurve', points, ofNetwork);
  return (kind === 'bezier' ? bezierCurve : polygonalCurve)(points, ofNetwork && { layout: ofNetwork });
}

const savedCurve = objectOf({
  kind: aText,
  // Looked at as the points of any curve are.
  bends: listOf(anything),
  layout: optional(listOf(objectOf({ name: aText, shape: listOf(aCount) }))),
});

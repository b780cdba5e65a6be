import type { Network } from '@subspace/core';
import { argumentError, requireKnownOptions, requireOptions } from '@subspace/core/internals';
import { isCurve } from './checkpoint-kind.ts';
import type { PickleValue } from './pickle/pickle-value.ts';
import { type StateTensor, weightsIn } from './state-dict.ts';
import { type MatchOptions, requireNothingLeft, stateDictWeights } from './state-dict-weights.ts';

/** A curve in weight space. */
export interface TorchCurve {
  /** Bézier: w(t) = Σₖ binom(n, k)·tᵏ·(1 − t)ⁿ⁻ᵏ·pointsₖ; polygon: straight from each point to the next. */
  readonly kind: 'bezier' | 'polygon';
  /** Its bends [D] in the order of the network's layout, end points first and last. */
  readonly points: readonly Float32Array[];
}

/**
 * The points of a curve that `timgaripov/dnn-mode-connectivity` trained between two solutions, for the network's layout.
 *
 * Batch-norm statistics of such a file belong to one place of the curve, and are left: refresh them for the weights to predict with.
 *
 * @param object of `readTorchCheckpoint`
 * @param options `map` and `flatten`, as of `loadStateDict`; names are those of the model
 * @throws on what is no curve; where its tensors do not fit the network
 * @see Garipov et al. (2018), "Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs", Equations (3) and (4)
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 * import { curvePoints } from '@subspace/torch';
 *
 * // As readTorchCheckpoint gives it of a polygon with two points of nn.Linear(1, 1).
 * const tensor = (shape: number[], ...values: number[]) => ({ data: Float32Array.from(values), shape });
 * const object = new Map([
 *   ['coeff_layer.range', tensor([2], 0, 1)],
 *   ['net.fc.weight_0', tensor([1, 1], 1)],
 *   ['net.fc.weight_1', tensor([1, 1], 3)],
 *   ['net.fc.bias_0', tensor([1], 2)],
 *   ['net.fc.bias_1', tensor([1], 4)],
 * ]);
 * const network = denseNetwork({ sizes: [1, 1] });
 * curvePoints(network, object); // { kind: 'polygon', points: [[1, 2], [3, 4]] }
 * network.dispose();
 * ```
 */
export function curvePoints(network: Network, object: PickleValue, options: MatchOptions = {}): TorchCurve {
  const where = 'curvePoints';
  requireOptions(where, 'network', network);
  requireKnownOptions(where, options, ['map', 'flatten']);
  const dict = weightsIn(where, object);
  if (!isCurve(dict)) {
    throw argumentError(
      where,
      'the file has no coeff_layer.range, expected a curve of dnn-mode-connectivity; the weights of one model are read by loadStateDict',
    );
  }
  const points = Array.from(
    { length: dict.get('coeff_layer.range')!.data.length },
    () => new Map<string, StateTensor>(),
  );
  for (const [name, tensor] of dict) {
    const [, parameter, k] = /^net\.(.*)_(\d+)$/.exec(name) ?? [];
    if (parameter === undefined) continue;
    if (!points[Number(k)])
      throw argumentError(where, `the file has ${name} of ${points.length} points, expected no more`);
    points[Number(k)].set(parameter, tensor);
  }
  const [first] = points;
  for (const [k, point] of points.entries()) {
    const other = [...first].find(([name, { shape }]) => String(point.get(name)?.shape) !== String(shape));
    if (other || point.size !== first?.size)
      throw argumentError(
        where,
        `point ${k} has other tensors than point 0${other ? `: ${other[0]}` : ''}, expected the same`,
      );
  }
  const way = stateDictWeights(where, network.layout, first ?? new Map(), options);
  requireNothingLeft(where, way.missing, way.unused);
  return {
    kind: dict.has('coeff_layer.binom') ? 'bezier' : 'polygon',
    points: points.map((point) => way.into(new Float32Array(network.layout.size), point)),
  };
}

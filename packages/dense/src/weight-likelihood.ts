import type { Dataset, MaybePromise, SubspaceLikelihoodOptions, WeightLayout, WeightLikelihood } from '@subspace/core';
import { argumentError, isPromise, whenReady } from '@subspace/core/internals';
import { withRows } from './batch.ts';
import { type LossParts, lossEvaluator } from './loss-evaluator.ts';
import { type EvaluatorParts, type SubspaceEvaluator, subspaceEvaluator } from './subspace-evaluator.ts';

export interface WeightLikelihoodParts
  extends LossParts,
    Pick<EvaluatorParts, 'team'>,
    Pick<SubspaceLikelihoodOptions, 'batchSize'> {
  readonly layout: WeightLayout;
  readonly data: Dataset;
  requireWeights(where: string, weights: Float32Array): void;
}

/** log p(D | w) of a dense network, by the kernels for subspaces: w is the shift of one whose only direction goes nowhere. */
export function denseWeightLikelihood(parts: WeightLikelihoodParts): WeightLikelihood {
  const { layout, data, team } = parts;
  const subspace = { layout, shift: new Float32Array(layout.size), basis: [new Float32Array(layout.size)] };
  let disposed = false;
  let gradients: ReturnType<typeof lossEvaluator> | undefined;
  const opened = withRows(data, (rows) => {
    const weighted = rows.rowWeights !== undefined;
    return {
      rows,
      evaluator: subspaceEvaluator({ ...parts, subspace, capacity: data.size, weighted, precompute: false }),
    };
  });
  const all = whenReady(opened, ({ rows, evaluator }) =>
    whenReady(
      team.turn(() => evaluator.setRows(rows)),
      () => ({ rows, evaluator }),
    ),
  );
  // A data set that can't be read is an error of the first call, not of nobody.
  if (isPromise(all)) all.catch(() => {});

  const at = <A>(where: string, weights: Float32Array, f: (evaluator: SubspaceEvaluator) => MaybePromise<A>) => {
    requireOpen(where, weights);
    return whenReady(all, ({ evaluator }) =>
      team.turn(() => {
        evaluator.setShift(weights);
        return f(evaluator);
      }),
    );
  };
  const requireOpen = (where: string, weights: Float32Array): void => {
    if (disposed) throw argumentError(where, 'the likelihood is disposed, expected one in use');
    parts.requireWeights(where, weights);
  };
  const origin = new Float64Array(1);

  return {
    value: (weights) =>
      at('value', weights, (evaluator) => whenReady(evaluator.values([origin]), (values) => values[0])),
    pointwise: (weights) => at('pointwise', weights, (evaluator) => evaluator.rowValues(origin)),
    valueAndGradient(weights, rows) {
      requireOpen('valueAndGradient', weights);
      if (rows) requireRows('valueAndGradient', rows, data.size);
      return whenReady(all, (whole) => {
        gradients ??= lossEvaluator(parts, whole.rows);
        const { loss, gradient } = gradients(weights, new Float32Array(layout.size), rows);
        return { value: -loss, gradient: gradient.map((g) => -g) };
      });
    },
    dispose() {
      disposed = true;
      const closed = whenReady(opened, ({ evaluator }) => evaluator.close());
      if (isPromise(closed)) closed.catch(() => {});
    },
  };
}

/** Throws unless there are any, at most as many as the data have, by their numbers. */
function requireRows(where: string, rows: Int32Array, size: number): void {
  if (rows.length === 0 || rows.length > size) {
    throw argumentError(where, `rows has length ${rows.length}, expected 1 to ${size}, as the data have`);
  }
  rows.forEach((row, i) => {
    if (!(row >= 0 && row < size)) throw argumentError(where, `rows[${i}] is ${row}, expected 0 to ${size - 1}`);
  });
}

import {
  type Dataset,
  type MaybePromise,
  type Subspace,
  type SubspaceLikelihood,
  toWeights,
  type Vector,
} from '@subspace/core';
import { argumentError, isPromise, requireLength, whenReady } from '@subspace/core/internals';
import { gatherBatch, withRows } from './batch.ts';
import type { InputMap, Rows } from './data-rows.ts';
import { inOrder } from './in-order.ts';
import type { OutputRows } from './output-rows.ts';
import { type EvaluatorParts, type SubspaceEvaluator, subspaceEvaluator } from './subspace-evaluator.ts';

export interface SubspaceLikelihoodParts extends Omit<EvaluatorParts, 'capacity' | 'weighted' | 'precompute'> {
  readonly data: Dataset;
  readonly engine: string;
  identity(): MaybePromise<object | undefined>;
  readonly inputMap: InputMap;
  requireInUse(where: string): void;
  /** For likelihoods of the user's own: outputs of all rows. */
  outputRows(rows: Rows): OutputRows;
}

/** log p(D | ŵ + zᵀP) of a dense network. */
export function denseSubspaceLikelihood(parts: SubspaceLikelihoodParts): SubspaceLikelihood {
  const { subspace, data, engine, likelihood, team } = parts;
  const dim = subspace.basis.length;
  const closers: (() => void)[] = [];
  let disposed = false;
  let batch: { evaluator: SubspaceEvaluator; capacity: number } | undefined;

  const evaluatorOf = (capacity: number, weighted: boolean, precompute: boolean): SubspaceEvaluator => {
    const evaluator = subspaceEvaluator({ ...parts, capacity, weighted, precompute });
    closers.push(evaluator.close);
    return evaluator;
  };
  const all: MaybePromise<SubspaceEvaluator> | undefined =
    likelihood.kind === 'custom'
      ? undefined
      : whenReady(
          withRows(data, (rows) => ({ rows, evaluator: evaluatorOf(data.size, rows.rowWeights !== undefined, true) })),
          ({ rows, evaluator }) =>
            whenReady(
              team.turn(() => evaluator.setRows(rows)),
              () => evaluator,
            ),
        );
  const custom = likelihood.kind === 'custom' ? customRows(parts, subspace, closers) : undefined;
  // A data set that can't be read is an error of the first call, not of nobody.
  for (const opened of [all, custom]) if (isPromise(opened)) opened.catch(() => {});

  const requirePoints = (where: string, points: readonly Vector[]) => {
    if (disposed) throw argumentError(where, 'the likelihood is disposed, expected one in use');
    parts.requireInUse(where);
    points.forEach((point, i) => {
      requireLength(where, points.length === 1 ? 'point' : `points[${i}]`, point, dim);
    });
  };
  const evaluator = (where: string): MaybePromise<SubspaceEvaluator> => {
    if (all) return all;
    throw argumentError(
      where,
      'likelihood is a custom one, expected one with derivatives: gaussian, heteroscedastic, categorical or binary',
    );
  };

  return {
    engine,
    identity: parts.identity,
    dim,
    rows: data.size,
    values(points) {
      requirePoints('values', points);
      if (all) return whenReady(all, (ready) => team.turn(() => ready.values(points)));
      return whenReady(custom!, (rowsAt) => team.turn(() => totals(points, rowsAt)));
    },
    valuesAndGradients(points) {
      requirePoints('valuesAndGradients', points);
      return whenReady(evaluator('valuesAndGradients'), (ready) => team.turn(() => ready.gradients(points)));
    },
    minibatch(points, rows) {
      requirePoints('minibatch', points);
      if (rows.length === 0) throw argumentError('minibatch', 'rows is empty, expected at least one');
      return whenReady(evaluator('minibatch'), () =>
        whenReady(gatherBatch(data, rows), (gathered) =>
          team.turn(() => {
            if (!batch || batch.capacity < rows.length) {
              batch?.evaluator.close();
              batch = {
                evaluator: evaluatorOf(rows.length, gathered.rowWeights !== undefined, false),
                capacity: rows.length,
              };
            }
            const { evaluator } = batch;
            const factor = data.size / rows.length;
            return whenReady(evaluator.setRows(gathered), () =>
              whenReady(evaluator.gradients(points), (evaluations) =>
                evaluations.map(({ value, gradient }) => ({
                  value: factor * value,
                  gradient: gradient.map((g) => factor * g),
                })),
              ),
            );
          }),
        ),
      );
    },
    pointwise(point) {
      requirePoints('pointwise', [point]);
      if (all) return whenReady(all, (ready) => team.turn(() => ready.rowValues(point)));
      return whenReady(custom!, (rowsAt) => team.turn(() => rowsAt(point)));
    },
    gaussNewton(point) {
      requirePoints('gaussNewton', [point]);
      return whenReady(evaluator('gaussNewton'), (ready) => team.turn(() => ready.gaussNewton(point)));
    },
    dispose() {
      disposed = true;
      for (const close of closers.splice(0)) close();
    },
  };
}

type RowsAt = (point: Vector) => MaybePromise<Float64Array>;

/** log p of each row under a likelihood of the user's own, times its weight: outputs from the kernels, densities from the function. */
function customRows(
  { data, likelihood, outputRows }: SubspaceLikelihoodParts,
  subspace: Subspace,
  closers: (() => void)[],
): MaybePromise<RowsAt> {
  return withRows(data, (rows) => {
    const all = outputRows(rows);
    closers.push(all.close);
    const targets = rows.targets!.data;
    const columns = targets.length / data.size;
    return (point) => {
      all.setWeights(toWeights(subspace, point));
      return whenReady(all.outputs(), ({ data: outputs, shape }) => {
        const width = shape[1];
        return Float64Array.from({ length: data.size }, (_, r) => {
          const row = Float64Array.from(outputs.subarray(r * width, (r + 1) * width));
          const target = Float64Array.from(targets.subarray(r * columns, (r + 1) * columns));
          return (rows.rowWeights?.[r] ?? 1) * likelihood.logDensity(row, target);
        });
      });
    };
  });
}

/** Σ of the rows at each point, one point after another. */
function totals(points: readonly Vector[], rowsAt: RowsAt): MaybePromise<Float64Array> {
  const result = new Float64Array(points.length);
  const done = inOrder(points.length, (i) =>
    whenReady(rowsAt(points[i]), (values) => {
      result[i] = total(values);
    }),
  );
  return whenReady(done, () => result);
}

function total(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

import type { Network, WeightLayout } from '@subspace/core';
import { argumentError, requireKnownOptions, requireOptions } from '@subspace/core/internals';
import { isSwag } from './checkpoint-kind.ts';
import { isMap, type PickleValue } from './pickle/pickle-value.ts';
import { type StateDict, type StateTensor, weightsIn } from './state-dict.ts';
import { type MatchOptions, requireNothingLeft, stateDictWeights } from './state-dict-weights.ts';
import { sizeOf } from './torch-tensor.ts';

/** Moments of a training run as `swagMoments` of @subspace/swag saves and restores them: plain data. */
export type SwagState = {
  readonly kind: 'swag-moments';
  readonly layout: WeightLayout['entries'];
  /** How many deviations are kept: as many as the file has, and one at least. */
  readonly rank: number;
  readonly deviationsFrom: 'running-mean';
  /** The number of snapshots. */
  readonly collected: number;
  /** Of all snapshots, [D]. */
  readonly mean: Float64Array;
  /** Σ (w − mean)² over all snapshots [D]. */
  readonly squares: Float64Array;
  /** Deviations from the running mean [D], the newest last. */
  readonly rows: readonly Float32Array[];
} & Readonly<Record<string, unknown>>;

/**
 * The moments that the SWAG repository (`wjmaddox/swa_gaussian`) or the subspace inference one (`wjmaddox/drbayes`) saved as `swag-N.pt`, for the network's layout.
 *
 * Files have the means of w and w²; squares are n·(mean of w² − mean²), at least 0. In their float32 little is left of a variance that is far below w²: about 1e-7·w².
 *
 * Files without deviations (saved without `--cov_mat`) get one of zeros, which goes for none: `swag(moments, { covariance: 'diagonal' })` draws from them. A file
 * with more deviations than snapshots is an error, as is one that ends before there is one.
 *
 * @param object of `readTorchCheckpoint`
 * @param options `map` and `flatten`, as of `loadStateDict`
 * @returns restore it: `swagMoments(network.layout, { rank: state.rank })`, `moments.restore(state)`
 * @throws on a `checkpoint-N.pt`, which has the weights of its epoch alone, naming the file that is wanted; where tensors do not fit the network
 * @see Maddox et al. (2019), "A Simple Baseline for Bayesian Uncertainty in Deep Learning", Algorithm 1
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 * import { swagMoments } from '@subspace/swag';
 * import { swagState } from '@subspace/torch';
 *
 * // As readTorchCheckpoint gives them of a model nn.Linear(1, 1), after two snapshots, (0, 1) and (2, 1).
 * const tensor = (shape: number[], ...values: number[]) => ({ data: Float32Array.from(values), shape });
 * const object = new Map([
 *   ['n_models', tensor([1], 2)],
 *   ['mean', tensor([2], 1, 1)],
 *   ['sq_mean', tensor([2], 2, 1)],
 *   ['base_model.fc.weight', tensor([1, 1], 2)],
 *   ['base_model.fc.bias', tensor([1], 1)],
 *   ['subspace.cov_mat_sqrt', tensor([2, 2], 0, 0, 1, 0)],
 * ]);
 * const network = denseNetwork({ sizes: [1, 1] });
 * const state = swagState(network, object);
 * const moments = swagMoments(network.layout, { rank: state.rank });
 * moments.restore(state);
 * moments.variance(); // Float32Array [1, 1e-6]
 * network.dispose();
 * ```
 */
export function swagState(network: Network, object: PickleValue, options: MatchOptions = {}): SwagState {
  const where = 'swagState';
  requireOptions(where, 'network', network);
  requireKnownOptions(where, options, ['map', 'flatten']);
  const { layout } = network;
  const dict = weightsIn(where, object);
  if (!isSwag(dict)) throw argumentError(where, noMoments(object));
  const { collected, mean, squareMean, rows } = dict.has('sq_mean')
    ? flatMoments(where, dict)
    : momentsByModule(where, dict);
  if (collected < 1) throw argumentError(where, `the file has ${collected} snapshots, expected at least one`);
  if (rows.length > collected)
    throw argumentError(where, `the file has ${rows.length} deviations of ${collected} snapshots, expected no more`);
  const way = stateDictWeights(where, layout, mean, options);
  requireNothingLeft(where, way.missing, way.unused);
  const vector = (from: StateDict) => way.into(new Float32Array(layout.size), from);
  const [means, squareMeans] = [vector(mean), vector(squareMean)];
  return {
    kind: 'swag-moments',
    layout: layout.entries,
    rank: Math.max(1, rows.length),
    deviationsFrom: 'running-mean',
    collected,
    mean: Float64Array.from(means),
    squares: Float64Array.from(means, (m, i) => collected * Math.max(0, squareMeans[i] - m * m)),
    rows: rows.length > 0 ? rows.map(vector) : [new Float32Array(layout.size)],
  };
}

/** Moments by the names of the model's tensors. */
interface NamedMoments {
  readonly collected: number;
  readonly mean: StateDict;
  readonly squareMean: StateDict;
  readonly rows: readonly StateDict[];
}

/** Of the subspace inference repository: one vector over all parameters of the model, which lies beside it. */
function flatMoments(where: string, dict: StateDict): NamedMoments {
  const prefix = 'base_model.';
  const parameters = [...dict].filter(([name]) => name.startsWith(prefix) && !isBuffer(name));
  const size = parameters.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0);
  const split = (vector: StateTensor['data'], from: number): StateDict => {
    let at = from;
    return new Map(
      parameters.map(([name, { shape }]) => {
        const data = vector.subarray(at, at + sizeOf(shape));
        at += sizeOf(shape);
        return [name.slice(prefix.length), { data, shape }];
      }),
    );
  };
  const tensor = (name: string, length: number) => {
    const found = dict.get(name);
    if (found?.data.length !== length)
      throw argumentError(
        where,
        `${name} has ${found?.data.length ?? 'no'} numbers, expected ${length}: ${size} a model`,
      );
    return found.data;
  };
  const deviations = dict.has('subspace.cov_mat_sqrt') ? 'subspace.cov_mat_sqrt' : 'cov_mat_sqrt';
  const rank = dict.get(deviations)?.shape[0] ?? 0;
  const all = rank > 0 ? tensor(deviations, rank * size) : undefined;
  return {
    collected: countOf(where, dict),
    mean: split(tensor('mean', size), 0),
    squareMean: split(tensor('sq_mean', size), 0),
    rows: Array.from({ length: rank }, (_, k) => split(all!, k * size)),
  };
}

/** Of the SWAG repository: buffers beside each other in each module, `conv1.weight_mean`, `conv1.weight_sq_mean`, `conv1.weight_cov_mat_sqrt`. */
function momentsByModule(where: string, dict: StateDict): NamedMoments {
  const names = [...dict.keys()]
    .filter((name) => name.endsWith('_sq_mean'))
    .map((name) => name.slice(0, -'_sq_mean'.length));
  const rank = dict.get(`${names[0]}_cov_mat_sqrt`)?.shape[0] ?? 0;
  const part = (name: string, ending: string): StateTensor => {
    const tensor = dict.get(`${name}_${ending}`);
    if (!tensor) throw argumentError(where, `the file has no ${name}_${ending}, expected it beside ${name}_sq_mean`);
    return tensor;
  };
  const shapes = new Map(names.map((name) => [name, part(name, 'mean').shape]));
  const row = (name: string, k: number): StateTensor => {
    const { data, shape: all } = part(name, 'cov_mat_sqrt');
    const shape = shapes.get(name)!;
    const size = sizeOf(shape);
    if (all[0] !== rank || data.length !== rank * size)
      throw argumentError(where, `${name}_cov_mat_sqrt is [${all.join(', ')}], expected [${rank}, ${size}]`);
    return { data: data.subarray(k * size, (k + 1) * size), shape };
  };
  const moments = (of: (name: string) => StateTensor): StateDict => new Map(names.map((name) => [name, of(name)]));
  return {
    collected: countOf(where, dict),
    mean: moments((name) => part(name, 'mean')),
    squareMean: moments((name) => {
      const tensor = part(name, 'sq_mean');
      if (String(tensor.shape) !== String(shapes.get(name)))
        throw argumentError(
          where,
          `${name}_sq_mean is [${tensor.shape.join(', ')}], expected the shape of ${name}_mean`,
        );
      return tensor;
    }),
    rows: Array.from({ length: rank }, (_, k) => moments((name) => row(name, k))),
  };
}

function countOf(where: string, dict: StateDict): number {
  const count = Number(dict.get('n_models')!.data[0]);
  if (!Number.isSafeInteger(count)) throw argumentError(where, `n_models is ${count}, expected a count`);
  return count;
}

const isBuffer = (name: string): boolean => /\.(running_mean|running_var|num_batches_tracked)$/.test(name);

/** What came in place of moments, and the file that is wanted. */
function noMoments(object: PickleValue): string {
  const epoch = isMap(object) ? object.get('epoch') : undefined;
  const [came, wanted] =
    typeof epoch === 'number'
      ? [`the weights of epoch ${epoch}, as in checkpoint-${epoch}.pt`, `swag-${epoch}.pt`]
      : ['the weights of one model', 'swag-N.pt'];
  return `the file has ${came}, expected moments (n_models, mean, sq_mean): ${wanted}, which lies beside it; epochs' files are collected by collectCheckpoints`;
}

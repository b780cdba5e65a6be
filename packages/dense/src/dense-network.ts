import type { Arrays, Dataset, Likelihood, Network } from '@subspace/core';
import {
  argumentError,
  requireArrays,
  requireCount,
  requireDataset,
  requireKnownOptions,
  requireLength,
  requireLikelihood,
  requireOptimizer,
  requireSameLayout,
  subspaceIdentity,
  whenReady,
} from '@subspace/core/internals';
import { gatherBatch } from './batch.ts';
import { currentWeights } from './current-weights.ts';
import { type InputMap, requireInputShape, requireTargets } from './data-rows.ts';
import { featuresIdentity, inputsBefore } from './features.ts';
import { hessianTimes } from './hessian-times.ts';
import { inOrder } from './in-order.ts';
import { initialWeights } from './initial-weights.ts';
import { jacobianRows } from './jacobian-rows.ts';
import { kernelBuild } from './kernels/kernel-build.ts';
import { kroneckerFactors } from './kronecker-factors.ts';
import { lossEvaluator } from './loss-evaluator.ts';
import { type DenseNetworkOptions, requireShape, requireWeights } from './network-options.ts';
import { type OutputRows, outputRows } from './output-rows.ts';
import { denseSubspaceLikelihood } from './subspace-likelihood.ts';
import { threadTeam } from './threads/thread-team.ts';
import { denseTrainer } from './trainer.ts';
import { denseWeightLikelihood } from './weight-likelihood.ts';

/** A network of dense layers, with the kernels that it runs on. */
export interface DenseNetwork extends Network {
  readonly engine: string;
  readonly kernels: { readonly name: string; readonly reason: string };
  /** How many threads there are now: workers start when there is enough to do. */
  readonly threads: number;
}

/**
 * A fully connected network, computed by kernels of its own: no tensor library, no automatic differentiation.
 *
 * h₀ = x;  hₗ₊₁ = activation(Wₗ·hₗ + bₗ);  f(x) = W_L·h_L + b_L, and the head. Weights are flat in PyTorch's order: of each layer the weight [out, in] row
 * major, then the bias; then v.
 *
 * The same seed gives the same numbers, bit for bit, by any number of threads; `engine` names the build of the kernels, on which they depend.
 *
 * Threads share memory where the platform allows it: in Node, and in browsers under cross-origin isolation. Elsewhere workers with copies
 * of it evaluate likelihoods and predict, and one thread trains. Workers need Node ≥ 20.16; under a content-security policy `worker-src blob:`, and
 * compiled kernels `script-src 'wasm-unsafe-eval'`. Without, one thread works, or TypeScript kernels do, which is said once on the console.
 *
 * Large predictions, Jacobian products J·v, likelihoods and training are shared; all else is done by one thread, Jᵀ·u too. Rows of J, Kronecker
 * factors and H·v are in float64, without kernels.
 *
 * @returns `readWeights`, `predict`, Jacobian products, likelihoods and trainers answer at once, not with a promise, for data in memory; with promises
 * where several threads work and this one must not sleep (a browser's main thread), or the others have copies. Calls that overlap then wait for each other
 * @throws on sizes that are no list of at least two positive integers, an unknown option or activation, weights that are not [D] finite numbers, or more
 * memory than there is
 * @see Izmailov et al. (2019), Section 5.2, for the heteroscedastic head
 * @example
 * ```ts
 * import { denseNetwork } from '@subspace/dense';
 *
 * const network = denseNetwork({ sizes: [13, 50, 2], head: 'heteroscedastic', seed: 1 });
 * network.layout.size; // 803: 13·50 + 50, 50·2 + 2, and v
 * network.predict({ data: new Float32Array(26), shape: [2, 13] }); // { data: Float32Array [4], shape: [2, 2] }
 * network.dispose();
 * ```
 */
export function denseNetwork(options: DenseNetworkOptions): DenseNetwork {
  const shape = requireShape(options);
  const { sizes, order } = shape;
  const { layout } = order;
  const outputs = sizes[sizes.length - 1];
  const { features, seed = 0, initialization = 'pytorch', kernels = 'auto' } = options;
  const inputMap: InputMap = { width: sizes[0], raw: inputsBefore('denseNetwork', features, sizes[0]), features };
  const initial = options.weights ?? initialWeights(sizes, layout.size, initialization, seed);
  requireWeights('denseNetwork', 'weights', initial, layout.size);
  const current = currentWeights(initial);
  const build = kernelBuild(kernels);
  const engine = `dense ${build.name}`;
  const team = threadTeam(build, options.threads);
  let predictor: OutputRows | undefined;
  let disposed = false;

  const requireInUse = (where: string): void => {
    if (disposed) throw argumentError(where, 'the network is disposed, expected one in use');
  };
  const requireData = (where: string, data: Dataset, likelihood: Likelihood): number => {
    requireInUse(where);
    requireDataset(where, data);
    requireCount(where, 'data.size', data.size);
    requireLikelihood(where, likelihood);
    if (likelihood.kind === 'gaussian' && likelihood.variance < LEAST_VARIANCE) {
      throw argumentError(where, `likelihood.variance is ${likelihood.variance}, expected at least ${LEAST_VARIANCE}`);
    }
    requireInputShape(where, inputMap, [data.size, ...data.inputShape]);
    const targets = requireTargets(where, outputs, data.targetShape, likelihood);
    if (likelihood.kind === 'heteroscedastic-gaussian' && options.head !== 'heteroscedastic') {
      throw argumentError(
        where,
        `likelihood is heteroscedastic-gaussian, but the network's head is ${options.head ?? 'identity'}, whose outputs are no variances; expected head: 'heteroscedastic'`,
      );
    }
    return targets;
  };
  const rowsOf = (where: string, inputs: Arrays, derivatives: boolean): OutputRows => {
    const capacity = inputs.shape[0];
    const rows = outputRows({ where, shape, inputMap, build, team, capacity, changing: false, derivatives });
    rows.setInputs(inputs);
    return rows;
  };
  const predictorFor = (capacity: number): OutputRows => {
    if (predictor && predictor.capacity >= capacity) return predictor;
    predictor?.close();
    const where = 'predict';
    predictor = outputRows({ where, shape, inputMap, build, team, capacity, changing: true, derivatives: false });
    return predictor;
  };

  const network: DenseNetwork = {
    engine,
    identity: (data) => {
      const { activation, head, globalVariance } = shape;
      return { sizes, activation, head, globalVariance, features: featuresIdentity(features, data) };
    },
    kernels: { name: build.name, reason: build.reason },
    get threads() {
      return team.active;
    },
    layout,
    readWeights() {
      requireInUse('readWeights');
      return team.turn(() => current.read().slice());
    },
    writeWeights(weights) {
      requireInUse('writeWeights');
      requireWeights('writeWeights', 'weights', weights, layout.size);
      current.write(weights);
    },

    predict(inputs, options = {}) {
      requireInUse('predict');
      // Its outputs are logits: there is no final softmax.
      requireKnownOptions('predict', options, ['weights', 'statistics', 'dropout', 'logits']);
      requireArrays('predict', 'inputs', inputs);
      requireInputShape('predict', inputMap, inputs.shape);
      if (options.statistics?.length) {
        throw argumentError(
          'predict',
          `statistics has ${options.statistics.length} arrays, expected none: there is no batch norm`,
        );
      }
      if (options.weights) requireWeights('predict', 'weights', options.weights, layout.size);
      const rows = inputs.shape[0];
      const width = inputs.data.length / rows;
      const data = new Float32Array(rows * outputs);
      return team.turn(() => {
        const some = predictorFor(Math.min(PREDICTED_ROWS, rows));
        some.setWeights(options.weights ?? current.read());
        const predicted = inOrder(Math.ceil(rows / some.capacity), (i) => {
          const start = i * some.capacity;
          const end = Math.min(rows, start + some.capacity);
          some.setInputs({ data: inputs.data.subarray(start * width, end * width), shape: [end - start, width] });
          return whenReady(some.outputs(), (part) => data.set(part.data, start * outputs));
        });
        return whenReady(predicted, () => ({ data, shape: [rows, outputs] }));
      });
    },

    trainer(data, likelihood, optimizer, options = {}) {
      const where = 'trainer';
      requireKnownOptions(where, options, ['points', 'fixed']);
      const targets = requireData(where, data, likelihood);
      requireDerivatives(where, likelihood);
      requireOptimizer(where, optimizer);
      const { points, fixed } = options;
      if (points) {
        if (points.length === 0 || points.length > 31) {
          throw argumentError(where, `points has length ${points.length}, expected 1 to 31`);
        }
        points.forEach((point, k) => {
          requireWeights(where, `points[${k}]`, point, layout.size);
        });
        if (fixed) requireLength(where, 'fixed', fixed, points.length);
      }
      return denseTrainer({
        where,
        shape,
        inputMap,
        build,
        team,
        current,
        data,
        likelihood,
        targets,
        optimizer,
        points,
        fixed,
        requireInUse,
      });
    },

    subspaceLikelihood(subspace, data, likelihood, options = {}) {
      const where = 'subspaceLikelihood';
      requireKnownOptions(where, options, ['batchSize', 'batchNorm']);
      requireSameLayout(where, 'subspace', subspace.layout, layout);
      if (subspace.basis.length === 0) throw argumentError(where, 'basis is empty, expected at least one direction');
      requireWeights(where, 'subspace.shift', subspace.shift, layout.size);
      subspace.basis.forEach((row, k) => {
        requireWeights(where, `subspace.basis[${k}]`, row, layout.size);
      });
      const targets = requireData(where, data, likelihood);
      const { batchSize, batchNorm = 'batch-statistics' } = options;
      if (batchSize !== undefined) requireCount(where, 'batchSize', batchSize);
      if (batchNorm !== 'batch-statistics' && batchNorm !== 'refresh') {
        throw argumentError(where, `batchNorm is ${JSON.stringify(batchNorm)}, expected batch-statistics or refresh`);
      }
      return denseSubspaceLikelihood({
        ...{ where, shape, inputMap, build, team, subspace, data, likelihood, targets, batchSize, engine },
        requireInUse,
        outputRows: (rows) => rowsOf(where, rows.inputs, false),
        identity: () => subspaceIdentity({ network, subspace, data, likelihood }),
      });
    },

    weightLikelihood(data, likelihood, options = {}) {
      const where = 'weightLikelihood';
      requireKnownOptions(where, options, ['batchSize', 'batchNorm']);
      const targets = requireData(where, data, likelihood);
      requireDerivatives(where, likelihood);
      const { batchSize } = options;
      if (batchSize !== undefined) requireCount(where, 'batchSize', batchSize);
      return denseWeightLikelihood({
        ...{ where, shape, inputMap, build, team, layout, data, likelihood, targets, batchSize },
        requireWeights(caller, weights) {
          requireInUse(caller);
          requireWeights(caller, 'weights', weights, layout.size);
        },
      });
    },

    lossAndGradient(weights, data, rows, likelihood, out = new Float32Array(layout.size)) {
      const where = 'lossAndGradient';
      const targets = requireData(where, data, likelihood);
      requireDerivatives(where, likelihood);
      requireWeights(where, 'weights', weights, layout.size);
      requireLength(where, 'out', out, layout.size);
      if (rows.length === 0) throw argumentError(where, 'rows is empty, expected at least one');
      return whenReady(gatherBatch(data, rows), (batch) =>
        lossEvaluator({ where, shape, inputMap, build, likelihood, targets }, batch)(weights, out),
      );
    },

    hessianTimes(weights, v, data, rows, likelihood) {
      const where = 'hessianTimes';
      requireData(where, data, likelihood);
      requireDerivatives(where, likelihood);
      requireWeights(where, 'weights', weights, layout.size);
      requireWeights(where, 'v', v, layout.size);
      if (rows.length === 0) throw argumentError(where, 'rows is empty, expected at least one');
      return whenReady(gatherBatch(data, rows), (batch) =>
        hessianTimes(where, shape, inputMap, likelihood, batch, weights, v),
      );
    },

    kroneckerFactors(weights, data, likelihood) {
      const where = 'kroneckerFactors';
      requireData(where, data, likelihood);
      requireDerivatives(where, likelihood);
      requireWeights(where, 'weights', weights, layout.size);
      const all = Int32Array.from({ length: data.size }, (_, row) => row);
      return whenReady(gatherBatch(data, all), (batch) =>
        kroneckerFactors(where, shape, inputMap, likelihood, batch, weights),
      );
    },

    jacobian(weights, inputs, options = {}) {
      requireInUse('jacobian');
      requireKnownOptions('jacobian', options, ['logits']);
      requireWeights('jacobian', 'weights', weights, layout.size);
      requireArrays('jacobian', 'inputs', inputs);
      requireInputShape('jacobian', inputMap, inputs.shape);
      const rows = rowsOf('jacobian', inputs, true);
      rows.setWeights(weights);
      return {
        times(v) {
          requireWeights('jacobian', 'v', v, layout.size);
          return team.turn(() => rows.times(v));
        },
        transposeTimes(u) {
          requireArrays('jacobian', 'u', u);
          if (String(u.shape) !== String([inputs.shape[0], outputs])) {
            throw argumentError(
              'jacobian',
              `u has shape [${u.shape.join(', ')}], expected [${inputs.shape[0]}, ${outputs}]`,
            );
          }
          return team.turn(() => rows.transposeTimes(u.data));
        },
        rows(start, end) {
          requireCount('jacobian', 'start', start, 0);
          requireCount('jacobian', 'end', end, start);
          if (end > inputs.shape[0]) {
            throw argumentError('jacobian', `end is ${end}, expected at most ${inputs.shape[0]}, the number of rows`);
          }
          return jacobianRows('jacobian', shape, inputMap, weights, inputs, start, end);
        },
        dispose: rows.close,
      };
    },

    dispose() {
      disposed = true;
      predictor = undefined;
      team.dispose();
    },
  };
  return network;
}

/** 1/σ² must be a number in single precision. */
const LEAST_VARIANCE = 1e-37;
/** Rows that one prediction holds in the kernels' memory. */
const PREDICTED_ROWS = 8192;

function requireDerivatives(where: string, likelihood: Likelihood): void {
  if (likelihood.kind !== 'custom') return;
  throw argumentError(
    where,
    'likelihood is a custom one, expected one with derivatives: gaussian, heteroscedastic-gaussian, categorical or binary',
  );
}

import type { Arrays, Dataset } from '../data/dataset.ts';
import type { CurvedLogDensity, DataLogDensity, Disposable } from '../density/log-density.ts';
import type { MaybePromise } from '../density/maybe-promise.ts';
import type { Likelihood } from '../likelihood/likelihood.ts';
import type { RandomSource } from '../random/random-source.ts';
import type { WeightLayout } from '../weights/layout.ts';
import type { Subspace } from '../weights/subspace.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * The three ports that an engine implements: `Network`, `Trainer`, `SubspaceLikelihood`. Everything Bayesian works through them.
 */

/** Weights, optimizer state and batch-norm statistics, by name. */
export type TrainerState = Readonly<Record<string, Float32Array | number | string>>;

/**
 * Optimisation steps in place; weights and optimizer state stay in the engine.
 *
 * The loss of a batch is the mean of −log p, constants included, without penalty. `fit` owns epochs, order, schedule and snapshots.
 */
export interface Trainer extends Disposable {
  /**
   * One step. With several points: trains w = Σₖ coefficients[k]·θₖ, each θₖ receives coefficients[k]·∂L/∂w (curves); weight decay acts on w.
   */
  step(rows: Int32Array, learningRate: number, random: RandomSource, coefficients?: Float64Array): MaybePromise<void>;
  /** A run of steps in one call, for engines that fuse it; the same as `step` on consecutive slices of `order`. */
  run?(order: Int32Array, batchSize: number, learningRate: number, random: RandomSource): MaybePromise<void>;
  /** Summed loss and rows since the last call: read once an epoch, so that a GPU is not stalled at every step. */
  takeLoss(): MaybePromise<{ readonly sum: number; readonly rows: number }>;
  points(): MaybePromise<readonly Float32Array[]>;
  /** Between two steps; with the loss that was not taken yet, so that an epoch can go on in the middle. */
  state(): MaybePromise<TrainerState>;
  restore(state: TrainerState): void;
}

/** log p(D | ŵ + zᵀP), untempered, summed over the data, in nats. */
export interface SubspaceLikelihood extends CurvedLogDensity, DataLogDensity, Disposable {}

/** log p(D | w) at any weights, with the data held: what a curved subspace is evaluated through. Weights are flat [D]. */
export interface WeightLikelihood extends Disposable {
  /** Summed over the data, untempered, in nats. */
  value(weights: Float32Array): MaybePromise<number>;
  /** Of some rows, or of all, with its gradient [D], which is valid until the next call. */
  valueAndGradient(
    weights: Float32Array,
    rows?: Int32Array,
  ): MaybePromise<{ readonly value: number; readonly gradient: Float32Array }>;
  /** log p of each row [N]. */
  pointwise(weights: Float32Array): MaybePromise<Float64Array>;
}

/** How batch norm behaves under a subspace likelihood: the paper's batches of fixed order and size, or refreshed statistics. */
export type BatchNormPolicy = 'batch-statistics' | 'refresh';

/** Per batch-norm layer: running mean, running variance. */
export type BatchNormStatistics = readonly Float32Array[];

export interface PredictOptions {
  /** Flat weights [D] to predict with; the network's own by default. */
  weights?: Float32Array;
  statistics?: BatchNormStatistics;
  /** Keeps dropout on (MC dropout), with this stream. */
  dropout?: RandomSource;
  /**
   * Outputs before a final softmax or sigmoid: what categorical and binary likelihoods read. Default false, the network's outputs as they are; the same
   * where it ends in neither.
   */
  logits?: boolean;
}

export interface JacobianOptions {
  /** Of the outputs before a final softmax or sigmoid, as `PredictOptions.logits`. */
  logits?: boolean;
}

/** J = ∂outputs/∂weights at given weights and inputs, [N·M, D], as a linear map. */
export interface NetworkJacobian extends Disposable {
  /** J·v [N, M], for flat v [D]. */
  times(v: Float32Array): MaybePromise<Arrays>;
  /** Jᵀ·u, flat [D], for u [N, M]. */
  transposeTimes(u: Arrays): MaybePromise<Float32Array>;
  /** Its rows for the inputs from `start` to before `end`, [end − start, M, D] row major: of engines that can do better than by `transposeTimes` of single rows. */
  rows?(start: number, end: number): MaybePromise<Float32Array>;
}

/**
 * Second moments of one dense layer, W·a + b. The Gauss–Newton block of W is approximately outputs ⊗ inputs, that of b is `outputs`.
 */
export interface KroneckerFactors {
  /** The layer's tensors in the layout. */
  readonly weight: string;
  readonly bias?: string;
  /** Whether `weight` is [out, in], as PyTorch has it, or [in, out]. */
  readonly order: 'out-in' | 'in-out';
  /** Mean over the rows of a·aᵀ, [in, in]. */
  readonly inputs: Float64Array;
  /** Sum over the rows of Jᵀ·H·J, J the derivative of the outputs by the layer's sums and H their Fisher information: [out, out]. */
  readonly outputs: Float64Array;
}

export interface TrainerOptions {
  /** Train several points at once (curves); the network's own weights by default. */
  points?: readonly Float32Array[];
  /** Points that stay as they are. */
  fixed?: readonly boolean[];
}

export interface SubspaceLikelihoodOptions {
  /**
   * Rows at a time: memory only, never the value. But with batch norm it defines the batches: consecutive rows, the last batch may be smaller, and a
   * single row that is left over joins the batch before it.
   */
  batchSize?: number;
  batchNorm?: BatchNormPolicy;
}

export interface Network extends Disposable {
  /** The engine and the build of its kernels, if results depend on them: `'tfjs 4.22.0 wasm'`. Named in checkpoints. */
  readonly engine?: string;
  /**
   * The function that the network is, but for its trainable weights, as plain data: sizes, activations, what is done to inputs. A checkpoint is refused
   * to another one, naming what differs.
   *
   * @param data that it is used on: for what can be told by examples only
   */
  identity?(data: Dataset): MaybePromise<object>;
  readonly layout: WeightLayout;
  /** Trainable weights, flat [D], a copy. */
  readWeights(): MaybePromise<Float32Array>;
  writeWeights(weights: Float32Array): void;
  /** Evaluation mode; never changes the current weights or statistics. */
  predict(inputs: Arrays, options?: PredictOptions): MaybePromise<Arrays>;
  trainer(data: Dataset, likelihood: Likelihood, optimizer: Optimizer, options?: TrainerOptions): Trainer;
  subspaceLikelihood(
    subspace: Subspace,
    data: Dataset,
    likelihood: Likelihood,
    options?: SubspaceLikelihoodOptions,
  ): SubspaceLikelihood;
  /** For maps that lie in no subspace, of an engine that can do better than by `predict` and `lossAndGradient`. Not for custom likelihoods. */
  weightLikelihood?(data: Dataset, likelihood: Likelihood, options?: SubspaceLikelihoodOptions): WeightLikelihood;
  /** Sum over rows of −log p and its gradient [D] at given weights: full-space methods. */
  lossAndGradient(
    weights: Float32Array,
    data: Dataset,
    rows: Int32Array,
    likelihood: Likelihood,
    out?: Float32Array,
  ): MaybePromise<{ loss: number; gradient: Float32Array }>;
  /** H·v of the summed −log p, exact (forward-over-reverse or double backward). */
  hessianTimes?(
    weights: Float32Array,
    v: Float32Array,
    data: Dataset,
    rows: Int32Array,
    likelihood: Likelihood,
  ): MaybePromise<Float32Array>;
  /** Input and output second moments of each dense layer: Kronecker-factored curvature. */
  kroneckerFactors?(
    weights: Float32Array,
    data: Dataset,
    likelihood: Likelihood,
  ): MaybePromise<readonly KroneckerFactors[]>;
  /** J·v and Jᵀ·u of the outputs at given weights: Gauss–Newton, Laplace, optimal subspaces. */
  jacobian(weights: Float32Array, inputs: Arrays, options?: JacobianOptions): NetworkJacobian;
  /**
   * Batch-norm statistics of the weights: cumulative average over a pass of the data, in batches as those of a subspace likelihood. Absent where the network
   * has none.
   */
  refreshStatistics?(
    weights: Float32Array,
    data: Dataset,
    options?: { fraction?: number; batchSize?: number },
  ): MaybePromise<BatchNormStatistics>;
  /** Sets the running batch-norm statistics that `predict` takes by default. Absent where the network has none. */
  writeStatistics?(statistics: BatchNormStatistics): void;
}

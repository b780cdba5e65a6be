import {
  argumentError,
  requireCount,
  requireFinite,
  requireKnownOptions,
  requireLength,
  requireOptions,
  requireSeed,
} from '@subspace/core/internals';
import { type Features, requireFeatures } from './features.ts';
import type { Initialization } from './initial-weights.ts';
import { type KernelChoice, kernelChoices, MEMORY_LIMIT } from './kernels/kernel-build.ts';
import { activations, heads } from './kernels/memory-map.ts';
import type { Activation, Head, NetworkShape } from './network-structure.ts';
import { weightOrder } from './weight-order.ts';

export interface DenseNetworkOptions {
  /** Units of all layers, inputs first and outputs last: `[13, 50, 2]`. */
  readonly sizes: readonly number[];
  /** Of the hidden layers. Default `'relu'`. `'gelu'` is the exact one. */
  readonly activation?: Activation;
  /** `'heteroscedastic'`: the last layer's [μ, ρ] become [μ, softplus(ρ) + softplus(v)]. Default `'identity'`. */
  readonly head?: Head;
  /** v of the heteroscedastic head: one more weight, 0 at first (the default), or fixed at a number. */
  readonly globalVariance?: 'trainable' | number;
  /** What is done to the inputs first; `sizes[0]` counts what comes out. */
  readonly features?: Features;
  /** Of the initial weights. Default 0, a seed like any other. */
  readonly seed?: number | string;
  /** Default `'pytorch'`. */
  readonly initialization?: Initialization;
  /** Initial weights, flat [D], instead of a seed. */
  readonly weights?: Float32Array;
  /** Default `'auto'`: compiled where WebAssembly SIMD runs, else TypeScript. */
  readonly kernels?: KernelChoice;
  /** Threads that share the work. Default: as many as there are processors, at most 8. Never more than one changes a bit of a result. */
  readonly threads?: number;
}

/** The network that the options describe. Throws unless they are sound. */
export function requireShape(options: DenseNetworkOptions): NetworkShape {
  const where = 'denseNetwork';
  requireOptions(where, 'options', options);
  requireKnownOptions(where, options, [
    'sizes',
    'activation',
    'head',
    'globalVariance',
    'features',
    'seed',
    'initialization',
    'weights',
    'kernels',
    'threads',
  ]);
  const { sizes, activation = 'relu', head = 'identity', globalVariance = 'trainable', features, threads } = options;
  if (!Array.isArray(sizes) || sizes.length < 2) {
    throw argumentError(where, `sizes is ${show(sizes)}, expected at least inputs and outputs: [13, 50, 2]`);
  }
  sizes.forEach((size, i) => {
    requireCount(where, `sizes[${i}]`, size);
  });
  requireOneOf(where, 'activation', activation, activations);
  requireOneOf(where, 'head', head, heads);
  if (globalVariance !== 'trainable' && !Number.isFinite(globalVariance)) {
    throw argumentError(where, `globalVariance is ${show(globalVariance)}, expected 'trainable' or a finite number`);
  }
  if (head === 'identity' && options.globalVariance !== undefined) {
    throw argumentError(where, "globalVariance is given, expected only with head: 'heteroscedastic'");
  }
  if (head === 'heteroscedastic' && sizes[sizes.length - 1] % 2 !== 0) {
    throw argumentError(where, `sizes ends in ${sizes[sizes.length - 1]}, expected an even number for [μ, ρ]`);
  }
  if (features !== undefined) requireFeatures(where, features);
  if (options.seed !== undefined) requireSeed(where, options.seed);
  requireOneOf(where, 'initialization', options.initialization ?? 'pytorch', ['pytorch', 'he']);
  if (options.weights !== undefined && (options.seed !== undefined || options.initialization !== undefined)) {
    throw argumentError(where, 'weights are given with seed or initialization, expected one of them');
  }
  requireOneOf(where, 'kernels', options.kernels ?? 'auto', kernelChoices);
  if (threads !== undefined) requireCount(where, 'threads', threads);
  const trainable = head === 'heteroscedastic' && globalVariance === 'trainable';
  const weights = sizes.slice(1).reduce((sum, out, l) => sum + out * (sizes[l] + 1), 0);
  if (4 * weights > MEMORY_LIMIT) {
    throw argumentError(
      where,
      `sizes [${sizes.join(', ')}] make ${weights} weights, expected at most ${MEMORY_LIMIT / 4}: what 32-bit memory holds`,
    );
  }
  return { sizes: [...sizes], activation, head, globalVariance, order: weightOrder(sizes, trainable) };
}

/** Throws unless they are [size] finite numbers. */
export function requireWeights(where: string, name: string, weights: Float32Array, size: number): void {
  if (!(weights?.length >= 0)) throw argumentError(where, `${name} is ${show(weights)}, expected a Float32Array`);
  requireLength(where, name, weights, size);
  requireFinite(where, name, weights);
}

function requireOneOf<T>(where: string, name: string, value: T, known: readonly T[]): void {
  if (known.includes(value)) return;
  throw argumentError(where, `${name} is ${show(value)}, expected one of ${known.join(', ')}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

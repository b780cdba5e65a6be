import { requireSeed } from '@subspace/core/internals';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { requireOptions } from './dense-stack.ts';
import { mlp } from './mlp.ts';

export interface ToyRegressionNetOptions {
  /** Of the initial weights: any finite number or string; 0 by default, a seed like any other. */
  readonly seed?: number | string;
}

/**
 * The network of the paper's synthetic regression: features [x/2, (x/2)²] of one x, ReLU layers of 200, 50, 50 and 50, one output.
 *
 * @returns an ordinary `tf.LayersModel` [N, 2] ↦ [N, 1] with 15,801 weights, yours to dispose
 * @throws on an unknown option, or a seed that is neither a string nor a finite number
 * @see Izmailov et al. (2019), Section 5.1
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu';
 * import { toyRegressionNet } from '@subspace/models';
 *
 * const model = toyRegressionNet({ seed: 1 });
 * model.countParams(); // 15801
 * model.dispose();
 * ```
 */
export function toyRegressionNet(options: ToyRegressionNetOptions = {}): LayersModel {
  requireOptions('toyRegressionNet', options, ['seed']);
  const { seed = 0 } = options;
  requireSeed('toyRegressionNet', seed);
  return mlp({ inputs: 2, hidden: [200, 50, 50, 50], outputs: 1, seed });
}

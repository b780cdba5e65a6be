import type { Network } from '@subspace/core';
import { argumentError } from '@subspace/core/internals';
import { denseNetwork } from '@subspace/dense';
import type { BackendName } from '@subspace/tfjs';

/** What computes the paper's network. */
export interface Engine {
  /** For people: the engine and what it runs on. */
  readonly description: string;
  /** Whether it works on one thread as fast as on several: then each thread of a crew has its own. */
  readonly fitsThreads: boolean;
  /** The network with its initial weights, the same by every engine; yours to dispose. */
  network(seed: number | string): Network;
}

export interface EngineOptions {
  /** Default `'dense'`. */
  readonly engine?: 'dense' | 'tfjs';
  /** Of TensorFlow.js; `'auto'` by default. */
  readonly backend?: 'auto' | BackendName;
  /** Of `dense`; as many as it finds good by default. */
  readonly threads?: number;
}

/** @throws on an unknown engine, or a backend that is not there, or not TensorFlow.js's */
export async function openEngine({ engine = 'dense', backend, threads }: EngineOptions = {}): Promise<Engine> {
  if (engine === 'dense') {
    if (backend) throw argumentError('--backend', `is ${backend}, expected only with --engine=tfjs`);
    return {
      description: denseNetwork({ sizes: [1, 1] }).engine,
      fitsThreads: true,
      network: (seed) => denseNetwork({ sizes: [2, 200, 50, 50, 50, 1], seed, threads }),
    };
  }
  if (engine !== 'tfjs') throw argumentError('--engine', `is ${engine}, expected dense or tfjs`);
  // TensorFlow.js takes longer to load than a quick run to train.
  const [{ toyRegressionNet }, { layersNetwork, useBackend }] = await Promise.all([
    import('@subspace/models'),
    import('@subspace/tfjs'),
  ]);
  const { reason } = await useBackend(backend ?? 'auto');
  return {
    description: `TensorFlow.js on ${reason}`,
    fitsThreads: false,
    network(seed) {
      const model = toyRegressionNet({ seed });
      const network = layersNetwork(model);
      return {
        ...network,
        dispose() {
          network.dispose();
          model.dispose();
        },
      };
    },
  };
}
